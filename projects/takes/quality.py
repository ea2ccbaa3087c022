"""How a take looks from its beginning to its end, and where by a rule of thumb something has gone wrong.

It goes by what was measured of each section (``framepack.media.quality``). A mark is a hint and no verdict: a fade to
black that was asked for looks as one that was not.

The bounds lie between what the draft does where it does well and made-up takes that go wrong. Measured, 256x144, 8
steps, on a processor: "pans slowly to the right", 4.9 s: motion 0.69 to 0.96 in every moment, colour moves by 6 of 255,
contrast falls by 7 %, sharpness by 32 % (most of it at the start picture). "Holds still", 2.4 s: motion 0.12, all else
within 1 %. "Fades to black", 2.4 s: brightness 68, under 10 after 0.9 s and under 2 at the end, where contrast is 0.5.
Those that go wrong are six sections of a pan over a made-up picture (``tests/projects/takes/test_quality.py``): ever
redder, greyer, softer or harsher, standing still, shown again frame by frame, black.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from framepack.media.quality import FRAMES_A_MOMENT, Moment
from framepack.messages import Message
from framepack.store.section_store import SectionStore
from projects.database.tables import Take

Kind = Literal["black", "frozen", "still", "drift"]

# All of 255.
BLACK_BRIGHTNESS, BLACK_CONTRAST = 10.0, 6.0
FROZEN_MOTION = 0.05
LEAST_MOTION, STILL_SHARE = 0.6, 0.25
DRIFT_COLOUR = 32.0
DRIFT_CONTRAST = (0.5, 2.0)
DRIFT_SHARPNESS = (0.4, 2.5)
# So many moments are looked at together: about a section. What is black is so for half as long.
_TOGETHER = 8


@dataclass(frozen=True)
class Mark:
    """Something that begins at the take's frame ``frame`` (0 is first), ``seconds`` into it."""

    kind: Kind
    frame: int
    seconds: float

    @property
    def message(self) -> Message:
        """What is seen."""
        found = {"at": self.seconds}
        return {
            "black": Message("quality-black", found),
            "frozen": Message("quality-frozen", found),
            "still": Message("quality-still", found),
            "drift": Message("quality-drift", found),
        }[self.kind]

    @property
    def help(self) -> Message:
        """What may help."""
        return {
            "black": Message("quality-black-help"),
            "frozen": Message("quality-frozen-help"),
            "still": Message("quality-still-help"),
            "drift": Message("quality-drift-help"),
        }[self.kind]


@dataclass(frozen=True)
class TakeQuality:
    """``moments`` of a take, each with its frame (0 is first), and what they say."""

    moments: tuple[tuple[int, Moment], ...]
    marks: tuple[Mark, ...]


def quality_of(*, store: SectionStore, take: Take) -> TakeQuality | None:
    """How a take looks; None where not all of its sections were measured (see ``measure_take``)."""
    try:
        units = [(_moments(store.root, key), frames) for key, frames in take.units]
    except _NotMeasured:
        return None
    moments = placed(units)
    return TakeQuality(moments, marks_of([one for _, one in moments], [at for at, _ in moments], take.fps))


def measure_take(*, store: SectionStore, take: Take) -> None:
    """Measure what was not measured of a take when it was made. Raises SectionMissing."""
    for key, _ in take.units:
        store.measure(key)


def placed(units: Sequence[tuple[Sequence[Moment], int]]) -> tuple[tuple[int, Moment], ...]:
    """The moments of units, of each of which so many frames are shown, with their frames in the take."""
    found: list[tuple[int, Moment]] = []
    begin = 0
    for moments, frames in units:
        shown = ((begin + FRAMES_A_MOMENT * place, one) for place, one in enumerate(moments))
        found += [(at, one) for at, one in shown if at < begin + frames]
        begin += frames
    return tuple(found)


def marks_of(moments: Sequence[Moment], frames: Sequence[int], fps: int) -> tuple[Mark, ...]:
    """Where the moments of a take, at these ``frames`` of it, look as if something had gone wrong; each kind once."""
    found: list[tuple[Kind, int | None]] = [
        ("black", _first_run(moments, _is_black, _TOGETHER // 2)),
        ("frozen", _first_run(moments, _is_frozen, _TOGETHER)),
        ("still", _stops(moments)),
        ("drift", _drifts(moments)),
    ]
    places: dict[Kind, int] = {kind: place for kind, place in found if place is not None}
    # What does not move at all moves less, and what is black has other colours: said once.
    if "frozen" in places or "black" in places:
        places.pop("still", None)
    if "black" in places:
        places.pop("drift", None)
        places.pop("frozen", None)
    marks = (Mark(kind, frames[place], frames[place] / fps) for kind, place in places.items())
    return tuple(sorted(marks, key=lambda mark: mark.frame))


def _is_black(moment: Moment) -> bool:
    return moment.brightness < BLACK_BRIGHTNESS and moment.contrast < BLACK_CONTRAST


def _is_frozen(moment: Moment) -> bool:
    # Where nothing came before it, it stands between what is frozen as well as not.
    return moment.motion is None or moment.motion < FROZEN_MOTION


def _first_run(moments: Sequence[Moment], holds: Callable[[Moment], bool], least: int) -> int | None:
    """The place at which the first run of at least so many moments begins for which it holds."""
    begin = 0
    for place, moment in enumerate(moments):
        if not holds(moment):
            begin = place + 1
        elif place - begin + 1 >= least:
            return begin
    return None


def _stops(moments: Sequence[Moment]) -> int | None:
    """Where a take that moved at first begins to move much less, and does so to its end."""
    moved = [moment.motion for moment in moments]
    beginning = [motion for motion in moved[: _TOGETHER + 1] if motion is not None]
    if len(moved) < 2 * _TOGETHER or not beginning:
        return None
    usual = statistics.median(beginning)
    if usual < LEAST_MOTION:
        return None
    place = len(moved)
    while place > 0 and ((motion := moved[place - 1]) is None or motion < STILL_SHARE * usual):
        place -= 1
    return place if len(moved) - place >= _TOGETHER else None


def _drifts(moments: Sequence[Moment]) -> int | None:
    """Where a take looks otherwise than at its beginning, for about a section at least."""
    if len(moments) < 2 * _TOGETHER:
        return None
    first = moments[:_TOGETHER]
    colour = [statistics.mean(one.colour[channel] for one in first) for channel in range(3)]
    contrast = statistics.mean(one.contrast for one in first)
    sharpness = statistics.mean(one.sharpness for one in first)

    def differs(moment: Moment) -> bool:
        moved = max(abs(now - then) for now, then in zip(moment.colour, colour, strict=True))
        return (
            moved > DRIFT_COLOUR
            or not _within(moment.contrast, contrast, DRIFT_CONTRAST)
            or not _within(moment.sharpness, sharpness, DRIFT_SHARPNESS)
        )

    return _first_run(moments, differs, _TOGETHER)


def _within(now: float, then: float, bounds: tuple[float, float]) -> bool:
    # A plain picture has nothing that could be lost.
    return then < 1.0 or bounds[0] * then <= now <= bounds[1] * then


class _NotMeasured(Exception):
    pass


@lru_cache(maxsize=2**14)
def _moments(root: Path, key: str) -> tuple[Moment, ...]:
    """What was measured of a section, read once a process: it never changes. What is not there is asked for again."""
    found = SectionStore(root).quality(key)
    if found is None:
        raise _NotMeasured
    return found
