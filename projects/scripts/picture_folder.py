"""Shots from a folder of pictures, one a picture, in the order in which people number them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from framepack.errors import ImageRejected
from framepack.messages import Message
from projects.errors import StoryboardProblem
from projects.interchange.shot_lines import MOST_SHOTS
from projects.names import shown_name
from projects.settings import StudioSettings
from projects.storage.pictures import MAX_PICTURE_BYTES, add_picture
from projects.storyboard.shots import MAX_NAME_CHARACTERS, NewShot

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class FolderShots:
    """The shots of a folder, and what is to be said of its files."""

    shots: tuple[NewShot, ...]
    remarks: tuple[Message, ...]


def shots_from_folder(*, session: Session, settings: StudioSettings, folder: Path) -> FolderShots:
    """A shot for every picture that lies in ``folder`` itself, named as its file; hidden files do not count.

    What is no picture is left out, with a remark. Raises StoryboardProblem where there is none, or there are too many.
    """
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    if len(files) > MOST_SHOTS:
        raise StoryboardProblem(Message("folder-too-many", {"count": len(files), "most": MOST_SHOTS}))
    shots, remarks = [], []
    for path in sorted(files, key=lambda path: natural(path.name)):
        try:
            if path.stat().st_size > MAX_PICTURE_BYTES:
                reason = Message("picture-many-bytes", {"most": MAX_PICTURE_BYTES // 2**20})
                raise ImageRejected(path.name, reason)
            added = add_picture(session=session, settings=settings, data=path.read_bytes(), name=path.name)
        except ImageRejected as problem:
            remarks.append(Message("folder-left-out", {"problem": problem.message}))
            continue
        shots.append(NewShot(media_id=added.media.id, name=shown_name(path.stem)[:MAX_NAME_CHARACTERS]))
        remarks += [Message("picture-remark", {"name": path.name, "remark": remark}) for remark in added.remarks]
    if not shots:
        raise StoryboardProblem(Message("folder-without-pictures", {"folder": folder.name}))
    return FolderShots(tuple(shots), tuple(remarks))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """What names are ordered by, so that 2 comes before 10 and capitals do not matter."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(plain) if part)
