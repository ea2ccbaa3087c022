"""Beats in a storyboard: kept with the shot, asked of the engine, undone, and told of where a take lacks them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.request import Beat
from framepack.store.section_store import SectionStore
from projects.database.tables import ProjectUpdate, ShotUpdate
from projects.settings import StudioSettings
from projects.storyboard import journal
from projects.storyboard.beats import asked_beats
from projects.storyboard.media import media_of
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import get_shot, shots_of
from projects.storyboard.shots import add_shot, beats_from_prompt, edit_shot
from projects.takes.again import use_settings_of
from projects.takes.remarks import remarks_on
from projects.takes.render_plan import RenderPlan, plan_render
from projects.takes.staleness import ShotPlan, plan_for
from projects.takes.why import reasons_of
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import MakePicture

TURNS = {"at": 1.6, "prompt": "it turns"}


@pytest.fixture
def shot_id(session: Session, picture: MakePicture) -> str:
    """A shot of four seconds with a picture."""
    project = create_project(session=session, name="Tides")
    shot = add_shot(session=session, project_id=project.id, prompt="a boat", media_id=picture().id, seed=3)
    return shot.id


def plan_of(session: Session, studio: StudioSettings, shot_id: str) -> ShotPlan:
    project_id = get_shot(session=session, shot_id=shot_id).project_id
    identity = checkpoint_identity(checkpoint_named("draft"), None)
    plans = plan_for(session=session, settings=studio, project_id=project_id, identity=identity)
    return next(plan for plan in plans if plan.shot.id == shot_id)


def edit(session: Session, shot_id: str, **changes: Any) -> None:
    edit_shot(session=session, shot_id=shot_id, changes=ShotUpdate(**changes))


def test_a_beat_asks_for_other_sections_from_its_moment_on(
    session: Session, studio: StudioSettings, shot_id: str
) -> None:
    before = plan_of(session, studio, shot_id).planned
    edit(session, shot_id, beats=[TURNS])
    after = plan_of(session, studio, shot_id).planned

    assert before is not None
    assert after is not None
    assert after.sections[:2] == before.sections[:2]
    assert not set(after.sections[2:]) & set(before.sections)


def test_words_around_prompts_stand_around_those_of_beats_too_and_one_without_words_keeps_those_before(
    session: Session, shot_id: str, picture: MakePicture
) -> None:
    shot = get_shot(session=session, shot_id=shot_id)
    project = create_project(session=session, name="Other")
    project.words_before = "film grain,"
    second = picture(colour="red").id
    shot.beats = [
        {"at": 2.0, "prompt": " "},
        TURNS,
        {"at": 3.0, "media_id": second, "place": [0, 500, 1000], "seed": 9},
    ]

    assert asked_beats(project, shot, "f1") == (
        Beat(1.6, "film grain, it turns"),
        Beat(2.0),
        Beat(3.0, seed=9, image=second),
    )
    project.fit = "place"
    assert asked_beats(project, shot, "f1")[-1].placement == (0, 500, 1000)


@pytest.mark.parametrize(
    "beats",
    [[{"at": -1.0}], [{"prompt": "no time"}], [{"at": 1.0, "colour": "red"}], [{"at": 1.0, "place": [1, 2, 3]}]],
)
def test_a_beat_that_cannot_be_is_refused(session: Session, shot_id: str, beats: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidRequest, match=r"beats|place"):
        edit(session, shot_id, beats=beats)


def test_a_take_without_the_beats_is_out_of_date_says_why_and_puts_back_what_it_was_made_from(
    session: Session, studio: StudioSettings, shot_id: str
) -> None:
    (take,) = render_all(session, studio, get_shot(session=session, shot_id=shot_id).project_id)
    assert plan_of(session, studio, shot_id).state == "done"
    project_id = get_shot(session=session, shot_id=shot_id).project_id
    with journal.journaled(session=session, project_id=project_id, kind="edit-shot"):
        edit(session, shot_id, beats=[TURNS])

    plan = plan_of(session, studio, shot_id)
    assert plan.state == "stale"
    assert reasons_of([plan])[shot_id] == (Message("why-beats"),)

    journal.undo(session=session, project_id=project_id)
    assert plan_of(session, studio, shot_id).state == "done"
    journal.redo(session=session, project_id=project_id)
    assert plan_of(session, studio, shot_id).state == "stale"
    use_settings_of(session=session, take_id=take.id)
    assert get_shot(session=session, shot_id=shot_id).beats == []


def test_the_plan_of_a_render_holds_the_beats_whatever_is_edited_meanwhile(
    session: Session, studio: StudioSettings, shot_id: str
) -> None:
    edit(session, shot_id, beats=[TURNS])
    plan = plan_of(session, studio, shot_id)
    kept = plan_render(plans=[plan], wanted={shot_id}, store=SectionStore(studio.sections_dir)).to_json()

    assert RenderPlan.from_json(kept).planned(0)[0] == plan.planned


def test_the_pictures_of_beats_are_known_as_the_shots_own(session: Session, shot_id: str, picture: MakePicture) -> None:
    second = picture(colour="red").id
    edit(session, shot_id, beats=[{"at": 1.0, "media_id": second}], sounds=[{"media_id": "f" * 64}])
    (shot,) = shots_of(session=session, project_id=get_shot(session=session, shot_id=shot_id).project_id)

    assert media_of(shot) == {shot.media_id, second, "f" * 64}


def test_times_in_a_prompt_become_beats_among_those_there_are(session: Session, shot_id: str) -> None:
    edit(session, shot_id, prompt="a boat [1.6s: it turns] [3s: it sinks]", beats=[{"at": 2.4, "seed": 5}])
    shot = beats_from_prompt(session=session, shot_id=shot_id)
    assert shot.prompt == "a boat"
    assert shot.beats == [TURNS, {"at": 2.4, "seed": 5}, {"at": 3.0, "prompt": "it sinks"}]
    assert beats_from_prompt(session=session, shot_id=shot_id).beats == shot.beats


def test_typing_on_at_a_beat_is_one_edit_and_moving_it_is_another(session: Session, shot_id: str) -> None:
    project_id = get_shot(session=session, shot_id=shot_id).project_id
    for beats in ([{"at": 1.6, "prompt": ""}], [{"at": 1.6, "prompt": "it"}], [TURNS], [{**TURNS, "at": 2.0}]):
        with journal.journaled(session=session, project_id=project_id, kind="edit-shot"):
            edit(session, shot_id, beats=beats)
    kept = []
    for _ in range(3):
        journal.undo(session=session, project_id=project_id)
        kept.append(get_shot(session=session, shot_id=shot_id).beats)
    assert kept == [[TURNS], [{"at": 1.6, "prompt": ""}], []]


def test_beats_after_the_end_and_those_of_a_model_that_works_backwards_are_said(
    session: Session, studio: StudioSettings, shot_id: str
) -> None:
    edit(session, shot_id, beats=[TURNS, {"at": 4.0, "prompt": "late"}, {"at": 3.99, "prompt": "x"}])
    said = remarks_on(plan_of(session, studio, shot_id), "draft", None)
    assert said == (Message("beats-past-the-end", {"times": "3.99 s, 4 s"}),)

    project_id = get_shot(session=session, shot_id=shot_id).project_id
    edit(session, shot_id, beats=[TURNS])
    edit_project(session=session, project_id=project_id, changes=ProjectUpdate(checkpoint="original"))
    said = remarks_on(plan_of(session, studio, shot_id), "original", None)
    assert said == (Message("beats-by-sections", {"checkpoint": "original", "seconds": 1.2}),)
