from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from sqlmodel import Session

from framepack.errors import InvalidRequest
from projects.database.tables import Media, Project, ProjectUpdate
from projects.settings import StudioSettings
from projects.storage.places import picture_path
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shots import add_shot
from projects.words.shot_cards import MAX_CARD_CHARACTERS, card_size, give_card


def test_a_card_is_the_picture_of_its_shot_and_decides_the_shape_of_a_new_project(
    session: Session, studio: StudioSettings
) -> None:
    project = create_project(session=session, name="The harbour")
    shot = add_shot(session=session, project_id=project.id, prompt="The camera zooms in slowly.")

    give_card(session=session, settings=studio, shot_id=shot.id, words="三天後\nat the harbour/quay")

    assert shot.media_id is not None
    media = session.get_one(Media, shot.media_id)
    assert (media.name, media.width, media.height) == ("三天後 at the harbour quay.png", 1280, 720)
    assert (project.aspect_height, project.aspect_width) == (9, 16)
    pixels = np.asarray(Image.open(picture_path(studio, media.id)))
    assert pixels.max() == 255
    assert (pixels == 0).mean() > 0.8, "white words on black"


def test_the_same_words_are_the_same_picture(session: Session, studio: StudioSettings) -> None:
    project = create_project(session=session, name="The harbour")
    one = add_shot(session=session, project_id=project.id)
    two = add_shot(session=session, project_id=project.id)

    give_card(session=session, settings=studio, shot_id=one.id, words="The end")
    give_card(session=session, settings=studio, shot_id=two.id, words=" The end\n")

    assert one.media_id == two.media_id


@pytest.mark.parametrize(("shape", "size"), [("square", (1280, 1280)), ("tall", (1280, 720)), ("256x144", (720, 1280))])
def test_a_card_has_the_shape_of_its_project(session: Session, shape: str, size: tuple[int, int]) -> None:
    project = create_project(session=session, name="The harbour")
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(shape=shape))

    assert card_size(session.get_one(Project, project.id)) == size


@pytest.mark.parametrize("words", ["", " \n\t", "x" * (MAX_CARD_CHARACTERS + 1)])
def test_a_card_without_words_or_with_too_many_is_refused(session: Session, studio: StudioSettings, words: str) -> None:
    project = create_project(session=session, name="The harbour")
    shot = add_shot(session=session, project_id=project.id)

    with pytest.raises(InvalidRequest):
        give_card(session=session, settings=studio, shot_id=shot.id, words=words)

    assert shot.media_id is None
