"""LoRAs of projects and shots: what is asked for, the words that prompts get, and that it is all left out of drafts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from framepack.errors import InvalidRequest
from framepack.shots.request import Beat
from projects.database.tables import Project, ProjectUpdate, Shot, ShotUpdate
from projects.messages import in_english
from projects.storyboard.beats import asked_beats
from projects.storyboard.choosing import own_of
from projects.storyboard.journal import journaled, undo
from projects.storyboard.loras import ChosenLora, added_words, with_words
from projects.storyboard.project_settings import sentence_of, shot_settings_at
from projects.storyboard.projects import create_project, duplicate_project, edit_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import add_shot, edit_shot

RAIN = {"sha256": "a" * 64, "name": "rain", "strength": 0.8, "words": "r41n"}
FILM = {"sha256": "b" * 64, "name": "film", "strength": 1.0, "words": "35mm grain, 1970s"}


@pytest.fixture
def project(session: Session) -> Project:
    made = create_project(session=session, name="A film")
    return edit_project(session=session, project_id=made.id, changes=ProjectUpdate(loras=[RAIN, FILM]))


@pytest.fixture
def shot(session: Session, project: Project) -> Shot:
    return add_shot(session=session, project_id=project.id, prompt="a boat")


def asked(project: Project, shot: Shot, checkpoint: str = "f1") -> tuple[Any, ...]:
    return shot_settings_at(project, shot, checkpoint=checkpoint, height=608, width=640, made_for="draft").loras


def test_a_shot_has_its_projects_loras_unless_it_has_a_list_of_its_own(
    session: Session, project: Project, shot: Shot
) -> None:
    assert asked(project, shot) == (("a" * 64, 0.8), ("b" * 64, 1.0))
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(loras=[FILM | {"strength": -0.5}]))
    assert asked(project, shot) == (("b" * 64, -0.5),)
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(loras=[]))
    assert asked(project, shot) == ()
    assert own_of(shot)["loras"] == []
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(loras=None))
    assert asked(project, shot) == (("a" * 64, 0.8), ("b" * 64, 1.0))


def test_a_lora_of_no_strength_is_left_out_with_its_words(session: Session, project: Project, shot: Shot) -> None:
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(loras=[RAIN | {"strength": 0.0}, FILM]))
    assert asked(project, shot) == (("b" * 64, 1.0),)
    assert sentence_of(project, shot, "f1") == "35mm grain, 1970s, a boat"


def test_a_draft_has_neither_loras_nor_their_words(project: Project, shot: Shot) -> None:
    shot.beats = [{"at": 1.0, "prompt": "it turns"}]
    assert asked(project, shot, "draft") == ()
    assert sentence_of(project, shot, "draft") == "a boat"
    assert asked_beats(project, shot, "draft") == (Beat(1.0, "it turns"),)


def test_words_stand_before_the_whole_prompt_and_before_those_of_beats(project: Project, shot: Shot) -> None:
    project.words_before = "In the rain,"
    shot.beats = [{"at": 1.0, "prompt": "R41N falls"}, {"at": 2.0, "seed": 1}]
    assert sentence_of(project, shot, "original") == "r41n, 35mm grain, 1970s, In the rain, a boat"
    assert asked_beats(project, shot, "f1") == (
        Beat(1.0, "35mm grain, 1970s, In the rain, R41N falls"),
        Beat(2.0, seed=1),
    )
    assert sentence_of(project, Shot(project_id="", number=0, position=0), "f1") == ""


@pytest.mark.parametrize(
    ("words", "prompt", "wanted"),
    [
        ("rain", "a boat in the Rain", "a boat in the Rain"),
        ("rain", "a train", "rain, a train"),
        ("35mm  grain", "of 35MM\ngrain", "of 35MM\ngrain"),
        ("a, b, a", "c", "a, b, c"),
        ("水墨", "一幅水墨畫", "一幅水墨畫"),
        ("水墨，留白", "一幅畫", "水墨，留白，一幅畫"),
        ("ink", "一幅ink畫", "一幅ink畫"),
        ("c++ (style)", "c++ (style) boat", "c++ (style) boat"),
        (" ,， ", "a boat", "a boat"),
    ],
)
def test_words_are_added_once_and_never_where_they_are_said(words: str, prompt: str, wanted: str) -> None:
    assert with_words([ChosenLora(sha256="a" * 64, words=words)], prompt) == wanted


@given(st.lists(st.sampled_from(["rain", "the rain", "雨", "ink, rain", "水墨、雨"]), max_size=4), st.text(max_size=30))
def test_nothing_is_added_to_what_was_added_to(words: list[str], prompt: str) -> None:
    loras = [ChosenLora(sha256=f"{place:064x}", words=word) for place, word in enumerate(words)]
    assert added_words(loras, with_words(loras, prompt)) == ()


@pytest.mark.parametrize(
    ("loras", "told"),
    [
        ([RAIN, RAIN], "the LoRA rain is named twice"),
        ([RAIN | {"strength": 11.0}], "strength of a LoRA"),
        ([RAIN | {"strength": float("nan")}], "strength of a LoRA"),
        ([RAIN | {"sha256": "../x"}], "sha256 of a LoRA"),
        ([{"name": "no file"}], "sha256 of a LoRA"),
        ([{"sha256": f"{number:064x}"} for number in range(21)], "at most 20"),
    ],
)
def test_loras_that_cannot_be_are_refused(
    session: Session, project: Project, shot: Shot, loras: list[dict[str, Any]], told: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(loras=loras))
    assert told in in_english(refused.value.message)
    with pytest.raises(InvalidRequest):
        edit_project(session=session, project_id=project.id, changes=ProjectUpdate(loras=loras))


def test_choosing_loras_is_undone_and_copied_like_any_edit(session: Session, project: Project, shot: Shot) -> None:
    with journaled(session=session, project_id=project.id, kind="edit-shot"):
        edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(loras=[FILM]))
    copy = duplicate_project(session=session, project_id=project.id)
    assert copy.loras == project.loras
    assert shots_of(session=session, project_id=copy.id)[0].loras == [FILM]
    undo(session=session, project_id=project.id)
    assert shot.loras is None
