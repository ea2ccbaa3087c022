"""The page of a project's films, driven without a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.media.video import probe, write_frames
from pages.serving.files import download_url, film_url
from pages.session.database import session, settings
from projects.films.films import films_of
from projects.storage.pictures import add_picture
from projects.storage.places import film_path, take_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot
from projects.takes.takes import finish_take, record_take
from tests.support.page_driver import open_page, png, text_of, use_studio
from tests.support.rendering import plans_by_rows


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_studio(tmp_path, monkeypatch)


def make_project(*, takes: bool) -> str:
    """A project of one shot, with a finished take on disk where asked."""
    with session() as opened:
        settings().make_folders()
        project = create_project(session=opened, name="The sea")
        media = add_picture(session=opened, settings=settings(), data=png(), name="sea.png").media
        shot = add_shot(session=opened, project_id=project.id, prompt="Waves.", seconds=0.5, media_id=media.id)
        if takes:
            identity = checkpoint_identity(checkpoint_named("draft"), None)
            (plan,) = plans_by_rows(opened, project.id, identity)
            assert plan.planned is not None
            take = record_take(session=opened, shot_id=shot.id, planned=plan.planned)
            frame = np.full((take.height, take.width, 3), 90, np.uint8)
            write_frames(take_path(settings(), take.id), [frame] * take.frames, take.fps)
            finish_take(session=opened, take_id=take.id, seconds_spent=1.0)
        opened.commit()
        return project.id


def test_a_storyboard_that_is_not_rendered_says_what_is_missing() -> None:
    at = open_page("film.py", project=make_project(takes=False))

    assert "SH0010 has no finished take yet" in text_of(at)
    assert at.button(key="make-film").disabled


def test_a_film_is_made_watched_and_downloaded() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="make-film").click().run()

    with session() as opened:
        (film,) = films_of(session=opened, project_id=project)
    said = text_of(at)
    assert "The film is ready." in said
    assert f'src="{film_url(film.id)}"' in said
    assert f'href="{download_url(film.id)}"' in said
    assert f"{film.frames} frames" in said
    assert "256 × 144 pixels" in said
    assert probe(film_path(settings(), film.id)).frames == film.frames == 15


def test_a_film_whose_file_is_gone_is_said_so() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="make-film").click().run()
    with session() as opened:
        (film,) = films_of(session=opened, project_id=project)
    film_path(settings(), film.id).unlink()

    assert "is no longer there. Make the film again." in text_of(at.run())
