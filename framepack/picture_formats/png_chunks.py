"""Owns what is taken of a PNG file before it is decoded: its pixels, its colours and how the camera was held.

Cameras, editors and other generators put whole workflows into a PNG as text, some of it compressed; none of that is a
part of the picture, and none of it may keep the picture from being read or pass for one of its properties.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Colours, pixels, the frames of an animation, and Exif for the camera's rotation.
_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT", b"eXIf"}
# Texts that say how the camera was held, where Pillow looks for it.
_ROTATION = {
    b"tEXt": {b"exif", b"Raw profile type exif"},
    b"zTXt": {b"Raw profile type exif"},
    b"iTXt": {b"XML:com.adobe.xmp"},
}
_MAX_TEXT_BYTES = 2**20
# Profiles of printers and scanners have some megabytes; more is no profile.
_MAX_PROFILE_BYTES = 16 * 2**20


@dataclass(frozen=True)
class PngChunks:
    """A PNG without what is no part of the picture; ``depth`` are the bits of one value.

    ``profile`` is its colour profile, and ``cicp`` the codes of its primaries and its transfer function, where it has
    them.
    """

    data: bytes
    depth: int
    profile: bytes | None
    cicp: tuple[int, int] | None


def picture_chunks(file: BinaryIO) -> PngChunks:
    """What a PNG file has to say about its picture. A damaged one is given on as it is, to whatever decodes it."""
    kept = [file.read(len(SIGNATURE))]
    texts: dict[bytes, bytes] = {}
    profile, cicp, depth = None, None, 8
    while len(head := file.read(8)) == 8:
        name, length = head[4:], int.from_bytes(head[:4])
        if not re.fullmatch(rb"\w{4}", name):
            kept.append(head)
            break
        if name in _KEPT:
            body = file.read(length + 4)
            kept.append(head + body)
            if name == b"IHDR" and len(body) > 8:
                depth = body[8]
        elif name in _ROTATION and length <= _MAX_TEXT_BYTES:
            body = file.read(length + 4)
            key = body.partition(b"\0")[0]
            if key in _ROTATION[name] and _is_short(name, body[:-4]):
                texts[key] = head + body
        elif name == b"iCCP" and length <= _MAX_PROFILE_BYTES:
            profile = _profile(file.read(length + 4)[:-4])
        elif name == b"cICP" and length == 4:
            codes = file.read(length + 4)
            cicp = (codes[0], codes[1]) if len(codes) > 1 else None
        else:
            file.seek(length + 4, 1)
        if name == b"IEND":
            break
    kept[2:2] = texts.values()
    return PngChunks(b"".join(kept), depth, profile, cicp)


def _profile(body: bytes) -> bytes | None:
    packed = body.partition(b"\0")[2]
    return _unpacked(packed[1:], _MAX_PROFILE_BYTES) if packed[:1] == b"\0" else None


def _is_short(name: bytes, body: bytes) -> bool:
    """Whether a text unpacks, and to no more than a word about the camera takes."""
    text = body.partition(b"\0")[2]
    if name == b"tEXt":
        return True
    if name == b"zTXt":
        return text[:1] == b"\0" and _unpacked(text[1:], _MAX_TEXT_BYTES) is not None
    if text[:1] == b"\0":
        return True
    return text[1:2] == b"\0" and _unpacked(text[2:].split(b"\0", 2)[-1], _MAX_TEXT_BYTES) is not None


def _unpacked(packed: bytes, most: int) -> bytes | None:
    """What ``packed`` holds; None where that is damaged or more than ``most`` bytes."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, most)
    except zlib.error:
        return None
    return None if stream.unconsumed_tail else data
