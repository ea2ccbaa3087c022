"""Pictures between pictures: mixed, or moved along as what is in them moves. It knows no film."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.frames.material import Pixels

Flow = NDArray[np.float32]


def blended(pictures: Sequence[Pixels], weights: Sequence[float]) -> Pixels:
    """The mean of pictures (H, W, 3) by their weights."""
    total = np.zeros(pictures[0].shape, np.float32)
    for picture, weight in zip(pictures, weights, strict=True):
        total += picture.astype(np.float32) * np.float32(weight)
    return np.rint(total).clip(0, 255).astype(np.uint8)


class Motion:
    """Pictures between two others, each part where it would be by then; how parts move is found once a pair."""

    def __init__(self) -> None:
        # OpenCV takes a while to load, and most films need none of it.
        import cv2

        self._cv2: Any = cv2
        self._finder = self._cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._pair: tuple[Pixels, Pixels] | None = None
        self._flows: tuple[Flow, Flow] | None = None

    def between(self, first: Pixels, second: Pixels, share: float) -> Pixels:
        """The picture when ``share`` (0 to 1) of the time from ``first`` to ``second``, (H, W, 3) each, is over."""
        forth, back = self._flows_of(first, second)
        # What each place of the new picture shows lay, to a second order, so far away in either.
        to_first = share * share * back - (1 - share) * share * forth
        to_second = (1 - share) * (1 - share) * forth - share * (1 - share) * back
        return blended([self._fetched(first, to_first), self._fetched(second, to_second)], [1 - share, share])

    def _flows_of(self, first: Pixels, second: Pixels) -> tuple[Flow, Flow]:
        if self._flows is None or self._pair is None or self._pair[0] is not first or self._pair[1] is not second:
            grey = [self._cv2.cvtColor(picture, self._cv2.COLOR_RGB2GRAY) for picture in (first, second)]
            forth = self._finder.calc(grey[0], grey[1], None)
            self._flows = forth, self._finder.calc(grey[1], grey[0], None)
            self._pair = first, second
        return self._flows

    def _fetched(self, picture: Pixels, by: Flow) -> Pixels:
        height, width = picture.shape[:2]
        down, across = np.mgrid[0:height, 0:width].astype(np.float32)
        moved: Pixels = self._cv2.remap(
            picture,
            across + by[..., 0],
            down + by[..., 1],
            self._cv2.INTER_LINEAR,
            borderMode=self._cv2.BORDER_REPLICATE,
        )
        return moved
