"""How a take looks from its beginning to its end, and where by a rule of thumb something has gone wrong.

It goes by what was measured of each section (``framepack.media.quality``). A mark is a hint and no verdict: a fade to
black that was asked for looks as one that was not.

The bounds are set by takes of the draft (``benchmarks/quality_cases.py``; their figures are kept in
``tests/golden/quality.json``), 256x144, and lie between those that do well and those that do not:

- colour, of 255, against the first section, held for a section: a pan of 12 s 5, a tilt into the evening sky 19, a zoom
  into the sun 32, guidance of 32 instead of 10 for 12 s 16. No take of this draft goes wrong so; one of an earlier
  draft with that guidance had 61. Bound: 42.
- sharpness, as a share of the first section's, held for a section: a pan of 12 s 0.92, that tilt 0.69, that zoom 0.72,
  a quick pan that stops 0.61; one step instead of eight for 17 s 0.41. Bound: 0.57.
- motion: a still shot 0.14 to 0.19, pans 0.5 to 0.72, a quick pan up to 1.6 and 0.1 where it holds still after that.
  Frames that are shown again have none. Bounds: 0.05, and a quarter of what it was, where that was 0.6 at least.
- brightness and contrast: a fade to black ends at 0 and 0.1; a black picture is at 0 and 0.4. Bounds: 10 and 6.
- likeness to the picture (draft's encoder): pans 0.86 to 0.98, the tilt 0.82, the zoom 0.69; a fade to black comes
  down to 0.19. Bound: 0.55. The published encoder was not at hand to be measured.

Made-up takes that go wrong otherwise are in ``tests/projects/takes/test_quality.py``.
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
from framepack.store.quality_file import read_quality
from framepack.store.section_store import SectionStore
from projects.database.tables import Take

Kind = Literal["black", "frozen", "still", "drift", "unlike"]

# All of 255.
BLACK_BRIGHTNESS, BLACK_CONTRAST = 10.0, 6.0
FROZEN_MOTION = 0.05
LEAST_MOTION, STILL_SHARE = 0.6, 0.25
DRIFT_COLOUR = 42.0
DRIFT_CONTRAST = (0.5, 2.0)
DRIFT_SHARPNESS = (0.57, 2.5)
# A picture with less has no drawing: one in black has 0.4 and 0.2, from the decoder's noise.
PLAIN_CONTRAST, PLAIN_SHARPNESS = 1.0, 0.3
# At most 1.
LEAST_LIKENESS = 0.55
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
            "unlike": Message("quality-unlike", found),
        }[self.kind]

    @property
    def help(self) -> Message:
        """What may help."""
        return {
            "black": Message("quality-black-help"),
            "frozen": Message("quality-frozen-help"),
            "still": Message("quality-still-help"),
            "drift": Message("quality-drift-help"),
            "unlike": Message("quality-unlike-help"),
        }[self.kind]


@dataclass(frozen=True)
class TakeQuality:
    """``moments`` of a take, each with its frame (0 is first), and what they say."""

    moments: tuple[tuple[int, Moment], ...]
    marks: tuple[Mark, ...]


def quality_of(*, store: SectionStore, take: Take) -> TakeQuality | None:
    """How a take looks; None where not all of its sections were measured (see ``measure_take``)."""
    try:
        units = [(_moments(store, key), frames) for key, frames in take.units]
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
        ("unlike", _first_run(moments, _is_unlike, 1)),
    ]
    places: dict[Kind, int] = {kind: place for kind, place in found if place is not None}
    # What does not move at all moves less, and what is black has other colours: said once.
    if "frozen" in places or "black" in places:
        places.pop("still", None)
    if "black" in places or "drift" in places:
        places.pop("unlike", None)
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


def _is_unlike(moment: Moment) -> bool:
    return moment.likeness is not None and moment.likeness < LEAST_LIKENESS


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
            or not _within(moment.contrast, contrast, DRIFT_CONTRAST, plain=PLAIN_CONTRAST)
            or not _within(moment.sharpness, sharpness, DRIFT_SHARPNESS, plain=PLAIN_SHARPNESS)
        )

    return _first_run(moments, differs, _TOGETHER)


def _within(now: float, then: float, bounds: tuple[float, float], *, plain: float) -> bool:
    # A plain picture has nothing that could be lost.
    return then < plain or bounds[0] * then <= now <= bounds[1] * then


class _NotMeasured(Exception):
    pass


def _moments(store: SectionStore, key: str) -> tuple[Moment, ...]:
    """What was measured of a section."""
    path = store.quality_file(key)
    try:
        found = _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        found = None
    if found is None:
        raise _NotMeasured
    return found


@lru_cache(maxsize=2**14)
def _read(path: Path, written: int) -> tuple[Moment, ...] | None:  # noqa: ARG001 (it says when to read it again)
    return read_quality(path)
