"""Verbs on several shots at once, and edits that say what they were made on."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from framepack.errors import InvalidRequest
from projects.database.tables import Project, ProjectUpdate, Shot, ShotUpdate
from projects.errors import ChangedMeanwhile, NotFound
from projects.storyboard.projects import create_project
from projects.storyboard.reading import shots_of
from projects.storyboard.several import (
    delete_shots,
    deleted_shots,
    duplicate_shots,
    edit_shots,
    move_shots,
    restore_shots,
)
from projects.storyboard.shots import NewShot, add_shots, edit_shot, renumber_shots
from projects.storyboard.versions import edit_project_from, edit_shot_from
from tests.support.single_shots import move_to


@pytest.fixture
def project(session: Session) -> Project:
    return create_project(session=session, name="The lighthouse")


@pytest.fixture
def shots(session: Session, project: Project) -> list[Shot]:
    return add_shots(session=session, project_id=project.id, new=[NewShot(prompt=word, seed=1) for word in "abcde"])


def words(session: Session, project: Project) -> str:
    found = shots_of(session=session, project_id=project.id)
    assert [shot.position for shot in found] == list(range(len(found)))
    return "".join(shot.prompt for shot in found)


def ids(shots: list[Shot], places: str) -> list[str]:
    return [shot.id for shot in shots if shot.prompt in places]


@pytest.mark.parametrize(
    ("chosen", "before", "order"),
    [
        ("bd", "a", "bdace"),
        ("bd", None, "acebd"),
        ("ab", "e", "cdabe"),
        ("bcd", "c", "abcde"),
        ("be", "b", "abecd"),
        ("ae", "e", "bcdae"),
        ("abcde", "c", "abcde"),
    ],
)
def test_a_selection_is_moved_in_its_own_order(
    session: Session, project: Project, shots: list[Shot], chosen: str, before: str | None, order: str
) -> None:
    place = ids(shots, before)[0] if before else None
    move_shots(session=session, project_id=project.id, shot_ids=ids(shots, chosen)[::-1], before=place)
    assert words(session, project) == order


def test_moving_is_another_version_of_the_project_and_of_no_shot(
    session: Session, project: Project, shots: list[Shot]
) -> None:
    versions = [shot.version for shot in shots]
    before = project.version
    move_shots(session=session, project_id=project.id, shot_ids=[shots[0].id], before=None)
    move_to(session, shots[1], 2)
    assert project.version == before + 2
    move_to(session, shots[1], 2)
    assert (project.version, [shot.version for shot in shots]) == (before + 2, versions)


def test_a_selection_is_changed_at_once_or_not_at_all(session: Session, project: Project, shots: list[Shot]) -> None:
    changes = ShotUpdate(seconds=2.0, preset="quick")
    edit_shots(session=session, project_id=project.id, shot_ids=ids(shots, "ac"), changes=changes)
    assert [shot.seconds for shot in shots] == [2.0, 4.0, 2.0, 4.0, 4.0]
    assert [shot.preset for shot in shots] == ["quick", None, "quick", None, None]
    for wrong in (ShotUpdate(preset="best"), ShotUpdate(steps=0), ShotUpdate(checkpoint="gpt"), ShotUpdate(place_x=-1)):
        with pytest.raises(InvalidRequest):
            edit_shots(session=session, project_id=project.id, shot_ids=ids(shots, "ac"), changes=wrong)
    with pytest.raises(NotFound):
        edit_shots(session=session, project_id=project.id, shot_ids=[shots[0].id, "none"], changes=changes)


def test_copies_of_a_selection_stand_behind_its_last_shot(
    session: Session, project: Project, shots: list[Shot]
) -> None:
    edit_shot(session=session, shot_id=shots[3].id, changes=ShotUpdate(start="continue", name="Storm", place_x=200))
    copies = duplicate_shots(session=session, project_id=project.id, shot_ids=ids(shots, "bd"))
    assert words(session, project) == "abcdbde"
    assert [(copy.start, copy.name, copy.place_x) for copy in copies] == [("cut", "", 500), ("continue", "Storm", 200)]
    assert len({shot.number for shot in shots_of(session=session, project_id=project.id)}) == 7


def test_deleted_shots_are_listed_and_come_back_where_they_were(
    session: Session, project: Project, shots: list[Shot]
) -> None:
    delete_shots(session=session, project_id=shots[4].project_id, shot_ids=[shots[4].id])
    delete_shots(session=session, project_id=project.id, shot_ids=ids(shots, "abd"))
    assert words(session, project) == "c"
    gone = deleted_shots(session=session, project_id=project.id)
    assert [shot.prompt for shot in gone] == ["a", "b", "d", "e"]
    restore_shots(session=session, project_id=project.id, shot_ids=[shot.id for shot in gone])
    assert words(session, project) == "abcde"
    assert deleted_shots(session=session, project_id=project.id) == []


def test_shots_that_come_back_get_new_numbers_where_theirs_were_given_away(
    session: Session, project: Project, shots: list[Shot]
) -> None:
    delete_shots(session=session, project_id=project.id, shot_ids=ids(shots, "ab"))
    renumber_shots(session=session, project_id=project.id)
    restore_shots(session=session, project_id=project.id, shot_ids=ids(shots, "ab"))
    assert [shot.number for shot in shots_of(session=session, project_id=project.id)] == [40, 50, 10, 20, 30]


def test_added_shots_take_the_projects_usual_length_and_start_and_the_first_is_a_cut(session: Session) -> None:
    project = create_project(session=session, name="p")
    project.default_seconds, project.default_start = 2.5, "continue"
    new = [NewShot(prompt="a"), NewShot(prompt="b"), NewShot(prompt="c", seconds=1.0, start="cut")]
    made = add_shots(session=session, project_id=project.id, new=new)
    assert [(shot.start, shot.seconds) for shot in made] == [("cut", 2.5), ("continue", 2.5), ("cut", 1.0)]
    between = add_shots(session=session, project_id=project.id, new=[NewShot(), NewShot()], after=made[0].id)
    assert [shot.label for shot in between] == ["SH0015", "SH0017"]


def test_text_is_kept_without_what_no_database_takes(session: Session, shots: list[Shot]) -> None:
    changes = ShotUpdate(prompt="海\0 \ud83c\udf0a \ud800", name="  The\nstorm \u202e", dialogue="«Где?»\n— Там.")
    shot = edit_shot(session=session, shot_id=shots[0].id, changes=changes)
    assert (shot.prompt, shot.name, shot.dialogue) == ("海 🌊 \ufffd", "The storm", "«Где?»\n— Там.")


# --- edits that say what they were made on


def test_an_edit_of_what_nobody_changed_meanwhile_is_made(session: Session, shots: list[Shot]) -> None:
    shot = shots[0]
    seen = shot.version
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(seconds=2.0))
    edit_shot_from(
        session=session, shot_id=shot.id, version=seen, was={"prompt": "a"}, changes=ShotUpdate(prompt="mine")
    )
    assert (shot.prompt, shot.seconds, shot.version) == ("mine", 2.0, seen + 2)


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused_with_their_text(
    session: Session, shots: list[Shot]
) -> None:
    shot = shots[0]
    seen = shot.version
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(prompt="theirs"))
    with pytest.raises(ChangedMeanwhile) as refused:
        edit_shot_from(
            session=session,
            shot_id=shot.id,
            version=seen,
            was={"prompt": "a", "seconds": 4.0},
            changes=ShotUpdate(prompt="mine", seconds=9.0),
        )
    assert (refused.value.theirs, refused.value.version) == ({"prompt": "theirs"}, shot.version)
    assert (shot.prompt, shot.seconds) == ("theirs", 4.0)
    edit_shot_from(
        session=session, shot_id=shot.id, version=refused.value.version, was={}, changes=ShotUpdate(prompt="both")
    )
    assert shot.prompt == "both"


def test_the_same_edit_by_two_people_is_no_conflict(session: Session, shots: list[Shot]) -> None:
    seen = shots[0].version
    for _ in range(2):
        edit_shot_from(
            session=session, shot_id=shots[0].id, version=seen, was={"prompt": "a"}, changes=ShotUpdate(prompt="same")
        )
    assert (shots[0].prompt, shots[0].version) == ("same", seen + 1)


def test_an_old_version_that_does_not_say_what_it_saw_is_refused(session: Session, shots: list[Shot]) -> None:
    seen = shots[0].version
    edit_shot(session=session, shot_id=shots[0].id, changes=ShotUpdate(seconds=2.0))
    with pytest.raises(ChangedMeanwhile):
        edit_shot_from(session=session, shot_id=shots[0].id, version=seen, was={}, changes=ShotUpdate(prompt="mine"))


def test_an_edit_of_a_deleted_shot_finds_none(session: Session, shots: list[Shot]) -> None:
    delete_shots(session=session, project_id=shots[0].project_id, shot_ids=[shots[0].id])
    with pytest.raises(NotFound):
        edit_shot_from(
            session=session, shot_id=shots[0].id, version=9, was={"prompt": "a"}, changes=ShotUpdate(prompt="mine")
        )


def test_a_project_is_edited_by_what_was_seen_of_it_too(session: Session, project: Project) -> None:
    seen = project.version
    edit_project_from(
        session=session,
        project_id=project.id,
        version=seen,
        was={"name": "The lighthouse"},
        changes=ProjectUpdate(name="Theirs"),
    )
    with pytest.raises(ChangedMeanwhile, match="Somebody else changed this"):
        edit_project_from(
            session=session,
            project_id=project.id,
            version=seen,
            was={"name": "The lighthouse"},
            changes=ProjectUpdate(name="Mine"),
        )
