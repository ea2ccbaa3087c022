"""Owns which kind of picture a file is, by its content, and that no more is opened than memory allows.

Whatever the file's name ends with does not matter. What decoding would take is judged by what the beginning of the
file says, before anything is decoded.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from framepack.errors import ImageRejected
from framepack.messages import Message
from framepack.picture_formats.boxes import box_kind, colour_codes
from framepack.picture_formats.jpeg_scans import SIGNATURE as JPEG
from framepack.picture_formats.jpeg_scans import bytes_per_pixel
from framepack.picture_formats.png_chunks import SIGNATURE as PNG
from framepack.picture_formats.png_chunks import picture_chunks

KINDS = "PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF"
MIN_SIDE = 16
# What one picture may take of memory while it is decoded.
MAX_BYTES = 1280 * 2**20
# What Pillow's decoders raise for damaged files, besides OSError.
DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, RuntimeError),
    *(struct.error, zlib.error),
)

_CLASSES: dict[str, type[ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WEBP": WebPImageFile,
    "AVIF": AvifImageFile,
    "HEIF": HeifImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
    "PPM": PpmImageFile,
}
_MIME = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "PPM": "image/x-portable-anymap",
}
_TIFF = (b"MM\x00\x2a", b"II\x2a\x00", b"MM\x2a\x00", b"II\x00\x2a", b"MM\x00\x2b", b"II\x2b\x00")
# For one pixel: its file's pixel and the converted one, four bytes each, and something for the way between. The others
# decode into several copies.
_BYTES_PER_PIXEL = 10
_BYTES_PER_PIXEL_OF = {"WEBP": 20, "AVIF": 20, "HEIF": 20}


@dataclass(frozen=True)
class PictureFile:
    """A picture's file, opened but not decoded, which ``image`` does; ``mime`` is what a browser calls its kind.

    ``depth``, ``profile`` and ``colour_codes`` are those of ``PngChunks``, of other kinds as far as they have them.
    """

    kind: str
    image: ImageFile
    depth: int
    profile: bytes | None
    colour_codes: tuple[int, int] | None

    @property
    def mime(self) -> str:
        return _MIME[self.kind]


def open_picture(source: Path | bytes, name: str) -> PictureFile:
    """Open a picture's file or its bytes. Raises ImageRejected, also for what is too large or too small."""
    if isinstance(source, Path) and not source.is_file():
        raise ImageRejected(name, Message("picture-not-a-file" if source.exists() else "picture-missing"))
    try:
        start = source[:256] if isinstance(source, bytes) else _start_of(source)
    except PermissionError:
        raise ImageRejected(name, Message("picture-not-allowed")) from None
    kind = _kind(start)
    if kind is None:
        raise ImageRejected(name, Message("picture-unknown", {"kinds": KINDS}))
    if kind == "PNG" and len(start) >= 24:
        _check_size(struct.unpack(">II", start[16:24]), _BYTES_PER_PIXEL, name)
    try:
        opened = _opened(kind, source)
    except Image.DecompressionBombError:
        raise ImageRejected(name, Message("picture-bomb")) from None
    except DAMAGE:
        raise ImageRejected(name, Message("picture-damaged")) from None
    image = opened.image
    each = bytes_per_pixel(image) if isinstance(image, JpegImageFile) else _bytes_per_pixel(kind)
    try:
        _check_size(image.size, each, name)
    except ImageRejected:
        image.close()
        raise
    return opened


def _check_size(size: tuple[int, int], each: float, name: str) -> None:
    width, height = size
    if min(size) < MIN_SIDE:
        raise ImageRejected(name, Message("picture-too-small", {"width": width, "height": height, "least": MIN_SIDE}))
    if width * height * each > MAX_BYTES:
        scale = math.sqrt(MAX_BYTES / (width * height * each))
        values = {
            "width": width,
            "height": height,
            "megapixels": width * height / 1e6,
            "fitting_width": math.floor(width * scale),
            "fitting_height": math.floor(height * scale),
        }
        raise ImageRejected(name, Message("picture-too-large", values))


def _bytes_per_pixel(kind: str) -> int:
    return _BYTES_PER_PIXEL_OF.get(kind, _BYTES_PER_PIXEL)


def _start_of(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(256)


def _kind(start: bytes) -> str | None:
    """The kind of picture that a file with this beginning is."""
    if start.startswith(PNG):
        return "PNG"
    if start.startswith(JPEG):
        return "JPEG"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if start.startswith(b"BM"):
        return "BMP"
    if start.startswith(_TIFF):
        return "TIFF"
    if re.match(rb"P(?:[1-6fF]|0CMYK|yP|yRGBA|yCMYK)\s", start):
        return "PPM"
    return box_kind(start)


def _opened(kind: str, source: Path | bytes) -> PictureFile:
    of = _CLASSES[kind]
    if kind == "PNG":
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            chunks = picture_chunks(file)
        return PictureFile(kind, of(io.BytesIO(chunks.data)), chunks.depth, chunks.profile, chunks.cicp)
    if kind in ("AVIF", "HEIF"):
        data = source if isinstance(source, bytes) else source.read_bytes()
        image = of(io.BytesIO(data))
        return PictureFile(kind, image, 8, image.info.get("icc_profile"), colour_codes(data))
    # Not through Image.open, whose own bound on pixels knows nothing of pictures that come out smaller.
    image = of(io.BytesIO(source)) if isinstance(source, bytes) else of(source)
    return PictureFile(kind, image, 8, image.info.get("icc_profile"), None)
