"""Owns how an HDR picture becomes an ordinary one: PQ and HLG values to sRGB, with the highlights rolled off."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PQ, HLG = 16, 18  # codes of transfer functions, as in ITU-T H.273
HDR_TRANSFERS = (PQ, HLG)
# The light of white paper in an HDR picture and of the brightest an HLG one can show, in candela per square metre.
_PAPER_WHITE = 203.0
_HLG_PEAK = 1000.0
# Up to here, of white, values stay as they are; what is brighter comes ever closer to white.
_KNEE = 0.8
_ROWS_AT_ONCE = 128
# From the primaries of ITU-R BT.2020 (code 9) and of Display P3 (12) to those of sRGB.
_TO_SRGB = MappingProxyType(
    {
        9: np.array(
            [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]],
            np.float32,
        ),
        12: np.array(
            [[1.224940, -0.224940, 0.0], [-0.042057, 1.042057, 0.0], [-0.019638, -0.078636, 1.098274]], np.float32
        ),
    }
)


def tone_mapped(image: Image.Image, primaries: int, transfer: int) -> Image.Image:
    """An RGB ``image`` whose values have the codes of an HDR ``transfer`` function and ``primaries``, in sRGB."""
    mapped = Image.new("RGB", image.size)
    for top in range(0, image.height, _ROWS_AT_ONCE):
        box = (0, top, image.width, min(image.height, top + _ROWS_AT_ONCE))
        light = _light(np.asarray(image.crop(box)), transfer)
        if primaries in _TO_SRGB:
            light = np.maximum(light @ _TO_SRGB[primaries].T, 0)
        brightest = np.maximum(light.max(axis=2, keepdims=True), 1e-6)
        mapped.paste(Image.fromarray(_srgb_values(light * (_rolled_off(brightest) / brightest))), box[:2])
    return mapped


def _light(values: NDArray[np.uint8], transfer: int) -> NDArray[np.float32]:
    """The light (H, W, 3) of the values; white paper is 1."""
    levels = np.arange(256) / 255
    if transfer == PQ:
        root = levels ** (32 / 2523)
        light = (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (8192 / 1305)
        return np.asarray(10_000 / _PAPER_WHITE * light, np.float32)[values]
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.where(levels <= 0.5, levels**2 / 3, (np.exp((levels - c) / a) + b) / 12)
    scene = np.asarray(light, np.float32)[values]
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593], np.float32)
    return np.asarray(scene * (_HLG_PEAK / _PAPER_WHITE) * luminance[..., None] ** 0.2, np.float32)


def _rolled_off(light: NDArray[np.float32]) -> NDArray[np.float32]:
    over = np.maximum(light - _KNEE, 0)
    return np.asarray(np.minimum(light, _KNEE) + (1 - _KNEE) * over / (over + 1 - _KNEE), np.float32)


def _srgb_values(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(values, 0, 1) * 255), np.uint8)
