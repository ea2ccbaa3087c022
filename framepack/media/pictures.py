"""Owns how a picture file of any common kind becomes upright 8-bit sRGB pixels; knows nothing of models or folders."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from framepack.errors import ImageRejected
from framepack.media.colours import flattened, in_srgb
from framepack.media.picture_files import DAMAGE, PictureFile, open_picture
from framepack.media.tone import HDR_TRANSFERS, tone_mapped
from framepack.messages import Message
from framepack.picture_formats.jpeg_scans import complete_jpeg, decode_smaller
from framepack.shots.request import CENTRED, Placement

# A JPEG of more pixels is decoded smaller.
MAX_JPEG_PIXELS = 64_000_000
# Of a JPEG that is cut short so much must be there, and from so much on nobody sees that something is missing.
LEAST_SHARE = 0.9
_AS_GOOD_AS_WHOLE = 0.999
# How many pixels are decoded, over all frames, to find the first of an animation with something on it.
_MAX_PIXELS_LOOKED_AT = 64_000_000
_ANIMATED_KINDS = ("PNG", "WEBP", "GIF", "AVIF")


@dataclass(frozen=True)
class Picture:
    """A picture and what is to be said of it: ``image`` is upright RGB, ``width`` and ``height`` those of its file.

    A very large one has fewer pixels in ``image`` than in its file. ``mime`` is what a browser calls the file's kind.
    """

    image: Image.Image
    width: int
    height: int
    mime: str
    remarks: tuple[Message, ...]


def read_picture(source: Path | bytes, name: str) -> Picture:
    """The picture in the file or bytes ``source``; of an animation the first frame with something on it.

    The camera's rotation is applied, transparency is laid on white, 16 bits become 8, HDR becomes an ordinary range,
    and an embedded colour profile is converted to sRGB. ``name`` is what messages call it. Raises ImageRejected where
    the file is missing, is not a picture, is damaged, would take too much memory or has a side under 16 pixels.
    """
    with_file = open_picture(source, name)
    pixels = with_file.image.width * with_file.image.height
    factor = next(factor for factor in (1, 2, 4, 8) if factor == 8 or pixels <= MAX_JPEG_PIXELS * factor**2)
    return _read(with_file, source, name, factor)


def read_small_picture(source: Path | bytes, name: str, side: int) -> Picture:
    """As ``read_picture``, for a copy of at most ``side`` pixels: a JPEG is decoded no larger than that needs."""
    with_file = open_picture(source, name)
    longest = max(with_file.image.size)
    factor = next((factor for factor in (8, 4, 2) if longest // factor >= 2 * side), 1)
    return _read(with_file, source, name, factor)


def picture_hash(source: Path | bytes) -> str:
    """The SHA-256 of a picture's file, in hexadecimal: the name a picture has in requests and keys."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fill_frame(image: Image.Image, height: int, width: int, placement: Placement = CENTRED) -> Image.Image:
    """``image`` scaled to cover ``height`` x ``width`` pixels and cut to it, with a Lanczos filter.

    ``placement`` says where: 0 is the left or upper edge, 1000 the other one, and its third how much closer it comes.
    """
    x, y, zoom = placement
    scale = max(width / image.width, height / image.height) * zoom / CENTRED[2]
    half_width, half_height = width / scale / 2, height / scale / 2
    # Of the centre, so that pictures about it are the same to the bit as before there was another place.
    across = image.width / 2 + (image.width / 2 - half_width) * (x - CENTRED[0]) / CENTRED[0]
    down = image.height / 2 + (image.height / 2 - half_height) * (y - CENTRED[1]) / CENTRED[1]
    # Only the part that is shown is resampled, so a very long picture costs no more than a square one.
    box = (
        max(0.0, across - half_width),
        max(0.0, down - half_height),
        min(float(image.width), across + half_width),
        min(float(image.height), down + half_height),
    )
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box)


