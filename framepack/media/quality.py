"""How the frames of a section look, in a few figures that show when a take goes wrong. It knows no sections or shots.

Every fourth frame is measured, on a grid of its pixels, so that it costs next to nothing beside making them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# One moment for each latent.
FRAMES_A_MOMENT = 4
# So many pixels, about, are looked at on the shorter side of a frame.
_GRID = 72
_BRIGHTNESS = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class Moment:
    """What one frame looks like, all of 255: ``colour`` is the mean R, G, B; ``contrast`` how far brightness spreads.

    ``contrast`` is the standard deviation of brightness, ``sharpness`` the mean difference of pixels beside each other,
    ``motion`` the mean difference of brightness to the frame before; None where there is none. ``likeness`` is how like
    the picture is that it was made after, at most 1; it is known only at the end of sections, if at all.
    """

    colour: tuple[float, float, float]
    contrast: float
    sharpness: float
    motion: float | None
    likeness: float | None = None

    @property
    def brightness(self) -> float:
        """The mean brightness, of 255."""
        return float(np.dot(self.colour, _BRIGHTNESS))


class Watched:
    """Passes frames on, each (H, W, 3) uint8 RGB, measures them meanwhile, and keeps the last."""

    def __init__(self, frames: Iterable[NDArray[np.uint8]]) -> None:
        self._frames = frames
        self._last: NDArray[np.uint8] | None = None
        self._moments: list[Moment] = []

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        before: NDArray[np.float32] | None = None
        for number, frame in enumerate(self._frames):
            if number % FRAMES_A_MOMENT == 0:
                self._moments.append(_moment(frame, before))
            # Only the frame before a moment is compared with it.
            before = _brightness(_grid(frame)) if (number + 1) % FRAMES_A_MOMENT == 0 else None
            self._last = frame
            yield frame

    @property
    def last(self) -> NDArray[np.uint8]:
        """The last frame that was passed on."""
        assert self._last is not None, "there was no frame"
        return np.ascontiguousarray(self._last)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """What was measured so far."""
        return tuple(self._moments)


def measure(frames: Iterable[NDArray[np.uint8]]) -> tuple[Moment, ...]:
    """What frames look like, each (H, W, 3) uint8 RGB, at every fourth of them."""
    watched = Watched(frames)
    for _ in watched:
        pass
    return watched.moments


def _moment(frame: NDArray[np.uint8], before: NDArray[np.float32] | None) -> Moment:
    pixels = _grid(frame)
    grey = _brightness(pixels)
    red, green, blue = (round(float(value), 2) for value in pixels.reshape(-1, 3).mean(axis=0))
    # Whole rows, for what is blurred differs only between pixels that touch; green is most of brightness.
    rows = frame[:: _every(frame), :, 1].astype(np.int16)
    return Moment(
        colour=(red, green, blue),
        contrast=round(float(grey.std()), 2),
        sharpness=round(float(np.abs(np.diff(rows, axis=1)).mean()), 3),
        motion=None if before is None else round(float(np.abs(grey - before).mean()), 3),
    )


def _grid(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    every = _every(frame)
    return frame[::every, ::every]


def _every(frame: NDArray[np.uint8]) -> int:
    height, width = frame.shape[:2]
    return max(1, min(int(height), int(width)) // _GRID)


def _brightness(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) @ _BRIGHTNESS
