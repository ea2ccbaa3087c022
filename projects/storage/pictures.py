"""Pictures: kept as they were given, by the hash of their file, with small copies for the pages."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from sqlmodel import Session

from framepack.errors import ImageRejected
from framepack.files.atomic import in_place
from framepack.media.pictures import picture_hash, read_small_picture
from framepack.messages import Message
from projects.database.tables import Media
from projects.database.viewers import claim_media
from projects.errors import NotFound
from projects.names import shown_name
from projects.settings import StudioSettings
from projects.storage.derived import deriving, is_as_made
from projects.storage.places import picture_path, thumbnail_path
from projects.storage.shared import picture_file, share_named_by_content

MAX_PICTURE_BYTES = 64 * 2**20
MAX_NAME_CHARACTERS = 200
# What pages show, from the largest to the smallest.
THUMBNAIL_SIZES = (960, 480, 160)
# A decoded picture can take a gigabyte, and a page asks for ten at once: they are decoded one after the other.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class AddedPicture:
    """A picture that was added, and what is to be said of it."""

    media: Media
    remarks: tuple[Message, ...]


def add_picture(*, session: Session, settings: StudioSettings, data: bytes, name: str) -> AddedPicture:
    """Keep the picture file ``data``, which was called ``name``; one that is there already is found again.

    A kept file that was damaged since is replaced. Raises ImageRejected where it is over 64 MiB or
    ``framepack.media.pictures`` cannot read it.
    """
    name = _shown(name)
    check_bytes(len(data), name)
    id = picture_hash(data)
    with _ONE_AT_A_TIME:
        picture = read_small_picture(data, name, THUMBNAIL_SIZES[0])
        keep_whole(settings, id, data)
        _make_thumbnails(settings, id, picture.image)
    claim_media(session, id)
    media = session.get(Media, id)
    if media is None:
        media = Media(
            id=id, name=name, kind=picture.mime, width=picture.width, height=picture.height, size_bytes=len(data)
        )
        session.add(media)
        session.flush()
    return AddedPicture(media, picture.remarks)


def check_bytes(count: int, name: str) -> None:
    """Raise ImageRejected where a picture's file has too many bytes."""
    if count > MAX_PICTURE_BYTES:
        raise ImageRejected(name, Message("picture-many-bytes", {"most": MAX_PICTURE_BYTES // 2**20}))


def keep_whole(settings: StudioSettings, media_id: str, data: bytes) -> None:
    """Write the file of a picture, whose bytes are ``data``, where it is not there or no longer what it was."""
    path = picture_path(settings, media_id)
    if path.is_file() and path.stat().st_size == len(data) and picture_hash(path) == media_id:
        path.touch()  # it is as good as new: nobody shall clear it away before its shot is saved
    else:
        _write(path, data)
    share_named_by_content(settings, path)


def thumbnail(settings: StudioSettings, media_id: str, size: int) -> Path:
    """A WebP copy of a picture, upright, that fits into ``size`` x ``size`` pixels, which is one of THUMBNAIL_SIZES.

    It was made when the picture was added; where it is gone or damaged, all sizes are made again.
    """
    path = thumbnail_path(settings, media_id, size)
    if not is_as_made(path):
        original = picture_file(settings, media_id)
        if not original.exists():
            raise NotFound("picture", media_id)
        with _ONE_AT_A_TIME:
            # Another page may have made it while this one waited.
            if not is_as_made(path):
                picture = read_small_picture(original, media_id[:12], THUMBNAIL_SIZES[0])
                _make_thumbnails(settings, media_id, picture.image)
    return path


def _make_thumbnails(settings: StudioSettings, media_id: str, picture: Image.Image) -> None:
    """Write the small copies that are not there whole, each from the next larger one; ``picture`` becomes small."""
    for size in THUMBNAIL_SIZES:
        picture.thumbnail((size, size), Image.Resampling.LANCZOS)
        path = thumbnail_path(settings, media_id, size)
        if not is_as_made(path):
            with deriving(path) as aside:
                picture.save(aside, "WEBP", quality=85)


def _shown(name: str) -> str:
    """The file's own name, in any language, without folders and without what cannot be shown."""
    own = re.split(r"[/\\]", name)[-1]
    stem, dot, ending = own.rpartition(".")
    shown = shown_name(own) if shown_name(stem) or not dot else "picture." + shown_name(ending)
    return shown[-MAX_NAME_CHARACTERS:].strip() or "picture"


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it is there either whole or not at all, whoever else writes it at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with in_place(path) as aside:
        aside.write_bytes(data)
