"""Where shots go on from each other: how far colour steps there, and what evens it out, seen in their frames."""

from __future__ import annotations

from collections.abc import Iterator

from framepack.media.joins import ColourStep, colour_step
from projects.films.timeline import Timeline
from projects.frames.colour import Correction, correction_to
from projects.frames.material import Pixels
from projects.frames.picturing import Easel
from projects.frames.runs import Layer

# Frames on either side of a join that say what is usual there.
_BESIDE = 4


def joins_of(timeline: Timeline) -> tuple[int, ...]:
    """The places of the clips that go on from the clip before without a seam."""
    return tuple(place for place, clip in enumerate(timeline.clips) if place and clip.joined)


def step_at(easel: Easel, timeline: Timeline, place: int) -> ColourStep:
    """How far colour steps where the clip at a place goes on from the one before it."""
    return colour_step(*_beside(easel, timeline, place))


def corrections_of(easel: Easel, timeline: Timeline) -> Iterator[tuple[int, Correction]]:
    """What evens out steps of colour where the film or the shot after a join asks for it, and one is seen.

    Each is given with the place of the clip after the join.
    """
    for place in joins_of(timeline):
        if not (timeline.settings.match_colour or timeline.clips[place].match_colour):
            continue
        before, after = _beside(easel, timeline, place)
        if colour_step(before, after).is_seen:
            yield place, correction_to(before[-1], after[0])


def _beside(easel: Easel, timeline: Timeline, place: int) -> tuple[list[Pixels], list[Pixels]]:
    """The last frames before a join, and the first after it."""
    before, after = timeline.clips[place - 1], timeline.clips[place]
    last, first = min(_BESIDE, before.frames), min(_BESIDE, after.frames)
    return easel.frames_of(Layer(before, before.frames - last), last), easel.frames_of(Layer(after, 0), first)
