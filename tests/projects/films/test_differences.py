from __future__ import annotations

from framepack.messages import Message, Value, worded
from projects.cutting.shot_fields import ShotSound
from projects.database.tables import Edition, Project
from projects.english import ENGLISH
from projects.films.differences import Difference, differences
from projects.films.laying_out import Material, lay_out
from projects.films.timeline import Timeline
from tests.support.timelines import film_of, shots_that_have_it_all, take_of


def edition_of(**said: object) -> Timeline:
    """The film of ``film_of(shots_that_have_it_all())`` as an edition has it."""
    shots = tuple(shots_that_have_it_all())
    takes = {shot.id: take_of(shot) for shot in shots}
    frames = {shot.id: 120 for shot in shots}
    project = Project(id="p", name="Tides 潮", film={"stills": False})
    material = Material(project=project, shots=shots, takes=takes, frames=frames, size=(144, 256), fps=30)
    return lay_out(material, Edition(project_id="p", name="Tides 潮", **said))


MAIN = film_of(shots_that_have_it_all())


def found(**said: object) -> list[tuple[str, str, str, str, str]]:
    return [
        (one.kind, one.label, one.field, in_words(one.was), in_words(one.now))
        for one in differences(MAIN, edition_of(**said))
    ]


def in_words(value: Value) -> str:
    return worded(value, ENGLISH) if isinstance(value, Message) else str(value)


def test_a_film_does_not_differ_from_itself_nor_from_an_edition_that_says_nothing() -> None:
    assert found() == []


def test_the_fewest_shots_count_as_moved() -> None:
    order = ["shot4", "shot0", "shot1", "shot2", "shot3"]
    moved = [one for one in found(order=order) if one[0] == "moved"]
    assert moved == [("moved", "SH0050", "", "", "")]


def test_shots_that_are_left_out_or_come_in_are_named() -> None:
    shorter = edition_of(shots={"shot2": {"left_out": True}})
    assert Difference("only-first", "shot2", "SH0030") in differences(MAIN, shorter)
    assert Difference("only-second", "shot2", "SH0030") in differences(shorter, MAIN)


def test_what_is_shown_of_a_shot_its_length_speed_words_and_sounds_are_told() -> None:
    sound = ShotSound(media_id="a" * 64).model_dump()
    said = found(
        shots={
            "shot0": {"trim_start": 1.0},
            "shot1": {"dialogue": "Ach!", "sounds": [sound]},
            "shot2": {"hold_first": 1.0},
            "shot4": {"transition": "dissolve"},
        }
    )
    assert said == [
        ("shown", "SH0010", "", "15-119", "30-119"),
        ("length", "SH0010", "", "3.50", "3.00"),
        ("words", "SH0020", "dialogue", "Oh!", "Ach!"),
        ("sounds", "SH0020", "", "0", "1"),
        ("length", "SH0030", "", "8.40", "8.90"),
        ("speed", "SH0030", "hold_first", "0.50 s", "1.00 s"),
        ("lead", "SH0050", "", "a fade through white of 0.90 s (centred)", "a dissolve of 0.93 s (centred)"),
    ]


def test_what_is_set_of_the_whole_film_is_told_first() -> None:
    said = found(film={"fps": 25, "captions": "soft", "music_db": -6.0}, shape="square")
    assert said[:4] == [
        ("film", "", "size", "256x144", "144x144"),
        ("film", "", "fps", "30", "25"),
        ("film", "", "music_db", "0.0", "-6.0"),
        ("film", "", "captions", "none", "as a track of the file"),
    ]
    # What lasts as long, in frames of another rate, is no difference.
    assert not [one for one in said if one[0] in ("length", "shown")]


def test_each_difference_is_a_sentence() -> None:
    order = ["shot4", "shot0", "shot1", "shot2", "shot3"]
    other = edition_of(order=order, film={"fps": 24}, shots={"shot3": {"speed": 1.0}, "shot2": {"left_out": True}})
    sentences = [worded(one.message, ENGLISH) for one in differences(MAIN, other)]
    assert "film.fps: 30, then 24." in sentences
    assert "SH0050 stands elsewhere." in sentences
    assert "SH0040, speed: 2.0, then 1.0." in sentences
    assert "SH0030 is in the first film only." in sentences
