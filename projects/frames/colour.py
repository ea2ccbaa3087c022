"""Steps of colour where shots join: how large one is, and what evens it out. It knows no film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from projects.frames.material import Pixels

# Over so long a correction goes away.
MATCH_SECONDS = 0.5
# A step that is smaller (in levels of 255), or not so many times the usual one, is not seen as one.
LEAST_STEP = 1.0
TIMES_USUAL = 2.0
# A correction never goes further: two pictures that differ more are no continuation of each other.
_MOST_GAIN = 1.25
_MOST_OFFSET = 40.0


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
class Correction:
    """What makes one picture's colours another's: by channel, ``gains`` about the ``means`` and then ``offsets``."""

    gains: tuple[float, ...]
    means: tuple[float, ...]
    offsets: tuple[float, ...]


def colour_step(before: Sequence[Pixels], after: Sequence[Pixels]) -> ColourStep:
    """The step between the last of the frames ``before`` a join and the first of those ``after`` it."""
    ahead, behind = [_means(frame) for frame in before], [_means(frame) for frame in after]
    beside = [_furthest(one, other) for frames in (ahead, behind) for one, other in pairwise(frames)]
    return ColourStep(_furthest(ahead[-1], behind[0]), max(beside, default=0.0))


def correction_to(wanted: Pixels, given: Pixels) -> Correction:
    """What gives ``given`` the colours of ``wanted``: the same mean and spread of each channel, within bounds."""
    spreads = [np.maximum(frame.reshape(-1, 3).std(axis=0), 1.0) for frame in (wanted, given)]
    gains = np.clip(spreads[0] / spreads[1], 1 / _MOST_GAIN, _MOST_GAIN)
    offsets = np.clip(_means(wanted) - _means(given), -_MOST_OFFSET, _MOST_OFFSET)
    return Correction(
        *(tuple(round(float(value), 4) for value in values) for values in (gains, _means(given), offsets))
    )


def corrected(pixels: Pixels, correction: Correction, strength: float) -> Pixels:
    """A picture (H, W, 3) with so much of a correction: 0 is none, 1 all of it."""
    gains, means, offsets = (np.array(values, np.float32) for values in _arrays(correction))
    moved = (pixels - means) * (1 + (gains - 1) * strength) + means + offsets * strength
    return np.rint(moved).clip(0, 255).astype(np.uint8)


def _arrays(correction: Correction) -> tuple[tuple[float, ...], ...]:
    return correction.gains, correction.means, correction.offsets


def _means(frame: Pixels) -> NDArray[np.float64]:
    return np.asarray(frame.reshape(-1, 3).mean(axis=0))


def _furthest(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.abs(one - other).max())
