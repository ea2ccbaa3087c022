"""Sound files as the studio keeps them: as they were given, by the hash of their content, beside the pictures."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from sqlmodel import Session, col, select

from framepack.files.atomic import sync
from projects.database.tables import Media
from projects.database.viewers import claim_media
from projects.names import shown_file_name
from projects.settings import StudioSettings
from projects.sound.reading import check_size, check_sound
from projects.storage.aside import aside_path
from projects.storage.places import picture_path
from projects.storage.shared import share_named_by_content

MAX_NAME_CHARACTERS = 200


def add_sound(*, session: Session, settings: StudioSettings, file: Path, name: str) -> Media:
    """Keep a copy of the sound in ``file``, which is called ``name``; one that is there already is found again.

    A film with sound is kept as a sound, too. A kept file that was damaged since is replaced. Raises SoundRejected as
    ``reading.check_sound``, before anything is kept.
    """
    name = shown_file_name(name, most=MAX_NAME_CHARACTERS, otherwise="sound")
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
        share_named_by_content(settings, path)
    finally:
        aside.unlink(missing_ok=True)
    claim_media(session, id)
    media = session.get(Media, id)
    if media is not None and media.medium == "video":
        # A video that a shot goes on from: from now on its sound counts, too.
        media.medium, media.seconds = "sound", facts.seconds
        session.flush()
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
