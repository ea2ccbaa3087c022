from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from sqlmodel import Session, select

from framepack.checkpoints.table import CHECKPOINTS
from framepack.messages import Message
from framepack.shots.keys import plan_chain
from projects.database.opening import open_database, session_for
from projects.database.tables import Media, Project, ProjectUpdate, Render, Shot, ShotUpdate, Start, Take
from projects.errors import NotFound, StoryboardProblem
from projects.messages import in_english, read
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.choosing import choose_take
from projects.storyboard.projects import create_project, duplicate_project, edit_project
from projects.storyboard.several import delete_shots
from projects.storyboard.shots import (
    add_shot,
    attach_image,
    detach_image,
    edit_shot,
)
from projects.takes.staleness import ShotPlan, chains
from projects.takes.takes import (
    cancel_take,
    delete_take,
    fail_take,
    finish_take,
    get_take,
    next_take_number,
    record_take,
    restore_take,
    takes_of,
    takes_of_project,
)
from tests.support.at_once import at_once
from tests.support.plain_pictures import MakePicture, png
from tests.support.rendering import plans_by_rows
from tests.support.single_shots import move_to


@dataclass
class Storyboard:
    """A project with its verbs at hand, for short sentences below."""

    session: Session
    project: Project
    picture: str

    def shot(self, start: Start = "cut", seconds: float = 2.4, prompt: str = "a boat", picture: bool = True) -> Shot:
        return add_shot(
            session=self.session,
            project_id=self.project.id,
            prompt=prompt,
            seconds=seconds,
            start=start,
            seed=1,
            media_id=self.picture if picture and start == "cut" else None,
        )

    def edit(self, shot: Shot, changes: ShotUpdate) -> None:
        edit_shot(session=self.session, shot_id=shot.id, changes=changes)

    def plans(self, identity: str = "weights") -> list[ShotPlan]:
        return plans_by_rows(self.session, self.project.id, identity)

    def states(self, identity: str = "weights") -> list[str]:
        return [plan.state for plan in self.plans(identity)]

    def problems(self) -> list[str | None]:
        return [in_english(plan.problem) if plan.problem else None for plan in self.plans()]

    def render(self) -> None:
        for plan in self.plans():
            if plan.planned and plan.state != "done":
                take = record_take(session=self.session, shot_id=plan.shot.id, planned=plan.planned)
                finish_take(session=self.session, take_id=take.id, seconds_spent=1.5)


@pytest.fixture
def board(session: Session, picture: MakePicture) -> Storyboard:
    return Storyboard(session, create_project(session=session, name="The lighthouse"), picture().id)


def units(plan: ShotPlan) -> tuple[tuple[str, int], ...]:
    assert plan.planned is not None
    return plan.planned.units


# --- chains and planning


def test_a_chain_begins_with_a_cut_and_goes_on_while_shots_continue() -> None:
    starts: list[Start] = ["continue", "cut", "continue", "continue", "cut"]
    shots = [Shot(project_id="", number=n, position=n, start=start) for n, start in enumerate(starts)]
    assert [[shot.number for shot in run] for run in chains(shots)] == [[0], [1, 2, 3], [4]]
    assert chains([]) == []


def test_a_shot_is_planned_with_its_chain_up_to_itself(board: Storyboard) -> None:
    board.shot()
    board.shot("continue")
    board.shot()
    first, second, third = board.plans()
    assert [len(plan.chain) for plan in (first, second, third)] == [1, 2, 1]
    assert second.chain == (first.planned, second.planned)
    assert board.states() == ["never rendered"] * 3


def test_a_shot_with_a_cut_needs_a_picture_and_those_after_it_wait_for_it(board: Storyboard) -> None:
    board.shot(picture=False)
    board.shot("continue")
    board.shot("continue")
    board.shot()
    assert board.problems() == [
        "It has no picture yet, and a shot that starts with a cut begins with one, or with a video.",
        "SH0010, which it continues, cannot be rendered yet.",
        "SH0020, which it continues, cannot be rendered yet.",
        None,
    ]
    assert board.states() == ["empty", "empty", "empty", "never rendered"]


def test_the_first_shot_has_nothing_to_continue_from(board: Storyboard) -> None:
    board.shot("continue")
    assert board.problems() == ["There is no shot before it to continue from; let it start with a cut."]


def test_a_problem_in_the_middle_of_a_chain_leaves_what_is_before_it_alone(board: Storyboard) -> None:
    board.shot()
    board.shot("continue", prompt="  ")
    board.shot("continue")
    assert board.problems() == [
        None,
        "It has no text yet; say in a few words what happens in it.",
        "SH0020, which it continues, cannot be rendered yet.",
    ]


