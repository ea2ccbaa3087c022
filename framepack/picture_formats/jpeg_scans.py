"""Owns what is particular to JPEG files: decoding them smaller, and what can be had of one that is cut short.

A JPEG without its end still decodes: what is missing comes out grey. How much that is shows when it is decoded twice,
continued in two different ways: the two are the same as far as the file goes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
from PIL.JpegImagePlugin import JpegImageFile

SIGNATURE = b"\xff\xd8\xff"
_END = b"\xff\xd9"
# Values that no picture goes on with by chance, first as they are and then behind each of the marks to start afresh at.
_NOISE = bytes((value * 37 + 11) % 251 for value in range(64))
_OTHER_END = _NOISE + b"".join(bytes((0xFF, 0xD0 + number % 8)) + _NOISE for number in range(16)) + _END
_COEFFICIENTS = 64
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class CutJpeg:
    """What is left of a JPEG that is cut short, decoded, and the share of the file that is there: at most 1."""

    image: JpegImageFile
    share: float


@dataclass(frozen=True)
class _Scan:
    start: int
    components: tuple[int, ...]
    first: int
    last: int
    precision: int


def bytes_per_pixel(image: JpegImageFile) -> float:
    """What decoding takes of memory however small it comes out: the coefficients of its scans, two bytes each."""
    widest = max((across for _, across, *_ in image.layer), default=0)
    tallest = max((down for _, _, down, *_ in image.layer), default=0)
    return 2 * sum(across * down for _, across, down, *_ in image.layer) / max(1, widest * tallest)


def decode_smaller(image: JpegImageFile, factor: int) -> None:
    """Have ``image``, not decoded yet, come out smaller by ``factor``: 1, 2, 4 or 8."""
    if factor > 1:
        image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))


def complete_jpeg(data: bytes, factor: int) -> CutJpeg:
    """What is left of the JPEG file ``data``, which is cut short, smaller by ``factor``.

    Raises what Pillow raises where nothing can be had of it.
    """
    data = data.rstrip(b"\xff")
    image, other = (_decoded(data + end, factor) for end in (_END, _OTHER_END))
    scans = _scans(data)
    ids = {one[0] for one in image.layer}
    if not scans or not _says_all(scans, ids):
        return CutJpeg(image, 0.0)
    rows = _rows_there(image, other)
    before, in_last = scans[-1].start - scans[0].start, len(data) - scans[-1].start
    whole = before + (in_last / rows if rows else inf)
    # Of one scan the rows are the measure: bytes are not spread evenly over a picture.
    return CutJpeg(image, rows if len(scans) == 1 else (before + in_last) / whole)


def _decoded(data: bytes, factor: int) -> JpegImageFile:
    image = JpegImageFile(io.BytesIO(data))
    decode_smaller(image, factor)
    image.load()
    return image


def _rows_there(image: JpegImageFile, other: JpegImageFile) -> float:
    """The share of the picture, in the order it is written in, up to where the two begin to differ."""
    width, height = image.size
    for top in range(0, height, _ROWS_AT_ONCE):
        box = (0, top, width, min(height, top + _ROWS_AT_ONCE))
        differs = (np.asarray(image.crop(box)) != np.asarray(other.crop(box))).reshape(box[3] - top, width, -1).any(2)
        if differs.any():
            row = int(differs.any(1).argmax())
            column = int(differs[row : row + _block_rows(image)].any(0).argmax())
            rows = min(_block_rows(image), height - top - row)
            return ((top + row) * width + column * rows) / (height * width)
    return 1.0


def _block_rows(image: JpegImageFile) -> int:
    """How many rows are written together; of a picture that came out smaller more than there are, which errs down."""
    return 8 * max(1, *(down for _, _, down, *_ in image.layer))


def _says_all(scans: list[_Scan], components: set[int]) -> bool:
    """Whether the scans, the last of which is cut short, would say all of the picture if it were whole."""
    left: Mapping[int, list[int]] = {component: [1] * _COEFFICIENTS for component in components}
    for scan in scans:
        for component in scan.components:
            if component in left:
                left[component][scan.first : scan.last + 1] = [scan.precision] * (scan.last + 1 - scan.first)
    return not any(any(coefficients) for coefficients in left.values())


def _scans(data: bytes) -> list[_Scan]:
    """The scans of a JPEG file whose pixels have begun."""
    scans: list[_Scan] = []
    place = 2
    while marker := re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])").search(data, place):
        body = marker.end()
        length = int.from_bytes(data[body : body + 2])
        if marker[1] == b"\xda" and len(data) > body + length:
            count = data[body + 2]
            components = tuple(data[body + 3 : body + 3 + 2 * count : 2])
            first, last, bits = data[body + length - 3 : body + length]
            scans.append(_Scan(marker.start(), components, first, min(last, _COEFFICIENTS - 1), bits & 15))
        place = body + length
    return scans
