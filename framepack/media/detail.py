"""Owns detail that pictures had and their latents do not: it is carried along as what is in the pictures moves.

It knows no model: it is given a frame as it is shown and as it is decoded, then the frames that are decoded after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
_Floats = NDArray[np.float32]

# Chosen on clips whose true motion is known (benchmarks/log.md, 2026-11-30), but the last two, which only soften edges.
_SMOOTH = 2.0
_NEAR = 4.0
_WIDE = 16.0
_UNLIKE, _ALIKE = 0.6, 0.95
_FLAT = 4.0
_EDGE = 3.0
_SOFT = 1.5


class CarriedDetail:
    """What ``shown`` has beyond ``decoded``, (H, W, 3) uint8 RGB both, put onto the frames that are decoded after it.

    Where each place of a frame lay in the first one is found by dense optical flow (Kroeger et al., 2016, as OpenCV has
    it), from frame to frame. Detail is left off where a frame is not what was there any more, and is as faint as that
    has become; it never grows.
    """

    def __init__(self, shown: Frame, decoded: Frame) -> None:
        # OpenCV takes a while to load, and only the draft's frames need it.
        import cv2

        self._cv2: Any = cv2
        self._flow = self._cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        height, width = decoded.shape[:2]
        down, across = np.mgrid[:height, :width].astype(np.float32)
        self._home: _Floats = np.stack((across, down), -1)
        self._lay = self._home
        self._detail = shown.astype(np.float32) - decoded
        self._grey = self._brightness(decoded)

    def onto(self, decoded: Frame) -> Frame:
        """The next frame with its detail, (H, W, 3) uint8."""
        grey = self._brightness(decoded)
        nearly = self._lit_like(self._fetched(self._grey, self._lay), grey)
        moved = self._home + self._flow.calc(grey.astype(np.uint8), nearly, None)
        lay = self._fetched(self._lay, moved)
        self._lay = self._home + self._blurred(lay - self._home, _SMOOTH)
        detail = self._cv2.remap(
            self._detail, self._lay, None, self._cv2.INTER_CUBIC, borderMode=self._cv2.BORDER_REPLICATE
        )
        share = self._share(self._fetched(self._grey, self._lay), grey) * self._inside()
        whole = decoded + detail * self._blurred(share, _SOFT)[..., None]
        return _levels(whole)

    def _lit_like(self, before: _Floats, now: _Floats) -> Frame:
        """``before`` as bright and as rich in contrast as ``now``: what gets darker would look like a motion."""
        mean, mean_now = self._blurred(before, _WIDE), self._blurred(now, _WIDE)
        spread, spread_now = (
            np.sqrt((self._blurred(values * values, _WIDE) - middle * middle).clip(0) + _FLAT)
            for values, middle in ((before, mean), (now, mean_now))
        )
        return _levels(mean_now + (before - mean) * (spread_now / spread))

    def _share(self, before: _Floats, now: _Floats) -> _Floats:
        """How much of the detail holds, 0 to 1: how alike neighbourhoods are, and how contrast and light changed."""
        mean, mean_now = self._blurred(before, _NEAR), self._blurred(now, _NEAR)
        varied = (self._blurred(before * before, _NEAR) - mean * mean).clip(0)
        varied_now = (self._blurred(now * now, _NEAR) - mean_now * mean_now).clip(0)
        together = self._blurred(before * now, _NEAR) - mean * mean_now + _FLAT
        alike = together / (np.sqrt(varied * varied_now) + _FLAT)
        contrast = together / (varied + _FLAT)
        light = (mean_now + 1) / (mean + 1)
        trust: _Floats = ((alike - _UNLIKE) / (_ALIKE - _UNLIKE)).clip(0, 1)
        share: _Floats = trust * np.minimum(contrast, light).clip(0, 1)
        return share

    def _inside(self) -> _Floats:
        """1 where what is shown was in the first frame, 0 outside it."""
        height, width = self._home.shape[:2]
        across, down = self._lay[..., 0], self._lay[..., 1]
        away = np.minimum(np.minimum(across, width - 1 - across), np.minimum(down, height - 1 - down))
        inside: _Floats = (away / _EDGE + 0.5).clip(0, 1)
        return inside

    def _brightness(self, frame: Frame) -> _Floats:
        grey: _Floats = self._cv2.cvtColor(frame, self._cv2.COLOR_RGB2GRAY).astype(np.float32)
        return grey

    def _fetched(self, values: _Floats, places: _Floats) -> _Floats:
        fetched: _Floats = self._cv2.remap(
            values, places, None, self._cv2.INTER_LINEAR, borderMode=self._cv2.BORDER_REPLICATE
        )
        return fetched

    def _blurred(self, values: _Floats, radius: float) -> _Floats:
        blurred: _Floats = self._cv2.GaussianBlur(values, (0, 0), radius)
        return blurred


def _levels(values: NDArray[np.floating[Any]]) -> Frame:
    levels: Frame = np.rint(values).clip(0, 255).astype(np.uint8)
    return levels