def test_the_model_that_works_backwards_refuses_to_continue(board: Storyboard) -> None:
    board.shot()
    board.shot("continue")
    edit_project(session=board.session, project_id=board.project.id, changes=ProjectUpdate(checkpoint="original"))
    first, second = board.problems()
    assert first is None
    assert second == "'original' works backwards and cannot continue a shot; let it start with a cut."


def test_what_stands_later_in_a_chain_does_not_change_what_is_asked_for_earlier(board: Storyboard) -> None:
    board.shot()
    board.shot("continue")
    alone = units(board.plans()[0])
    board.shot("continue", prompt="")
    assert units(board.plans()[0]) == alone


# --- states


def test_rendered_shots_are_done_until_something_is_changed(board: Storyboard) -> None:
    first, _ = board.shot(), board.shot()
    board.render()
    assert board.states() == ["done", "done"]
    board.edit(first, ShotUpdate(prompt="a ship"))
    assert board.states() == ["stale", "done"]
    assert board.plans()[0].found is None


def test_an_edit_upstream_makes_all_downstream_in_its_chain_stale(board: Storyboard) -> None:
    board.shot()
    middle = board.shot("continue")
    board.shot("continue")
    board.shot()
    board.render()
    board.edit(middle, ShotUpdate(seed=2))
    assert board.states() == ["done", "stale", "stale", "done"]


def test_extending_a_shot_asks_for_new_sections_only_and_a_shortened_one_is_done(board: Storyboard) -> None:
    shot = board.shot(seconds=2.4)
    board.render()
    short = units(board.plans()[0])
    board.edit(shot, ShotUpdate(seconds=4.8))
    assert board.states() == ["stale"]
    long = units(board.plans()[0])
    assert {key for key, _ in short} < {key for key, _ in long}
    board.edit(shot, ShotUpdate(seconds=2.0))
    assert board.states() == ["done"]
    assert board.plans()[0].frames == 60
    assert {key for key, _ in units(board.plans()[0])} == {key for key, _ in short}


def test_a_take_with_the_sections_but_too_few_frames_is_stale(board: Storyboard) -> None:
    shot = board.shot(seconds=1.3)
    board.render()
    board.edit(shot, ShotUpdate(seconds=2.4))
    assert board.states() == ["stale"]
    assert [key for key, _ in units(board.plans()[0])] == [key for key, _ in board.plans()[0].chosen.units]


def test_takes_stay_done_whatever_is_done_to_the_other_chains_of_a_film(board: Storyboard) -> None:
    chance = random.Random(3)
    shots = [board.shot(chance.choice(["cut", "cut", "continue"]), seconds=chance.uniform(0.2, 3)) for _ in range(12)]
    edit_shot(session=board.session, shot_id=shots[0].id, changes=ShotUpdate(start="cut"))
    attach_image(session=board.session, shot_id=shots[0].id, media_id=board.picture)
    cut = board.shot(seconds=1.0)
    board.render()
    assert set(board.states()) == {"done"}
    for _ in range(25):
        board.edit(cut, ShotUpdate(seconds=chance.uniform(0.01, 1.1)))
        move_to(board.session, cut, 0)
        states = dict(zip((plan.shot.id for plan in board.plans()), board.states(), strict=True))
        assert {states[shot.id] for shot in shots} == {"done"}


def test_a_take_of_the_first_version_is_done_unless_the_film_needs_a_section_more(board: Storyboard) -> None:
    lengths = [random.Random(8).uniform(0.1, 9.0) for _ in range(40)]
    for seconds in lengths:
        board.shot(seconds=seconds)
    for plan in board.plans():
        assert plan.planned is not None
        (first,) = plan_chain([plan.planned.request])
        take = record_take(session=board.session, shot_id=plan.shot.id, planned=first)
        finish_take(session=board.session, take_id=take.id, seconds_spent=1.0)
    for plan in board.plans():
        assert plan.planned is not None
        (first,) = plan_chain([plan.planned.request])
        assert plan.planned.sections[: len(first.sections)] == first.sections
        assert plan.state == ("done" if plan.planned.sections == first.sections else "stale")
    assert board.states().count("done") >= 35


def test_a_shot_whose_input_was_taken_back_finds_its_earlier_take_again(board: Storyboard) -> None:
    shot = board.shot(prompt="a boat")
    board.render()
    board.edit(shot, ShotUpdate(prompt="a ship"))
    board.render()
    board.edit(shot, ShotUpdate(prompt="a boat"))
    (plan,) = board.plans()
    assert plan.state == "stale"
    assert plan.chosen is not None
    assert plan.chosen.number == 2
    assert plan.found is not None
    assert plan.found.number == 1


