"""Steps of colour where shots join, and what evens one out. It knows no film."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framepack.media.joins import means_of
from projects.frames.material import Pixels

# Over so long a correction goes away.
MATCH_SECONDS = 0.5
# A correction never goes further: two pictures that differ more are no continuation of each other.
_MOST_GAIN = 1.25
_MOST_OFFSET = 40.0


@dataclass(frozen=True)
class Correction:
    """What makes one picture's colours another's: by channel, ``gains`` about the ``means`` and then ``offsets``."""

    gains: tuple[float, ...]
    means: tuple[float, ...]
    offsets: tuple[float, ...]


def correction_to(wanted: Pixels, given: Pixels) -> Correction:
    """What gives ``given`` the colours of ``wanted``: the same mean and spread of each channel, within bounds."""
    spreads = [np.maximum(frame.reshape(-1, 3).std(axis=0), 1.0) for frame in (wanted, given)]
    gains = np.clip(spreads[0] / spreads[1], 1 / _MOST_GAIN, _MOST_GAIN)
    offsets = np.clip(means_of(wanted) - means_of(given), -_MOST_OFFSET, _MOST_OFFSET)
    return Correction(
        *(tuple(round(float(value), 4) for value in values) for values in (gains, means_of(given), offsets))
    )


def corrected(pixels: Pixels, correction: Correction, strength: float) -> Pixels:
    """A picture (H, W, 3) with so much of a correction: 0 is none, 1 all of it."""
    gains, means, offsets = (np.array(values, np.float32) for values in _arrays(correction))
    moved = (pixels - means) * (1 + (gains - 1) * strength) + means + offsets * strength
    return np.rint(moved).clip(0, 255).astype(np.uint8)


def _arrays(correction: Correction) -> tuple[tuple[float, ...], ...]:
    return correction.gains, correction.means, correction.offsets
