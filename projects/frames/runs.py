"""A film as runs: frames one after another that are made in one way, from one clip or from two. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from projects.films.timeline import Clip, Timeline
from projects.frames.colour import MATCH_SECONDS, Correction
from projects.frames.material import Overlay

# "in" and "out" fade the upper picture in over the ground, and out to it.
Mixing = Literal["dissolve", "wipe", "in", "out"]
Ground = Literal["black", "white"]


@dataclass(frozen=True)
class Layer:
    """The frames of a clip from its ``first`` on; of their ``correction`` less and less, until ``over`` frames in."""

    clip: Clip
    first: int
    correction: Correction | None = None
    over: int = 0

    def strength(self, place: int) -> float:
        """How much of its correction the frame at a place of it has."""
        return max(0.0, 1.0 - (self.first + place) / self.over) if self.over else 0.0


@dataclass(frozen=True)
class Mix:
    """How the upper picture covers the lower: it is at place ``first`` of the ``frames`` that take it all the way."""

    kind: Mixing
    first: int
    frames: int

    def share(self, place: int) -> float:
        """How much of the upper picture is seen at a place of the run."""
        number = self.first + place
        if self.kind == "in":
            return number / self.frames
        if self.kind == "out":
            return 1.0 - (number + 1) / self.frames
        return (number + 1) / (self.frames + 1)


@dataclass(frozen=True)
class Run:
    """``frames`` frames of the film from ``start`` on: those of ``ground``, or plain black or white.

    ``over`` is laid upon it by ``mix``; ``overlays`` lie over all of the run.
    """

    start: int
    frames: int
    ground: Layer | Ground
    over: Layer | None = None
    mix: Mix | None = None
    overlays: tuple[Overlay, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether its pictures are those of one clip, with nothing over them."""
        alone = isinstance(self.ground, Layer) and self.ground.correction is None
        return alone and self.over is None and not self.overlays

    def part(self, first: int, frames: int) -> Run:
        """So many of its frames from a place on."""
        return replace(
            self,
            start=self.start + first,
            frames=frames,
            ground=_later(self.ground, first),
            over=None if self.over is None else replace(self.over, first=self.over.first + first),
            mix=None if self.mix is None else replace(self.mix, first=self.mix.first + first),
        )


def runs_of(
    timeline: Timeline, overlays: Sequence[Overlay] = (), corrections: Mapping[int, Correction] | None = None
) -> tuple[Run, ...]:
    """The runs of a film; ``corrections`` are those of clips, by their place, that begin with a step of colour."""
    found: list[Run] = []
    for place, clip in enumerate(timeline.clips):
        before = timeline.clips[place - 1] if place else None
        after = timeline.clips[place + 1].lead.frames if place + 1 < len(timeline.clips) else 0
        found += _lead(before, clip)
        correction = (corrections or {}).get(place)
        found += _body(clip, clip.lead.frames, clip.frames - after, correction, timeline.rate)
    bounds = sorted({bound for overlay in overlays for bound in (overlay.start, overlay.end)})
    cut = [part for run in found for part in _cut(run, bounds)]
    return tuple(replace(run, overlays=_over(run, overlays)) for run in cut)


def match_frames(rate: Fraction) -> int:
    """How many frames a correction of colour takes to go away."""
    return round(Fraction(MATCH_SECONDS) * rate)


def _lead(before: Clip | None, clip: Clip) -> Iterator[Run]:
    """The frames in which a clip takes over from the one before it."""
    frames, kind = clip.lead.frames, clip.lead.kind
    if not frames:
        return
    new = Layer(clip, 0)
    plain: Ground = "white" if kind == "white" else "black"
    if kind in ("dissolve", "wipe"):
        ground = plain if before is None else Layer(before, before.frames - frames)
        yield Run(clip.start, frames, ground, new, Mix("wipe" if kind == "wipe" else "dissolve", 0, frames))
        return
    away = 0 if before is None else clip.lead.before_cut
    if before is not None and away:
        yield Run(clip.start, away, plain, Layer(before, before.frames - frames), Mix("out", 0, away))
    if frames > away:
        yield Run(clip.start + away, frames - away, plain, Layer(clip, away), Mix("in", 0, frames - away))


def _body(clip: Clip, first: int, end: int, correction: Correction | None, rate: Fraction) -> Iterator[Run]:
    """The frames of a clip that it has for itself, from ``first`` to before ``end``."""
    if correction is not None:
        over = match_frames(rate)
        until = min(over, end)
        yield Run(clip.start, until, Layer(clip, 0, correction, over))
        first = until
    if end > first:
        yield Run(clip.start + first, end - first, Layer(clip, first))


def _cut(run: Run, bounds: Sequence[int]) -> Iterator[Run]:
    """A run in parts between which a bound lies."""
    first = 0
    for bound in [*(bound - run.start for bound in bounds if run.start < bound < run.start + run.frames), run.frames]:
        yield run.part(first, bound - first)
        first = bound


def _over(run: Run, overlays: Sequence[Overlay]) -> tuple[Overlay, ...]:
    return tuple(overlay for overlay in overlays if overlay.start <= run.start < overlay.end)


def _later(ground: Layer | Ground, by: int) -> Layer | Ground:
    return replace(ground, first=ground.first + by) if isinstance(ground, Layer) else ground
