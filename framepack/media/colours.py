"""Owns how the pixels of any kind of picture become 8-bit RGB on white ground, in sRGB where a profile says how."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

from framepack.errors import ImageRejected
from framepack.messages import Message

# Large pictures are converted in bands, so that not every step between is in memory as a whole.
_ROWS_AT_ONCE = 256
# By how much Pillow brightens grey of few bits.
_STEPS = {1: 255, 2: 85, 4: 17}


def flattened(image: Image.Image, name: str, depth: int) -> Image.Image:
    """``image`` without transparency, palette or more than 8 bits: mode L, RGB or CMYK.

    ``depth`` are the bits a value has in its file, where it is a PNG; 8 does for the others. Raises ImageRejected.
    """
    if image.mode.startswith("I"):
        return _eight_bits(image, name)
    if image.mode == "F":
        raise ImageRejected(name, Message("picture-measurements"))
    if image.has_transparency_data:
        return _on_white(image, depth)
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("L" if image.mode == "1" else "RGB")


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A picture of ``flattened`` as RGB, converted from ``profile`` if it is one that fits."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            # A profile that is damaged or made for another kind of picture: the plain colours are the best there is.
            return _rgb(image)
        if converted is not None:
            return converted
    return _rgb(image)


def _rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    for top in range(0, image.height, _ROWS_AT_ONCE):
        yield top, image.crop((0, top, image.width, min(image.height, top + _ROWS_AT_ONCE)))


def _on_white(image: Image.Image, depth: int) -> Image.Image:
    flat = Image.new("RGB", image.size)
    for top, band in _bands(image):
        clear = band.info.get("transparency")
        # The transparent colour is kept as the file has it, the pixels as they are in 8 bits.
        if isinstance(clear, tuple):
            band.info["transparency"] = tuple(value >> 8 for value in clear) if depth == 16 else clear
        elif isinstance(clear, int) and band.mode in ("1", "L"):
            band.info["transparency"] = clear * _STEPS.get(depth, 1)
        with_alpha = band.convert("RGBA")
        ground = Image.new("RGBA", with_alpha.size, "white")
        flat.paste(Image.alpha_composite(ground, with_alpha).convert("RGB"), (0, top))
    return flat


def _eight_bits(image: Image.Image, name: str) -> Image.Image:
    flat = Image.new("L", image.size)
    shown = ((np.arange(65536) * 255 + 32767) // 65535).astype(np.uint8)
    clear = image.info.get("transparency")
    if isinstance(clear, int) and clear < len(shown):
        shown[clear] = 255
    for top, band in _bands(image):
        values = np.asarray(band)
        if values.min() < 0 or values.max() > 65535:
            raise ImageRejected(name, Message("picture-too-deep"))
        flat.paste(Image.fromarray(shown[values]), (0, top))
    return flat