def test_a_stale_shot_that_cannot_be_rendered_any_more_keeps_its_take(board: Storyboard) -> None:
    shot = board.shot()
    board.render()
    detach_image(session=board.session, shot_id=shot.id)
    (plan,) = board.plans()
    assert (plan.state, plan.planned, plan.chosen is not None) == ("stale", None, True)


def test_other_weights_or_settings_make_every_take_stale(board: Storyboard) -> None:
    board.shot()
    board.render()
    assert board.states("other weights") == ["stale"]
    edit_project(session=board.session, project_id=board.project.id, changes=ProjectUpdate(steps=3))
    assert board.states() == ["stale"]


def test_another_model_and_back_leaves_every_take_done_also_after_reordering(
    board: Storyboard, picture: MakePicture
) -> None:
    board.shot()
    tall = board.shot(picture=False)
    attach_image(session=board.session, shot_id=tall.id, media_id=picture(200, 400, "red").id)
    board.render()
    move_to(board.session, tall, 0)
    for checkpoint, states in (("f1", ["stale", "stale"]), ("draft", ["done", "done"])):
        changes = ProjectUpdate(checkpoint=checkpoint)
        edit_project(session=board.session, project_id=board.project.id, changes=changes)
        assert board.states() == states


@pytest.mark.parametrize(
    ("change", "back"), [({"shape": "tall"}, {"shape": "picture"}), ({"fit": "fit"}, {"fit": "fill"})]
)
def test_another_shape_or_fitting_makes_takes_stale_until_it_is_put_back(
    board: Storyboard, change: dict[str, str], back: dict[str, str]
) -> None:
    board.shot()
    board.shot(start="continue")
    board.render()
    for values, states in ((change, ["stale", "stale"]), (back, ["done", "done"])):
        changes = ProjectUpdate.model_validate(values)
        edit_project(session=board.session, project_id=board.project.id, changes=changes)
        assert board.states() == states


def test_asking_for_the_checkpoints_own_value_by_hand_changes_nothing(board: Storyboard) -> None:
    board.shot()
    before = units(board.plans()[0])
    edit_project(session=board.session, project_id=board.project.id, changes=ProjectUpdate(guidance=10.0))
    assert units(board.plans()[0]) == before


def test_independent_shots_stay_done_wherever_they_are_moved(board: Storyboard) -> None:
    shots = [board.shot(prompt=prompt) for prompt in "abc"]
    board.render()
    move_to(board.session, shots[2], 0)
    delete_shots(session=board.session, project_id=shots[1].project_id, shot_ids=[shots[1].id])
    assert board.states() == ["done", "done"]


def test_a_copy_of_a_project_asks_for_the_same_sections(board: Storyboard) -> None:
    board.shot()
    board.shot("continue")
    copy = duplicate_project(session=board.session, project_id=board.project.id)
    copied = plans_by_rows(board.session, copy.id, "weights")
    assert [units(plan) for plan in copied] == [units(plan) for plan in board.plans()]


# --- the life of a take


def begun(board: Storyboard, render_id: str | None = None) -> Take:
    (plan,) = board.plans()
    assert plan.planned is not None
    return record_take(session=board.session, shot_id=plan.shot.id, planned=plan.planned, render_id=render_id)


def test_a_take_says_what_it_is_made_from(board: Storyboard) -> None:
    board.shot(seconds=2.4, prompt="a boat")
    take = begun(board)
    assert (take.status, take.number, take.frames, take.fps) == ("rendering", 1, 72, 30)
    assert (take.width, take.height) == (256, 144)
    assert take.units == units(board.plans()[0])
    assert (take.request["prompt"], take.request["seed"], take.request["start"]) == ("a boat", 1, "cut")
    assert take.request["settings"]["steps"] == CHECKPOINTS["draft"].defaults.steps


def test_a_take_reads_back_from_the_database_as_it_was_written(board: Storyboard) -> None:
    board.shot()
    take = begun(board)
    wanted = take.units
    board.session.commit()
    board.session.refresh(take)
    assert take.units == wanted


