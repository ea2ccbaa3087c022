"""Sound files as the studio keeps them: as they were given, by the hash of their content, beside the pictures."""

from __future__ import annotations

import hashlib
import re
import shutil
import uuid
from pathlib import Path

from sqlmodel import Session, col, select

from framepack.files.atomic import sync
from projects.database.tables import Media
from projects.names import shown_name
from projects.settings import StudioSettings
from projects.sound.reading import check_size, check_sound
from projects.storage.places import picture_path

MAX_NAME_CHARACTERS = 200


def add_sound(*, session: Session, settings: StudioSettings, file: Path, name: str) -> Media:
    """Keep a copy of the sound in ``file``, which is called ``name``; one that is there already is found again.

    A film with sound is kept as a sound, too. A kept file that was damaged since is replaced. Raises SoundRejected as
    ``reading.check_sound``, before anything is kept.
    """
    name = _shown(name)
    check_size(file.stat().st_size, name)
    # What is read and hashed is the copy: the file that was given may change meanwhile.
    aside = aside_path(settings)
    try:
        shutil.copyfile(file, aside)
        facts = check_sound(aside, name)
        with aside.open("rb") as copied:
            id = hashlib.file_digest(copied, "sha256").hexdigest()
        size = aside.stat().st_size
        path = picture_path(settings, id)
        path.parent.mkdir(parents=True, exist_ok=True)
        sync(aside)
        aside.replace(path)
        sync(path.parent)
    finally:
        aside.unlink(missing_ok=True)
    media = session.get(Media, id)
    if media is None:
        media = Media(
            id=id,
            name=name,
            kind=facts.kind,
            medium="sound",
            width=0,
            height=0,
            seconds=facts.seconds,
            size_bytes=size,
        )
        session.add(media)
        session.flush()
    return media


def kept_sounds(*, session: Session, most: int = 200) -> list[Media]:
    """The sounds that the studio keeps, the newest first."""
    sounds = select(Media).where(Media.medium == "sound").order_by(col(Media.created_at).desc()).limit(most)
    return list(session.exec(sounds).all())


def aside_path(settings: StudioSettings) -> Path:
    """A fresh name among the media for a file that is still being written; left over, upkeep clears it away."""
    folder = settings.media_dir / "00"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f".sound.{uuid.uuid4().hex}.part"


def _shown(name: str) -> str:
    """The file's own name, in any language, without folders and without what cannot be shown."""
    shown = shown_name(re.split(r"[/\\]", name)[-1])
    return shown[-MAX_NAME_CHARACTERS:].strip() or "sound"
