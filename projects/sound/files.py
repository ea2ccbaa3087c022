"""Sound files: kept as they were given, by the hash of their file."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import av
from sqlmodel import Session

from framepack.files.atomic import in_place
from framepack.messages import Message
from projects.database.tables import Media
from projects.errors import StoryboardProblem
from projects.names import shown_name
from projects.settings import StudioSettings
from projects.storage.places import picture_path

MAX_NAME_CHARACTERS = 200


def add_sound(*, session: Session, settings: StudioSettings, file: Path, name: str) -> Media:
    """Keep a copy of the sound in ``file``, which is called ``name``; one that is there already is found again.

    Raises StoryboardProblem where there is nothing to hear in it.
    """
    data = file.read_bytes()
    id = hashlib.sha256(data).hexdigest()
    kind, seconds = _looked_into(data, name)
    path = picture_path(settings, id)
    if not path.is_file() or path.stat().st_size != len(data):
        _write(path, data)
    media = session.get(Media, id)
    if media is None:
        media = Media(
            id=id,
            name=shown_name(Path(name).name)[-MAX_NAME_CHARACTERS:] or "sound",
            kind=kind,
            medium="sound",
            width=0,
            height=0,
            seconds=seconds,
            size_bytes=len(data),
        )
        session.add(media)
        session.flush()
    return media


def _looked_into(data: bytes, name: str) -> tuple[str, float]:
    """The MIME type of a sound file, and how many seconds it lasts."""
    try:
        with av.open(io.BytesIO(data), mode="r", metadata_errors="replace") as container:
            if not container.streams.audio:
                raise StoryboardProblem(Message("sound-silent", {"name": name}))
            seconds = container.duration / av.time_base if container.duration else 0.0
            return f"audio/{container.format.name.split(',')[0]}", seconds
    except av.error.FFmpegError:
        raise StoryboardProblem(Message("sound-silent", {"name": name})) from None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with in_place(path) as aside:
        aside.write_bytes(data)