def test_a_finished_take_is_chosen_and_one_that_is_not_is_not(board: Storyboard) -> None:
    shot = board.shot()
    done = finish_take(session=board.session, take_id=begun(board).id, seconds_spent=3.0)
    assert (done.status, done.seconds_spent, shot.chosen_draft_id) == ("done", 3.0, done.id)
    failed = fail_take(session=board.session, take_id=begun(board).id, error=Message("out-of-memory"))
    cancelled = cancel_take(session=board.session, take_id=begun(board).id)
    assert (failed.status, cancelled.status) == ("failed", "cancelled")
    assert read(failed.error or "") == Message("out-of-memory")
    assert failed.finished_at is not None
    assert cancelled.finished_at is not None
    assert shot.chosen_draft_id == done.id
    assert [take.number for take in takes_of(session=board.session, shot_id=shot.id)] == [3, 2, 1]
    assert next_take_number(session=board.session, shot_id=shot.id) == 4


def two_takes(board: Storyboard) -> tuple[Shot, Take, Take]:
    """A shot with an earlier take and the chosen one, made from other words."""
    shot = board.shot()
    board.render()
    board.edit(shot, ShotUpdate(prompt="a storm"))
    board.render()
    chosen, earlier = takes_of(session=board.session, shot_id=shot.id)
    return shot, earlier, chosen


def test_a_take_that_is_thrown_away_is_no_take_any_more_until_it_is_taken_back(board: Storyboard) -> None:
    shot, earlier, chosen = two_takes(board)
    delete_take(session=board.session, take_id=earlier.id)
    board.edit(shot, ShotUpdate(prompt="a boat"))
    assert takes_of(session=board.session, shot_id=shot.id) == [chosen]
    assert takes_of_project(session=board.session, project_id=board.project.id) == [chosen]
    assert [plan.found for plan in board.plans()] == [None]
    with pytest.raises(NotFound, match="take"):
        choose_take(session=board.session, shot_id=shot.id, take_id=earlier.id)
    restore_take(session=board.session, take_id=earlier.id)
    assert takes_of(session=board.session, shot_id=shot.id) == [chosen, earlier]
    assert [plan.found for plan in board.plans()] == [earlier]


def test_the_number_of_a_take_that_was_thrown_away_names_no_other(board: Storyboard) -> None:
    shot, earlier, chosen = two_takes(board)
    choose_take(session=board.session, shot_id=shot.id, take_id=earlier.id)
    delete_take(session=board.session, take_id=chosen.id)
    assert begun(board).number == 3


def test_the_take_in_the_film_and_one_that_is_being_made_are_not_thrown_away(board: Storyboard) -> None:
    shot, earlier, chosen = two_takes(board)
    with pytest.raises(StoryboardProblem, match="Take 2 of SH0010 is in the film; choose another one"):
        delete_take(session=board.session, take_id=chosen.id)
    choose_take(session=board.session, shot_id=shot.id, take_id=earlier.id)
    delete_take(session=board.session, take_id=chosen.id)
    with pytest.raises(StoryboardProblem, match="Take 3 of SH0010 is being made"):
        delete_take(session=board.session, take_id=begun(board).id)


def test_a_render_that_starts_again_goes_on_with_the_take_it_had_begun(board: Storyboard) -> None:
    shot = board.shot()
    for id in ("one", "two"):
        board.session.add(Render(id=id, project_id=board.project.id))
    board.session.flush()
    take = begun(board, "one")
    assert begun(board, "one").id == take.id
    assert begun(board, "two").id != take.id
    board.edit(shot, ShotUpdate(seed=9))
    assert begun(board, "one").id != take.id


def test_a_take_that_was_called_off_gives_its_number_to_the_next(board: Storyboard) -> None:
    shot = board.shot()
    finish_take(session=board.session, take_id=begun(board).id, seconds_spent=3.0)
    for _ in range(3):
        cancel_take(session=board.session, take_id=begun(board).id)
    assert [take.number for take in takes_of(session=board.session, shot_id=shot.id)] == [2, 1]
    board.session.commit()
    assert begun(board).number == 2


def test_two_workers_that_begin_a_take_of_a_shot_at_once_get_different_numbers(studio: StudioSettings) -> None:
    database = open_database(studio)
    with session_for(database) as session:
        board = Storyboard(session, create_project(session=session, name="p"), "")
        add_picture(session=session, settings=studio, data=png(64, 64), name="a.png")
        board.picture = session.exec(select(Media.id)).one()
        shot = board.shot()
        (planned,) = [plan.planned for plan in board.plans()]
        session.commit()
    assert planned is not None

    def begin(session: Session) -> int:
        return record_take(session=session, shot_id=shot.id, planned=planned).number

    assert sorted(at_once(database, begin)) == [1, 2]


def test_a_take_that_never_was_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound, match="take"):
        get_take(session=session, take_id="nothing")