def show_whole(image: Image.Image, height: int, width: int) -> Image.Image:
    """All of ``image`` in the middle of ``height`` x ``width`` pixels, scaled with a Lanczos filter, the rest black."""
    scale = min(width / image.width, height / image.height)
    inner_width, inner_height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    shown = Image.new("RGB", (width, height))
    inner = image.resize((inner_width, inner_height), Image.Resampling.LANCZOS)
    shown.paste(inner, ((width - inner_width) // 2, (height - inner_height) // 2))
    return shown


def _read(file: PictureFile, source: Path | bytes, name: str, factor: int) -> Picture:
    """The picture of ``file``, which is closed; ``factor`` says how much smaller a JPEG is decoded."""
    # Closed whole, not only its file as by Pillow: its pixels are given back before the picture is converted.
    with closing(file.image) as opened:
        width, height = opened.size
        if isinstance(opened, JpegImageFile):
            decode_smaller(opened, factor)
        decoded, reasons = _decoded(file, source, name, factor)
        upright = _upright(decoded)
        if upright.size != decoded.size:
            width, height = height, width
        if _is_animated(file):
            number, upright = _first_with_content(opened, upright, name)
            reasons.append(Message("picture-animated", {"number": number}))
    del decoded
    try:
        flat = flattened(upright, name, file.depth)
    except DAMAGE:
        raise ImageRejected(name, Message("picture-damaged")) from None
    if file.colour_codes and file.colour_codes[1] in HDR_TRANSFERS:
        reasons.append(Message("picture-hdr"))
        image = tone_mapped(flat.convert("RGB"), *file.colour_codes)
    else:
        image = in_srgb(flat, file.profile)
    remarks = tuple(Message("picture-remark", {"name": name, "remark": reason}) for reason in reasons)
    return Picture(image, width, height, file.mime, remarks)


def _decoded(file: PictureFile, source: Path | bytes, name: str, factor: int) -> tuple[ImageFile, list[Message]]:
    """The decoded file, and what is to be said of it."""
    try:
        file.image.load()
        return file.image, []
    except DAMAGE:
        if file.kind != "JPEG":
            raise ImageRejected(name, Message("picture-damaged")) from None
    try:
        cut = complete_jpeg(source if isinstance(source, bytes) else source.read_bytes(), factor)
    except DAMAGE:
        raise ImageRejected(name, Message("picture-damaged")) from None
    if cut.share < LEAST_SHARE:
        raise ImageRejected(name, Message("picture-damaged"))
    if cut.share >= _AS_GOOD_AS_WHOLE:
        return cut.image, []
    return cut.image, [Message("picture-cut", {"missing": 100 * (1 - cut.share)})]


def _upright(image: ImageFile) -> Image.Image:
    """A copy of the decoded ``image``, turned as the camera was held."""
    try:
        return ImageOps.exif_transpose(image)
    except DAMAGE:
        # What the camera wrote about itself cannot be read: the picture is taken as it lies.
        return image.copy()


def _is_animated(file: PictureFile) -> bool:
    try:
        return file.kind in _ANIMATED_KINDS and bool(getattr(file.image, "is_animated", False))
    except DAMAGE:
        # What comes after the first frame is damaged, and is not needed.
        return False


def _first_with_content(image: ImageFile, first: Image.Image, name: str) -> tuple[int, Image.Image]:
    """The number, from 1, of the first frame that is not all of one colour, and the frame; else the first of all."""
    try:
        if not _is_blank(first):
            return 1, first
    except DAMAGE:
        raise ImageRejected(name, Message("picture-damaged")) from None
    each = image.width * image.height
    for number in range(1, 1 + _MAX_PIXELS_LOOKED_AT // each):
        try:
            image.seek(number)
            image.load()
            if not _is_blank(image):
                return number + 1, _upright(image)
        except (*DAMAGE, Image.DecompressionBombError):
            break
    return 1, first


def _is_blank(image: Image.Image) -> bool:
    """Whether nothing is to be seen: all of it has one colour, or is transparent."""
    if image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema() == (0, 0):
        return True
    if image.mode.startswith("I"):
        low, high = image.getextrema()
        return low == high
    return image.getcolors(1) is not None
