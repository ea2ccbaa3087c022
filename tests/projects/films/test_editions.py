"""Editions: made, named, cut otherwise than the storyboard's film, put away, and all of it undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import Session

from framepack.errors import InvalidRequest
from projects.cutting.film_settings import FilmSettings
from projects.database.tables import Edition, Project, ProjectUpdate, ShotUpdate
from projects.errors import NotFound, StoryboardProblem
from projects.films.editions import (
    create_edition,
    cut_shot,
    delete_edition,
    editions_of,
    free_name,
    get_edition,
    give_shape,
    leave_out,
    move_shot,
    rename_edition,
    set_film,
    shots_in,
)
from projects.storyboard.journal import journaled, redo, undo
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shots import NewShot, add_shots, edit_shot


@pytest.fixture
def project(session: Session) -> Project:
    project = create_project(session=session, name="潮汐")
    add_shots(session=session, project_id=project.id, new=[NewShot(prompt=f"{n}") for n in range(3)])
    return project


@pytest.fixture
def edition(session: Session, project: Project) -> Edition:
    return create_edition(session=session, project_id=project.id, name="短版")


def labels(session: Session, edition: Edition) -> list[str]:
    return [shot.label for shot, shown in shots_in(session=session, edition=edition) if shown]


def shot_ids(session: Session, edition: Edition) -> list[str]:
    return [shot.id for shot, _ in shots_in(session=session, edition=edition)]


def test_an_edition_follows_the_storyboard_in_all_that_it_does_not_say_otherwise(
    session: Session, edition: Edition
) -> None:
    first, second, _ = shot_ids(session, edition)
    cut_shot(session=session, edition_id=edition.id, shot_id=first, changes=ShotUpdate(trim_start=0.5, dialogue="Oh!"))
    edit_shot(session=session, shot_id=first, changes=ShotUpdate(trim_end=1.0, dialogue="Ach!"))

    shot = shots_in(session=session, edition=edition)[0][0]
    assert (shot.trim_start, shot.trim_end, shot.dialogue) == (0.5, 1.0, "Oh!")
    cut_shot(session=session, edition_id=edition.id, shot_id=first, changes=ShotUpdate(trim_start=0.0, dialogue="Ach!"))
    assert edition.shots == {}
    with pytest.raises(StoryboardProblem):
        cut_shot(session=session, edition_id=edition.id, shot_id=second, changes=ShotUpdate(prompt="Another."))
    with pytest.raises(InvalidRequest):
        cut_shot(session=session, edition_id=edition.id, shot_id=second, changes=ShotUpdate(speed=9.0))


def test_shots_are_left_out_and_moved_in_an_edition_only(session: Session, project: Project, edition: Edition) -> None:
    first, second, third = shot_ids(session, edition)
    leave_out(session=session, edition_id=edition.id, shot_id=second, left_out=True)
    move_shot(session=session, edition_id=edition.id, shot_id=third, place=0)

    assert labels(session, edition) == ["SH0030", "SH0010"]
    add_shots(session=session, project_id=project.id, new=[NewShot(prompt="new")], after=first)
    assert labels(session, edition) == ["SH0030", "SH0010", "SH0015"]
    leave_out(session=session, edition_id=edition.id, shot_id=second, left_out=False)
    move_shot(session=session, edition_id=edition.id, shot_id=third, place=9)
    assert (edition.shots, edition.order) == ({}, None)


def test_film_settings_of_an_edition_are_what_differs_from_the_projects(
    session: Session, project: Project, edition: Edition
) -> None:
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(film={"fps": 25}))
    set_film(session=session, edition_id=edition.id, film=FilmSettings(fps=25, captions="burned"))
    give_shape(session=session, edition_id=edition.id, shape="tall")

    assert (edition.film, edition.shape) == ({"captions": "burned"}, "tall")
    with pytest.raises(InvalidRequest):
        give_shape(session=session, edition_id=edition.id, shape="round")
    with pytest.raises(StoryboardProblem):
        give_shape(session=session, edition_id=edition.id, shape="picture")


def test_a_copy_of_an_edition_goes_its_own_way(session: Session, project: Project, edition: Edition) -> None:
    first = shot_ids(session, edition)[0]
    leave_out(session=session, edition_id=edition.id, shot_id=first, left_out=True)
    copy = create_edition(session=session, project_id=project.id, name="Shorter", of=edition)
    leave_out(session=session, edition_id=edition.id, shot_id=first, left_out=False)

    assert (labels(session, copy), labels(session, edition)) == (["SH0020", "SH0030"], ["SH0010", "SH0020", "SH0030"])
    assert [one.name for one in editions_of(session=session, project_id=project.id)] == ["短版", "Shorter"]


def test_names_are_shown_and_each_is_one_editions(session: Session, project: Project, edition: Edition) -> None:
    for name in ("", " \u200b ", "短版", "x" * 201):
        with pytest.raises(StoryboardProblem):
            create_edition(session=session, project_id=project.id, name=name)
    assert rename_edition(session=session, edition_id=edition.id, name=" 9:16 ").name == "9:16"
    assert free_name(session=session, project_id=project.id, name="9:16") == "9:16 2"
    assert free_name(session=session, project_id=project.id, name="") == "潮汐"


def test_every_edit_of_an_edition_is_undone_and_done_again(session: Session, project: Project) -> None:
    def edit(act: Callable[[], object]) -> None:
        with journaled(session=session, project_id=project.id, kind="edition"):
            act()

    edit(lambda: create_edition(session=session, project_id=project.id, name="A"))
    (edition,) = editions_of(session=session, project_id=project.id)
    first = shot_ids(session, edition)[0]
    edit(lambda: leave_out(session=session, edition_id=edition.id, shot_id=first, left_out=True))
    edit(lambda: delete_edition(session=session, edition_id=edition.id))
    with pytest.raises(NotFound):
        get_edition(session=session, edition_id=edition.id)

    undo(session=session, project_id=project.id)
    assert labels(session, get_edition(session=session, edition_id=edition.id)) == ["SH0020", "SH0030"]
    undo(session=session, project_id=project.id)
    assert edition.shots == {}
    undo(session=session, project_id=project.id)
    assert editions_of(session=session, project_id=project.id) == []
    redo(session=session, project_id=project.id)
    redo(session=session, project_id=project.id)
    assert labels(session, edition) == ["SH0020", "SH0030"]
