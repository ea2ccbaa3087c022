"""Laying a film out: where each shot lies, what of it is shown, and what leads into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from framepack.errors import InvalidRequest
from framepack.messages import Message
from projects.database.tables import Edition, Project, Shot, Take
from projects.films.laying_out import Material, lay_out
from projects.films.timeline import CardSource, StillSource, TakeSource, Timeline


def material(
    *seconds: float, film: Mapping[str, Any] | None = None, taken: bool = True, **of_first: object
) -> tuple[Material, list[Shot]]:
    """A project of cuts that last so long, at 30 frames a second; ``of_first`` are fields of its second shot."""
    project = Project(id="p", name="Tides", film=dict(film or {}))
    shots = [
        Shot(id=f"s{n}", project_id="p", number=10 * n, position=n - 1, seconds=lasts)
        for n, lasts in enumerate(seconds, start=1)
    ]
    for field, value in of_first.items():
        setattr(shots[min(1, len(shots) - 1)], field, value)
    frames = {shot.id: round(shot.seconds * 30) for shot in shots}
    return made_of(project, shots, frames, taken=taken), shots


def made_of(project: Project, shots: Sequence[Shot], frames: Mapping[str, int], *, taken: bool) -> Material:
    known: dict[str, Any] = {"number": 1, "status": "done", "width": 256, "height": 144, "fps": 30}
    takes = {
        shot.id: Take(id=f"t-{shot.id}", shot_id=shot.id, frames=frames[shot.id] + 8, **known)
        for shot in shots
        if taken
    }
    return Material(project=project, shots=tuple(shots), takes=takes, frames=frames, size=(144, 256), fps=30)


def spans(timeline: Timeline) -> list[tuple[int, int]]:
    return [(clip.start, clip.end) for clip in timeline.clips]


def test_cuts_follow_one_another_and_the_film_is_as_long_as_its_shots() -> None:
    given, _ = material(2, 1, 3)
    film = lay_out(given)

    assert spans(film) == [(0, 60), (60, 90), (90, 180)]
    assert (film.frames, film.seconds, film.rate, film.width, film.height) == (180, 6.0, Fraction(30), 256, 144)
    assert film.ready
    assert film.clips[0].source == TakeSource("t-s1", 68, Fraction(30), 256, 144)
    assert all(clip.plain for clip in film.clips)


def test_a_transition_makes_the_film_shorter_by_what_overlaps() -> None:
    given, _ = material(2, 2, transition="dissolve", transition_seconds=0.5)

    assert spans(lay_out(given)) == [(0, 60), (45, 105)]


@pytest.mark.parametrize(("at", "cut"), [("in", 45), ("centre", 52), ("out", 60)])
def test_where_one_shot_ends_and_the_next_begins_is_said_by_the_transition(at: str, cut: int) -> None:
    given, _ = material(2, 2, transition="wipe", transition_seconds=0.5, transition_at=at)

    assert lay_out(given).clips[1].cut == cut


def test_the_first_shot_comes_out_of_black_without_making_the_film_shorter() -> None:
    given, shots = material(2, 1)
    shots[0].transition = "black"
    film = lay_out(given)

    assert spans(film) == [(0, 60), (60, 90)]
    assert film.clips[0].lead.frames == 15


def test_two_transitions_never_meet_in_a_short_shot_and_that_they_are_shortened_is_said() -> None:
    given, shots = material(2, 0.5, 2, transition="dissolve", transition_seconds=1.0)
    shots[2].transition, shots[2].transition_seconds = "dissolve", 1.0
    film = lay_out(given)

    assert [clip.lead.frames for clip in film.clips] == [0, 7, 7]
    assert film.warnings == (Message("transitions-shortened", {"shots": "SH0020", "last": "SH0030"}),)


def test_a_take_that_is_shorter_than_its_shot_is_to_be_lacks_first_what_the_film_does_not_show() -> None:
    given, shots = material(2, 2)
    shots[0].trim_end = 1.0
    longer = replace(given, frames={**given.frames, "s1": 90})

    assert spans(lay_out(longer)) == [(0, 60), (60, 120)]
    shots[0].trim_end = 1.5
    assert spans(lay_out(longer)) == [(0, 45), (45, 105)]


def test_trims_speed_and_holds_say_which_frames_are_shown_and_for_how_long() -> None:
    given, _ = material(1, 4, trim_start=1.0, trim_end=0.5, speed=0.5, hold_first=0.2, hold_last=1.0)
    clip = lay_out(given).clips[1]

    assert (clip.first, clip.count) == (30, 75)
    assert (clip.frames, clip.hold_first, clip.hold_last) == (150 + 6 + 30, 6, 30)
    assert not clip.plain


@pytest.mark.parametrize("fps", [24, 25, 29.97, 30, 50, 60])
def test_the_film_is_within_one_frame_of_its_length_at_every_rate(fps: float) -> None:
    given, shots = material(*[0.7] * 200, film={"fps": fps})
    film = lay_out(given)

    exact = sum(given.frames[shot.id] for shot in shots) / Fraction(30) * film.rate
    assert abs(film.frames - exact) <= 1
    assert all(first.end == second.start for first, second in zip(film.clips, film.clips[1:], strict=False))


def test_a_shot_of_which_nothing_is_left_or_that_was_never_made_forbids_the_film() -> None:
    trimmed, _ = material(1, 1, trim_start=0.6, trim_end=0.4)
    lacking, _ = material(1, 1, taken=False)

    assert lay_out(trimmed).problems == (Message("shot-trimmed-away", {"shot": "SH0020"}),)
    assert lay_out(lacking).problems == (Message("shots-lack-takes", {"shots": "SH0010", "last": "SH0020"}),)
    assert lay_out(Material(Project(name="x"), (), {}, {}, (144, 256), 30)).problems == (Message("no-shots-yet"),)


def test_pictures_stand_for_takes_where_that_is_asked_for() -> None:
    given, shots = material(1, 2, 1, film={"stills": True}, taken=False)
    shots[0].media_id, shots[1].start, shots[1].place_x = "m1", "continue", 300
    film = lay_out(given)

    assert [clip.source for clip in film.clips] == [
        StillSource("m1", (500, 500, 1000)),
        StillSource("m1", (300, 500, 1000)),
    ]
    assert film.problems == (Message("shot-lacks-take", {"shot": "SH0030"}),)


def test_cards_stand_before_the_first_and_after_the_last_shot() -> None:
    given, _ = material(2, film={"title": "潮汐", "title_seconds": 1.5, "credits": "Ende"})
    film = lay_out(given)

    assert spans(film) == [(0, 45), (45, 105), (105, 225)]
    assert film.clips[0].source == CardSource("潮汐")
    assert film.clips[0].shot_id is None


def test_a_continuing_shot_is_joined_unless_something_leads_into_it() -> None:
    given, shots = material(1, 1, 1, start="continue")
    shots[2].start, shots[2].transition = "continue", "dissolve"

    assert [clip.joined for clip in lay_out(given).clips] == [False, True, False]


def test_an_edition_leaves_out_reorders_and_cuts_otherwise_and_the_storyboard_stays() -> None:
    given, shots = material(1, 2, 3, 1, film={"fps": 25, "captions": "soft"})
    said: dict[str, dict[str, Any]] = {"s1": {"left_out": True}, "s3": {"trim_start": 1.0, "dialogue": "海"}}
    edition = Edition(
        project_id="p", name="Short", shape="tall", film={"captions": "burned", "size": 480}, shots=said,
        order=["s3", "s1", "s2"],
    )  # fmt: skip
    film = lay_out(given, edition)

    # The last came into the storyboard later; it stands behind the shot that it stands behind there.
    assert [clip.shot_id for clip in film.clips] == ["s3", "s4", "s2"]
    assert (film.clips[0].first, film.clips[0].dialogue) == (30, "海")
    assert (film.settings.captions, film.settings.fps) == ("burned", 25)
    assert (film.width, film.height) == (480, 854)
    assert (shots[2].trim_start, shots[2].dialogue) == (0.0, "")


def test_a_shape_is_cut_out_of_the_pictures() -> None:
    given, _ = material(1)

    assert [
        (film.width, film.height)
        for shape in ("wide", "square", "tall")
        for film in [lay_out(given, Edition(project_id="p", name="x", shape=shape))]
    ] == [(256, 144), (144, 144), (80, 144)]


@pytest.mark.parametrize(
    "film", [{"fps": 31}, {"size": 481}, {"loudness": -15}, {"music_db": 99.0}, {"captions": "big"}, {"unknown": 1}]
)
def test_settings_that_cannot_be_are_refused(film: dict[str, Any]) -> None:
    given, _ = material(1, film=film)

    with pytest.raises(InvalidRequest):
        lay_out(given)
