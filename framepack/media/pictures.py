"""Owns how a picture file of any common kind becomes upright 8-bit sRGB pixels; knows nothing of models or folders."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from framepack.errors import ImageRejected

MAX_PIXELS = 64_000_000
MIN_SIDE = 16
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")

_UNKNOWN = "it is not a picture of a known kind (PNG, JPEG, WebP, AVIF, GIF, BMP, TIFF)."
# What Pillow's decoders raise for damaged files, besides OSError.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)


def read_picture(source: Path | bytes, name: str) -> Image.Image:
    """The picture in the file or bytes ``source`` as an upright RGB image; of an animation its first frame.

    The camera's rotation is applied, transparency is laid on white, 16 bits become 8, and an embedded colour profile is
    converted to sRGB. ``name`` is what error messages call it. Raises ImageRejected where the file is missing, is not a
    picture, is damaged, has more than 64 megapixels or a side under 16 pixels.
    """
    if isinstance(source, Path) and not source.is_file():
        raise ImageRejected(name, "it is not a file." if source.exists() else "there is no such file.")
    try:
        # Sizes are judged here, in words; Pillow's own warning about large pictures would come in between.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS)
    except Image.DecompressionBombError:
        raise ImageRejected(name, _too_large()) from None
    except PermissionError:
        raise ImageRejected(name, "it may not be read.") from None
    except _DAMAGE:
        raise ImageRejected(name, _UNKNOWN) from None
    with opened:
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise ImageRejected(name, _too_large(width, height))
        if min(width, height) < MIN_SIDE:
            raise ImageRejected(name, f"it is {width} x {height} pixels; each side must have at least {MIN_SIDE}.")
        try:
            opened.load()
            upright = ImageOps.exif_transpose(opened)
        except _DAMAGE:
            raise ImageRejected(name, "it is damaged or cut short.") from None
        return _srgb(_flattened(upright, name), opened.info.get("icc_profile"))


def picture_hash(source: Path | bytes) -> str:
    """The SHA-256 of a picture's file, in hexadecimal: the name a picture has in requests and keys."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fit_picture(image: Image.Image, height: int, width: int) -> Image.Image:
    """``image`` scaled to cover ``height`` x ``width`` pixels and cut to it about its centre, with a Lanczos filter."""
    scale = max(width / image.width, height / image.height)
    half_width, half_height = width / scale / 2, height / scale / 2
    across, down = image.width / 2, image.height / 2
    # Only the part that is shown is resampled, so a very long picture costs no more than a square one.
    box = (
        max(0.0, across - half_width),
        max(0.0, down - half_height),
        min(float(image.width), across + half_width),
        min(float(image.height), down + half_height),
    )
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box)


def _too_large(width: int = 0, height: int = 0) -> str:
    size = f"it has {width * height / 1e6:.0f} megapixels" if width else "it has far too many pixels"
    return f"{size}; at most {MAX_PIXELS // 1_000_000} are taken."


def _flattened(image: Image.Image, name: str) -> Image.Image:
    """``image`` without transparency, palette or more than 8 bits: mode L, RGB or CMYK."""
    if image.mode.startswith("I"):
        return _eight_bits(image, name)
    if image.mode == "F":
        raise ImageRejected(name, "it holds measurements, not colours; save it as an 8 or 16 bit picture.")
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        ground = Image.new("RGBA", with_alpha.size, "white")
        return Image.alpha_composite(ground, with_alpha).convert("RGB")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("L" if image.mode == "1" else "RGB")


def _eight_bits(image: Image.Image, name: str) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ImageRejected(name, "it has more than 16 bits a colour; save it with 8 or 16.")
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            # A profile that is damaged or made for another kind of picture: the plain colours are the best there is.
            return image.convert("RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")
