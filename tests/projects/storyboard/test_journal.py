"""Every edit can be undone and done again, field by field, and what others did meanwhile stays."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest
from sqlmodel import Session

from projects.database.opening import open_database, session_for
from projects.database.tables import Edit, Project, ProjectUpdate, Shot, ShotUpdate, Take
from projects.errors import NotFound, StoryboardProblem
from projects.settings import StudioSettings
from projects.storyboard.choosing import choose_take
from projects.storyboard.journal import can_redo, can_undo, history, journaled, redo, undo
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import get_shot, project_with_shots, shots_of, wordings
from projects.storyboard.several import delete_shots, duplicate_shots, edit_shots, move_shots, restore_shots
from projects.storyboard.shots import (
    NewShot,
    add_shot,
    add_shots,
    attach_image,
    detach_image,
    edit_shot,
    renumber_shots,
)
from tests.support.at_once import at_once
from tests.support.plain_pictures import MakePicture
from tests.support.single_shots import move_to

SEEDS = range(12)
APART = {"version", "updated_at", "created_at"}


@pytest.fixture
def project(session: Session) -> Project:
    return create_project(session=session, name="The lighthouse")


def state(session: Session, project: Project) -> list[dict[str, object]]:
    """Everything a person sees of a storyboard."""
    session.expire_all()
    row, shots = project_with_shots(session=session, project_id=project.id)
    return [one.model_dump(exclude=APART) for one in (row, *shots)]


def edit(session: Session, shot: Shot, **changes: object) -> None:
    with journaled(session=session, project_id=shot.project_id, kind="edit-shot"):
        edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate.model_validate(changes))


def undo_all(session: Session, project: Project) -> None:
    while can_undo(session=session, project_id=project.id):
        undo(session=session, project_id=project.id)


def redo_all(session: Session, project: Project) -> None:
    while can_redo(session=session, project_id=project.id):
        redo(session=session, project_id=project.id)


class Walk:
    """Edits at random, each kept in the journal."""

    def __init__(self, session: Session, project: Project, pictures: list[str], seed: int) -> None:
        self.session, self.project, self.pictures = session, project, pictures
        self.chance = random.Random(seed)
        self.deleted: list[str] = []

    def step(self) -> None:
        shots = shots_of(session=self.session, project_id=self.project.id)
        verbs: list[Callable[[list[Shot]], object]] = [self.add, self.project_settings]
        if shots:
            verbs += [self.type_in, self.set, self.move_some, self.delete_some, self.copy_some]
            verbs += [self.set_some, self.picture, self.renumber]
        if self.deleted:
            verbs += [self.restore, self.restore_all]
        verb = self.chance.choice(verbs)
        with journaled(session=self.session, project_id=self.project.id, kind=verb.__name__):
            verb(shots)

    def some(self, shots: list[Shot]) -> list[str]:
        return [shot.id for shot in self.chance.sample(shots, self.chance.randint(1, len(shots)))]

    def one(self, shots: list[Shot]) -> str:
        return self.chance.choice(shots).id

    def add(self, shots: list[Shot]) -> object:
        new = [NewShot(prompt=f"{self.chance.random()}", seed=n) for n in range(self.chance.randint(1, 3))]
        after = self.chance.choice([None, *(shot.id for shot in shots)])
        return add_shots(session=self.session, project_id=self.project.id, new=new, after=after)

    def project_settings(self, _: list[Shot]) -> object:
        changes = self.chance.choice(
            [
                ProjectUpdate(name=f"{self.chance.random()}"),
                ProjectUpdate(shape=self.chance.choice(["wide", "tall", "picture"])),
                ProjectUpdate(words_after="灯塔"),
                ProjectUpdate(checkpoint=self.chance.choice(["draft", "f1"])),
            ]
        )
        return edit_project(session=self.session, project_id=self.project.id, changes=changes)

    def type_in(self, shots: list[Shot]) -> object:
        changes = ShotUpdate(prompt=self.chance.choice(["", "a", "海 🌊", "a boat"]))
        return edit_shot(session=self.session, shot_id=self.one(shots), changes=changes)

    def set(self, shots: list[Shot]) -> object:
        changes = ShotUpdate(seconds=self.chance.randint(1, 9), start="continue", notes=f"{self.chance.random()}")
        return edit_shot(session=self.session, shot_id=self.one(shots), changes=changes)

    def set_some(self, shots: list[Shot]) -> object:
        changes = ShotUpdate(seconds=self.chance.randint(1, 9))
        return edit_shots(session=self.session, project_id=self.project.id, shot_ids=self.some(shots), changes=changes)

    def move_some(self, shots: list[Shot]) -> object:
        before = self.chance.choice([None, *(shot.id for shot in shots)])
        return move_shots(session=self.session, project_id=self.project.id, shot_ids=self.some(shots), before=before)

    def delete_some(self, shots: list[Shot]) -> object:
        doomed = self.some(shots)
        self.deleted += doomed
        return delete_shots(session=self.session, project_id=self.project.id, shot_ids=doomed)

    def restore(self, _: list[Shot]) -> object:
        return restore_shots(session=self.session, project_id=self.project.id, shot_ids=[self.deleted.pop()])

    def restore_all(self, _: list[Shot]) -> object:
        found = restore_shots(session=self.session, project_id=self.project.id, shot_ids=self.deleted)
        self.deleted = []
        return found

    def copy_some(self, shots: list[Shot]) -> object:
        return duplicate_shots(session=self.session, project_id=self.project.id, shot_ids=self.some(shots))

    def picture(self, shots: list[Shot]) -> object:
        shot_id = self.one(shots)
        if self.chance.random() < 0.3:
            return detach_image(session=self.session, shot_id=shot_id)
        return attach_image(session=self.session, shot_id=shot_id, media_id=self.chance.choice(self.pictures))

    def renumber(self, _: list[Shot]) -> object:
        return renumber_shots(session=self.session, project_id=self.project.id)


@pytest.mark.parametrize("seed", SEEDS)
def test_undoing_every_edit_of_a_random_walk_gives_the_storyboard_back_and_doing_all_again_too(
    session: Session, project: Project, picture: MakePicture, seed: int
) -> None:
    add_shots(session=session, project_id=project.id, new=[NewShot(prompt=word, seed=1) for word in "abcd"])
    pictures = [picture(400, 200).id, picture(200, 400, "red").id]
    before = state(session, project)
    walk = Walk(session, project, pictures, seed)
    for _ in range(40):
        walk.step()
    after = state(session, project)

    undo_all(session, project)
    assert state(session, project) == before
    redo_all(session, project)
    assert state(session, project) == after


@pytest.mark.parametrize("seed", SEEDS)
def test_every_step_back_is_a_storyboard_that_was_there(
    session: Session, project: Project, picture: MakePicture, seed: int
) -> None:
    walk = Walk(session, project, [picture(400, 200).id, picture(200, 400, "red").id], seed)
    states = [state(session, project)]
    for _ in range(15):
        entries = len(history(session=session, project_id=project.id))
        walk.step()
        if len(history(session=session, project_id=project.id)) > entries:
            states.append(state(session, project))
        else:
            states[-1] = state(session, project)
    assert len(states) == len(history(session=session, project_id=project.id)) + 1 > 5
    for expected in reversed(states[:-1]):
        undo(session=session, project_id=project.id)
        assert state(session, project) == expected


def test_an_edit_is_kept_with_what_it_changed(session: Session, project: Project) -> None:
    shot = add_shot(session=session, project_id=project.id, prompt="a boat")
    edit(session, shot, prompt="a ship", seconds=2.0)
    (entry,) = history(session=session, project_id=project.id)
    assert (entry.number, entry.kind, entry.undone) == (1, "edit-shot", False)
    assert entry.changes == [
        {
            "table": "shot",
            "id": shot.id,
            "before": {"prompt": "a boat", "seconds": 4.0},
            "after": {"prompt": "a ship", "seconds": 2.0},
        }
    ]


def test_what_changes_nothing_is_not_kept(session: Session, project: Project) -> None:
    shot = add_shot(session=session, project_id=project.id, prompt="a boat")
    edit(session, shot, prompt="a boat")
    edit(session, shot)
    with journaled(session=session, project_id=project.id, kind="move-shots"):
        move_to(session, shot, 0)
    assert history(session=session, project_id=project.id) == []
    with pytest.raises(StoryboardProblem, match="nothing to undo"):
        undo(session=session, project_id=project.id)


def test_what_was_refused_is_not_kept(session: Session, project: Project) -> None:
    with pytest.raises(NotFound), journaled(session=session, project_id=project.id, kind="move-shots"):
        move_shots(session=session, project_id=project.id, shot_ids=["none"], before=None)
    assert history(session=session, project_id=project.id) == []


def test_a_new_edit_takes_away_what_could_be_done_again(session: Session, project: Project) -> None:
    shot = add_shot(session=session, project_id=project.id)
    edit(session, shot, seconds=2.0)
    edit(session, shot, seconds=3.0)
    undo(session=session, project_id=project.id)
    edit(session, shot, seed=7)
    assert [entry.number for entry in history(session=session, project_id=project.id)] == [2, 1]
    with pytest.raises(StoryboardProblem, match="nothing to do again"):
        redo(session=session, project_id=project.id)
    undo_all(session, project)
    assert shot.seconds == 4.0


def test_typing_on_in_one_box_is_one_edit_and_leaves_one_wording(session: Session, project: Project) -> None:
    shot = add_shot(session=session, project_id=project.id, prompt="a boat")
    for text in ("a boat i", "a boat in", "a boat in s", "a boat in snow"):
        edit(session, shot, prompt=text)
    assert len(history(session=session, project_id=project.id)) == 1
    assert [wording.prompt for wording in wordings(session=session, shot_id=shot.id)] == ["a boat"]
    undo(session=session, project_id=project.id)
    assert shot.prompt == "a boat"


def test_typing_in_another_box_or_later_is_another_edit(session: Session, project: Project) -> None:
    shot = add_shot(session=session, project_id=project.id, prompt="a boat")
    edit(session, shot, prompt="a ship")
    edit(session, shot, notes="wide lens")
    (_, first) = history(session=session, project_id=project.id)
    edit(session, shot, notes="")
    assert history(session=session, project_id=project.id) == [first]
    first.created_at -= dt.timedelta(seconds=4)
    edit(session, shot, prompt="a storm")
    assert len(history(session=session, project_id=project.id)) == 2


def test_what_was_changed_meanwhile_outside_the_journal_stays(session: Session, project: Project) -> None:
    shot = add_shot(session=session, project_id=project.id, prompt="a boat")
    edit(session, shot, prompt="a ship", seconds=2.0)
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(prompt="somebody else's"))
    undo(session=session, project_id=project.id)
    assert (shot.prompt, shot.seconds) == ("somebody else's", 4.0)


def test_a_take_chosen_by_hand_is_undone_and_one_that_got_done_since_stays(session: Session, project: Project) -> None:
    shot = add_shot(session=session, project_id=project.id)
    takes = [Take(shot_id=shot.id, number=n, status="done", frames=1, width=1, height=1, fps=30) for n in (1, 2, 3)]
    session.add_all(takes)
    shot.chosen_draft_id = takes[1].id
    with journaled(session=session, project_id=project.id, kind="choose-take"):
        choose_take(session=session, shot_id=shot.id, take_id=takes[0].id)
    undo(session=session, project_id=project.id)
    assert shot.chosen_draft_id == takes[1].id
    redo(session=session, project_id=project.id)
    assert shot.chosen_draft_id == takes[0].id
    shot.chosen_draft_id = takes[2].id
    undo(session=session, project_id=project.id)
    assert shot.chosen_draft_id == takes[2].id


def test_an_undone_shot_has_a_new_version_and_so_has_its_project(session: Session, project: Project) -> None:
    shot, other = (add_shot(session=session, project_id=project.id) for _ in range(2))
    edit(session, shot, seconds=2.0)
    before = (shot.version, other.version, project.version)
    undo(session=session, project_id=project.id)
    assert (shot.version, other.version) == (before[0] + 1, before[1])
    assert project.version > before[2]


def test_a_deleted_shot_comes_back_under_another_number_where_its_own_was_given_away(
    session: Session, project: Project
) -> None:
    first, second, third = (add_shot(session=session, project_id=project.id, prompt=word) for word in "abc")
    with journaled(session=session, project_id=project.id, kind="delete-shots"):
        delete_shots(session=session, project_id=first.project_id, shot_ids=[first.id])
    renumber_shots(session=session, project_id=project.id)
    undo(session=session, project_id=project.id)
    shots = shots_of(session=session, project_id=project.id)
    assert [(shot.prompt, shot.number) for shot in shots] == [("a", 30), ("b", 10), ("c", 20)]
    assert {second.id, third.id} < {shot.id for shot in shots}


def test_the_journal_outlives_the_session(studio: StudioSettings) -> None:
    database = open_database(studio)
    with session_for(database) as session:
        project = create_project(session=session, name="p")
        shot = add_shot(session=session, project_id=project.id, prompt="a boat")
        edit(session, shot, prompt="a ship")
        session.commit()
    with session_for(database) as session:
        undo(session=session, project_id=project.id)
        session.commit()
    with session_for(database) as session:
        assert get_shot(session=session, shot_id=shot.id).prompt == "a boat"
        redo(session=session, project_id=project.id)
        assert get_shot(session=session, shot_id=shot.id).prompt == "a ship"


def test_a_field_that_was_written_without_being_read_is_kept_as_it_was(studio: StudioSettings) -> None:
    database = open_database(studio)
    with session_for(database) as session:
        project = create_project(session=session, name="p")
        shot = add_shot(session=session, project_id=project.id, prompt="a boat")
        session.commit()
        session.expire(shot, ["notes"])
        with journaled(session=session, project_id=project.id, kind="edit-shot"):
            shot.notes = "wide lens"
        assert history(session=session, project_id=project.id)[0].changes[0]["before"] == {"notes": ""}


def test_two_edits_at_the_same_moment_are_two_entries(studio: StudioSettings) -> None:
    database = open_database(studio)
    with session_for(database) as session:
        project = create_project(session=session, name="p")
        session.commit()

    def add(session: Session) -> None:
        with journaled(session=session, project_id=project.id, kind="add-shots"):
            add_shot(session=session, project_id=project.id)

    at_once(database, add)
    with session_for(database) as session:
        entries: list[Edit] = history(session=session, project_id=project.id)
    assert [entry.number for entry in entries] == [2, 1]
