"""How far pictures step where one clip goes on from another, against what is usual beside that. It knows no clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# A step that is smaller (in levels of 255), or not so many times the usual one, is not seen as one.
LEAST_STEP = 1.0
LEAST_MOVEMENT = 2.0
TIMES_USUAL = 2.0
_BRIGHTNESS = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class ColourStep:
    """How far the mean colour goes at a join (``step``) and at most between the frames beside it (``usual``).

    Both are levels of 255, of the channel that goes furthest.
    """

    step: float
    usual: float

    @property
    def is_seen(self) -> bool:
        """Whether colour steps at the join more than neighbouring frames do."""
        return self.step > LEAST_STEP and self.step > TIMES_USUAL * self.usual


@dataclass(frozen=True)
class Join:
    """What is measured where a shot goes on from a video.

    ``colour`` is the step of the mean colour; ``movement`` is the mean difference of brightness, of 255, between the
    last picture of the video and the first of the shot, ``usual_movement`` the largest between those before it.
    """

    colour: ColourStep
    movement: float
    usual_movement: float

    @property
    def is_seen(self) -> bool:
        """Whether somebody who watches would see where one ends and the other begins."""
        jumps = self.movement > LEAST_MOVEMENT and self.movement > TIMES_USUAL * self.usual_movement
        return jumps or self.colour.is_seen


def colour_step(before: Sequence[Pixels], after: Sequence[Pixels]) -> ColourStep:
    """The step between the last of the frames ``before`` a join and the first of those ``after`` it."""
    ahead, behind = [means_of(frame) for frame in before], [means_of(frame) for frame in after]
    beside = [_furthest(one, other) for frames in (ahead, behind) for one, other in pairwise(frames)]
    return ColourStep(_furthest(ahead[-1], behind[0]), max(beside, default=0.0))


def join_of(before: Sequence[Pixels], after: Sequence[Pixels]) -> Join:
    """What there is to see between the frames ``before`` a join, (H, W, 3) each, and those ``after`` it."""
    ahead, first = [_brightness(frame) for frame in before], _brightness(after[0])
    steps = [_apart(one, other) for one, other in pairwise(ahead)]
    return Join(colour_step(before, after), _apart(ahead[-1], first), max(steps, default=0.0))


def means_of(frame: Pixels) -> NDArray[np.float64]:
    """The mean of each channel of a picture (H, W, 3)."""
    return np.asarray(frame.reshape(-1, 3).mean(axis=0))


def _brightness(frame: Pixels) -> NDArray[np.float32]:
    return np.asarray(frame.astype(np.float32) @ _BRIGHTNESS)


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).mean())


def _furthest(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.abs(one - other).max())
