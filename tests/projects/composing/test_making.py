"""The film of a project, as it is cut: made once of the same, and anew of what is cut otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import Session

from framepack.media.video import probe, read_frames, write_frames
from projects.composing.making import same_film
from projects.composing.orders import FilmOrder
from projects.database.tables import ProjectUpdate, Shot, ShotUpdate, Take
from projects.films.films import films_of
from projects.films.material import film_of
from projects.settings import StudioSettings
from projects.storage.finished import finish_file
from projects.storage.places import film_path, take_path
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shots import add_shot, edit_shot
from tests.support.films import film_now
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import MakePicture


@pytest.fixture
def shot(session: Session, studio: StudioSettings, picture: MakePicture) -> Shot:
    """The only shot of a project: a second, whose take grows brighter from frame to frame."""
    project = create_project(session=session, name="Tides")
    made = add_shot(session=session, project_id=project.id, prompt="a boat", seconds=1, media_id=picture().id)
    (take,) = render_all(session, studio, project.id)
    _write(studio, take, take.width, take.height)
    return made


def _write(studio: StudioSettings, take: Take, width: int, height: int) -> None:
    frames = [np.full((height, width, 3), 40 + 5 * number, np.uint8) for number in range(take.frames)]
    write_frames(take_path(studio, take.id), frames, take.fps)
    finish_file(take_path(studio, take.id), take.frames)


def made(session: Session, studio: StudioSettings, shot: Shot) -> Path:
    film = film_now(session, studio, shot.project_id)
    assert film.status == "done"
    path = film_path(studio, film)
    assert probe(path).frames == film.frames
    return path


def there_already(session: Session, studio: StudioSettings, shot: Shot) -> bool:
    timeline = film_of(session=session, project_id=shot.project_id)
    films = films_of(session=session, project_id=shot.project_id)
    return same_film(settings=studio, timeline=timeline, order=FilmOrder(), films=films) is not None


def greys(path: Path) -> list[int]:
    return [round(float(frame.mean())) for frame in read_frames(path)]


def cut(session: Session, shot: Shot, **changes: Any) -> None:
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(**changes))


@pytest.mark.parametrize(
    ("changes", "frames"),
    [({"trim_end": 0.5}, 15), ({"trim_start": 0.5}, 15), ({"speed": 2.0}, 15), ({"reverse": True}, 30)],
)
def test_what_is_cut_otherwise_is_another_film_and_the_same_is_made_once(
    session: Session, studio: StudioSettings, shot: Shot, changes: dict[str, Any], frames: int
) -> None:
    plain = greys(made(session, studio, shot))
    cut(session, shot, **changes)
    other = greys(made(session, studio, shot))

    assert len(other) == frames
    assert other != plain
    assert there_already(session, studio, shot)
    cut(session, shot, trim_end=0.0, trim_start=0.0, speed=1.0, reverse=False)
    assert there_already(session, studio, shot)


def test_a_backwards_film_is_backwards(session: Session, studio: StudioSettings, shot: Shot) -> None:
    cut(session, shot, reverse=True)
    shown = greys(made(session, studio, shot))

    assert shown == sorted(shown, reverse=True)


def test_takes_of_different_sizes_become_one_film_of_the_projects_size(
    session: Session, studio: StudioSettings, shot: Shot, picture: MakePicture
) -> None:
    add_shot(session=session, project_id=shot.project_id, prompt="the sea", seconds=1, media_id=picture().id)
    (take,) = render_all(session, studio, shot.project_id)
    take.width, take.height = 192, 192
    _write(studio, take, 192, 192)

    facts = probe(made(session, studio, shot))
    assert (facts.width, facts.height, facts.frames) == (256, 144, 60)


def test_settings_of_the_film_make_another_one(session: Session, studio: StudioSettings, shot: Shot) -> None:
    made(session, studio, shot)
    changes = ProjectUpdate(film={"fps": 24, "size": 480})
    edit_project(session=session, project_id=shot.project_id, changes=changes)

    facts = probe(made(session, studio, shot))
    assert (facts.frames, facts.fps, facts.height) == (24, 24.0, 480)


def test_nothing_is_left_behind_but_the_film_and_its_pieces(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    cut(session, shot, reverse=True, title="潮汐")
    made(session, studio, shot)

    assert not list(studio.home.glob(".film-*"))
