"""Beats in storyboard files, as tables and as times in a prompt: read, refused with a sentence, and asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from projects.commands.outputs import inputs_of
from projects.database.tables import Shot, ShotUpdate
from projects.errors import StoryboardFileProblem
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.settings import StudioSettings
from projects.storage.places import picture_path
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import edit_shot
from projects.takes.staleness import plan_for
from tests.projects.interchange.frozen_files import PICTURE

PLAIN = """
[[shot]]
image = "a.ppm"
prompt = "a boat"
seconds = 4
seed = 7
"""
TABLES = f"""{PLAIN}
[[shot.beat]]
at = 1.6
prompt = "it turns"

[[shot.beat]]
at = 2.8
prompt = "a boat"
"""
TIMES = PLAIN.replace("a boat", "a boat [1.6s-2.8s: it turns]")
STORED = [{"at": 1.6, "prompt": "it turns"}, {"at": 2.8, "prompt": "a boat"}]
# The sections of that shot with the weights "frozen", as they were named when files could say beats first.
KEYS = "67483ae42ef9e4690f4b6dc95903852be46bddd216cb18f3ab6d777cd5007cdb"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.ppm").write_bytes(PICTURE)
    (tmp_path / "b.ppm").write_bytes(b"P6 16 16 255\n" + bytes(768))
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "board.toml"
    path.write_text(text, encoding="utf-8")
    return path


def beats_in(folder: Path, text: str) -> list[dict[str, Any]]:
    (shot,) = read_storyboard(written(folder, text)).shots
    beats: list[dict[str, Any]] = shot.more["beats"]
    return beats


def made_of(session: Session, studio: StudioSettings, path: Path) -> tuple[Shot, tuple[str, ...]]:
    """The first shot of the project of a file, and the keys of its sections."""
    project = project_for_file(session=session, settings=studio, file=read_storyboard(path))
    shot = shots_of(session=session, project_id=project.id)[0]
    return shot, keys_of(session, studio, shot)


def keys_of(session: Session, studio: StudioSettings, shot: Shot) -> tuple[str, ...]:
    plan = plan_for(session=session, settings=studio, project_id=shot.project_id, identity="frozen")[shot.position]
    assert plan.planned is not None
    return plan.planned.sections


def test_both_notations_and_the_same_beats_by_hand_name_the_same_sections_for_ever(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    by_tables, tables = made_of(session, studio, written(folder, TABLES))
    by_times, times = made_of(session, studio, written(folder, TIMES))
    by_hand, _ = made_of(session, studio, written(folder, PLAIN))
    edit_shot(session=session, shot_id=by_hand.id, changes=ShotUpdate(beats=STORED))

    assert by_tables.beats == by_times.beats == STORED
    assert by_times.prompt == "a boat"
    assert tables == times == keys_of(session, studio, by_hand)
    assert hashlib.sha256("".join(tables).encode()).hexdigest() == KEYS


def test_what_changes_nothing_in_a_file_changes_no_section_and_no_project(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    shot, keys = made_of(session, studio, written(folder, PLAIN))
    for more in ('at = 1.6\nprompt = "a boat"', "at = 1.6", "at = 1.6\nseed = 7", "at = 4", "at = 9.5\nseed = 8"):
        assert made_of(session, studio, written(folder, f"{PLAIN}[[shot.beat]]\n{more}"))[1] == keys
    assert made_of(session, studio, written(folder, PLAIN.replace("a boat", "[0s: a boat] [2s: a boat]")))[1] == keys

    assert made_of(session, studio, written(folder, f"{PLAIN}literal = true"))[0].project_id == shot.project_id


def test_a_change_after_a_moment_leaves_the_sections_before_it_and_the_seed_that_a_file_gives(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    unseeded = TIMES.replace("seed = 7", "")
    shot, keys = made_of(session, studio, written(folder, unseeded))
    other, others = made_of(session, studio, written(folder, unseeded.replace("it turns", "it sinks")))
    assert other.seed == shot.seed
    assert others[:2] == keys[:2]
    assert not set(others[2:]) & set(keys)


def test_a_prompt_that_is_literal_keeps_its_times(folder: Path) -> None:
    (shot,) = read_storyboard(written(folder, f"{TIMES}literal = true")).shots
    assert (shot.prompt, shot.more["beats"], shot.literal) == ("a boat [1.6s-2.8s: it turns]", [], True)


def test_beats_of_both_notations_stand_in_the_order_of_their_times(folder: Path) -> None:
    said = [*TIMES.splitlines(), "[[shot.beat]]", "at = 3.5", 'prompt = "fog"', "[[shot.beat]]", "at = 1", "seed = 8"]
    assert [beat["at"] for beat in beats_in(folder, "\n".join(said))] == [1.0, 1.6, 2.8, 3.5]


def test_a_beat_without_a_seed_has_the_shots_also_behind_one_with_another(folder: Path) -> None:
    said = ("at = 1", "at = 2\nseed = 9", "at = 3", "at = 3.5")
    seeds = "".join(f"[[shot.beat]]\n{beat}\n" for beat in said)
    assert [beat.get("seed") for beat in beats_in(folder, PLAIN + seeds)] == [None, 9, 7, None]
    one = f'seed_policy = "one"\nseed = 99\n{PLAIN}{seeds}'
    assert [beat.get("seed") for beat in beats_in(folder, one)] == [None, 9, 99, None]


def test_the_picture_of_a_beat_is_kept_and_brought_back_and_no_film_is_written_over_it(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    path = written(folder, f'fit = "place"\n{PLAIN}[[shot.beat]]\nat = 2\nimage = "b.ppm"\nplace = [0, 500, 1000]')
    shot, _ = made_of(session, studio, path)
    (beat,) = shot.beats
    assert beat == {"at": 2.0, "media_id": beat["media_id"], "place": [0, 500, 1000]}
    kept = picture_path(studio, beat["media_id"])
    assert kept.is_file()

    kept.unlink()
    assert made_of(session, studio, path)[0].id == shot.id
    assert kept.is_file()
    assert ("replaces-picture", folder / "b.ppm") in inputs_of(read_storyboard(path), path)


@pytest.mark.parametrize(
    ("beat", "sentence"),
    [
        ('prompt = "x"', "board.toml, shot 1, beat 1: it does not say when it begins: at, in seconds."),
        ("at = -1", "board.toml, shot 1, beat 1: beats: -1.0 is not between 0 and 600."),
        ("at = nan", "board.toml, shot 1, beat 1: beats: nan is not between 0 and 600."),
        ('at = "2s"', "board.toml, shot 1, beat 1: at is a number, not 2s."),
        ("at = 1\nseed = 1.5", "board.toml, shot 1, beat 1: seed is a whole number, not 1.5."),
        ("at = 1\nseed = -2", "board.toml, shot 1, beat 1: seed: -2 is not between 0 and"),
        ('at = 1\nprompt = " "', "board.toml, shot 1, beat 1: prompt: it is empty"),
        (f'at = 1\nprompt = "{"x" * 4001}"', "board.toml, shot 1, beat 1: prompt: it is longer than 4000 characters."),
        (
            'at = 1\ncolour = "red"',
            "board.toml, shot 1, beat 1: there is no 'colour'; there is: at, prompt",
        ),
        ('at = 1\nimage = "c.ppm"', "board.toml, shot 1, beat 1: The picture c.ppm cannot be used: there is no such"),
        (
            'at = 1\nimage = "board.toml"',
            "board.toml, shot 1, beat 1: The picture board.toml cannot be used: it is",
        ),
        ("at = 1\nplace = [1, 2, 3]", "board.toml, shot 1, beat 1: a shot has a place only where the file says fit"),
        ("at = 1\n" + "[[shot.beat]]\nat = 2\n" * 200, "board.toml, shot 1: beats: a shot has at most 200 beats."),
    ],
)
def test_a_mistake_in_a_beat_is_one_sentence_that_names_it(folder: Path, beat: str, sentence: str) -> None:
    with pytest.raises(StoryboardFileProblem) as caught:
        read_storyboard(written(folder, f"{PLAIN}[[shot.beat]]\n{beat}"))
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_beats_that_are_no_tables_and_literal_that_is_no_truth_are_said_so(folder: Path) -> None:
    with pytest.raises(StoryboardFileProblem, match=r"shot 1: shot.beat: write each below a line \[\[shot.beat\]\]"):
        read_storyboard(written(folder, f"{PLAIN}beat = 3"))
    with pytest.raises(StoryboardFileProblem, match="shot 1: literal is true or false, not 1"):
        read_storyboard(written(folder, f"{PLAIN}literal = 1"))
