"""Pictures: kept as they were given, by the hash of their file, with small copies for the pages."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image
from sqlmodel import Session

from framepack.errors import ImageRejected
from framepack.files.atomic import in_place
from framepack.media.pictures import FORMATS, picture_hash, read_picture
from projects.database.tables import Media
from projects.errors import NotFound
from projects.settings import StudioSettings
from projects.storage.places import picture_path, thumbnail_path

MAX_PICTURE_BYTES = 64 * 2**20
MAX_NAME_CHARACTERS = 200


def add_picture(*, session: Session, settings: StudioSettings, data: bytes, name: str) -> Media:
    """Keep the picture file ``data``, which was called ``name``; one that is there already is found again.

    Raises ImageRejected where it is over 64 MiB or ``framepack.media.pictures`` cannot read it.
    """
    name = _shown(name)
    if len(data) > MAX_PICTURE_BYTES:
        raise ImageRejected(name, f"it is {len(data) / 2**20:.0f} MiB; at most {MAX_PICTURE_BYTES // 2**20} are taken.")
    picture = read_picture(data, name)
    id = picture_hash(data)
    path = picture_path(settings, id)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with in_place(path) as aside:
            aside.write_bytes(data)
    media = session.get(Media, id)
    if media is None:
        media = Media(
            id=id, name=name, kind=_kind(data), width=picture.width, height=picture.height, size_bytes=len(data)
        )
        session.add(media)
        session.flush()
    return media


def get_media(*, session: Session, media_id: str) -> Media:
    """What is known of a picture. Raises NotFound."""
    media = session.get(Media, media_id)
    if media is None:
        raise NotFound("picture", media_id)
    return media


def thumbnail(settings: StudioSettings, media_id: str, size: int) -> Path:
    """A WebP copy of a picture, upright, that fits into ``size`` x ``size`` pixels; made where there is none yet."""
    path = thumbnail_path(settings, media_id, size)
    if not path.exists():
        original = picture_path(settings, media_id)
        if not original.exists():
            raise NotFound("picture", media_id)
        picture = read_picture(original, media_id[:12])
        picture.thumbnail((size, size), Image.Resampling.LANCZOS)
        small = io.BytesIO()
        picture.save(small, "WEBP", quality=85)
        path.parent.mkdir(parents=True, exist_ok=True)
        with in_place(path) as aside:
            aside.write_bytes(small.getvalue())
    return path


def _kind(data: bytes) -> str:
    """What a browser calls the kind of a picture that ``read_picture`` has read."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        # Some cameras append a second picture to a JPEG; it is one all the same.
        return Image.MIME["JPEG" if opened.format == "MPO" else opened.format or ""]


def _shown(name: str) -> str:
    """The file's own name, in any language, without folders and without what cannot be shown."""
    own = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in own if letter.isprintable())[-MAX_NAME_CHARACTERS:].strip() or "picture"
