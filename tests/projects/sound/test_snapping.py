"""Trims with which a film's cuts fall on the beats of its music."""

from __future__ import annotations

from typing import Any

import pytest

from projects.database.tables import Shot
from projects.films.timeline import Timeline
from projects.sound.snapping import Retrim, beats_in, on_beats
from tests.support.timelines import film_of

HALF_SECONDS = tuple(place / 2 for place in range(200))


def shots(*said: dict[str, Any]) -> list[Shot]:
    return [
        Shot(id=f"s{place}", project_id="p", number=10 * place, position=place, seconds=4.0, **one)
        for place, one in enumerate(said)
    ]


def snapped(of: list[Shot], within: float = 0.4, **film: Any) -> tuple[tuple[Retrim, ...], Timeline]:
    """The suggestion for a film of shots, and the film once it is taken."""
    found = on_beats(film_of(of, **film), {shot.id: shot for shot in of}, HALF_SECONDS, within)
    for one in found:
        next(shot for shot in of if shot.id == one.shot_id).sqlmodel_update({one.field: one.trim})
    return found, film_of(of, **film)


def off_beat(film: Timeline) -> list[float]:
    """How far each cut of a film is from a beat, in frames."""
    cuts = [float(clip.cut / film.rate) for clip in film.clips[1:]]
    return [min(abs(cut - beat) for beat in HALF_SECONDS) * float(film.rate) for cut in cuts]


def test_after_a_suggestion_is_taken_every_cut_lies_on_a_beat_whatever_moved_before_it() -> None:
    lengths = (0.3, 0.17, 0.4, 0.1, 0.45)
    found, film = snapped(shots(*({"trim_end": trim} for trim in lengths)))
    assert len(found) == 4  # the last shot is followed by no cut
    assert max(off_beat(film)) <= 1.0
    assert all(abs(one.seconds) <= 0.42 for one in found)
    assert snapped(shots(*({"trim_end": one.trim} for one in found), {}))[0] == ()


def test_a_shot_that_has_nothing_more_to_show_only_becomes_shorter() -> None:
    found, film = snapped(shots({"speed": 4 / 3.8}, {}, {}))
    assert [round(one.seconds, 1) for one in found] == [-0.3]
    assert max(off_beat(film)) <= 1.0


@pytest.mark.parametrize(
    "one",
    [
        {"speed": 0.5, "trim_end": 0.2},
        {"speed": 2.0, "reverse": True, "trim_start": 0.3},
        {"hold_last": 0.3, "trim_end": 0.1},
        {"transition": "dissolve", "transition_seconds": 0.7, "trim_end": 0.1},
    ],
)
def test_speed_holds_and_transitions_count(one: dict[str, Any]) -> None:
    found, film = snapped(shots({"trim_end": 0.2}, one, one))
    assert found
    assert max(off_beat(film)) <= 1.0
    assert {one.field for one in found[1:]} <= {"trim_start" if one.get("reverse") else "trim_end"}


def test_a_join_at_which_a_shot_goes_on_stays_and_so_does_what_would_move_too_far() -> None:
    going_on = shots({"trim_end": 0.2}, {"start": "continue"})
    assert snapped(going_on)[0] == ()
    assert snapped(shots({"trim_end": 0.2}, {}), within=0.1)[0] == ()
    assert on_beats(film_of(shots({}, {})), {}, HALF_SECONDS, 0.4) == ()


def test_the_beats_of_music_fall_where_it_plays_and_again_where_it_begins_anew() -> None:
    two = shots({}, {})
    assert beats_in(film_of(two, music_at=1.0, music_start=0.5), (0.25, 0.75, 1.75), 2.0) == (1.25, 2.25)
    looped = beats_in(film_of(two, music_start=0.5, music_loop=True), (0.75, 1.75), 2.0)
    assert looped == (0.25, 1.25, 1.75, 2.75, 3.25, 4.25, 4.75, 5.75, 6.25, 7.25, 7.75)
