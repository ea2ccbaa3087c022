"""The list of what is in a backup, ``backup.json``: every file by its place in the home. It copies nothing.

A backup is a folder that holds this list and the files themselves, each named by the hash of its bytes (``files.py``).
The list is written last, so an earlier one stays good until everything that the new one names is there.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framepack.files.atomic import in_place
from framepack.messages import Message
from projects.errors import BackupProblem

LISTING = "backup.json"
VERSION = 1
# The folders of a home of which a backup has files, and those among them whose files can be made again.
FOLDERS = ("media", "loras", "enlargers", "takes", "films", "conditioning", "sections")
MADE_AGAIN = ("conditioning", "sections")

_MOST_BYTES = 512 * 2**20
_MOST_PARTS, _LONGEST_PART = 4, 255
# What one system or another does not allow, or means something else by.
_ODD = re.compile(r"[\x00-\x1f\x7f\\:*?\"<>|\ud800-\udfff]|[. ]$|^\.|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.I)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_FROZEN = ConfigDict(frozen=True, extra="forbid", strict=True)


class Sum(BaseModel):
    """A file by its bytes."""

    model_config = _FROZEN
    size: int = Field(ge=0, lt=2**62)
    sha256: Sha256


class Entry(Sum):
    """A file of the home: its place there, and when it was written, in nanoseconds since 1970."""

    path: str
    changed: int = Field(ge=0, lt=2**62)


class Listing(BaseModel):
    """What a backup holds; ``studio`` is of which studio. Without ``database`` it was never finished."""

    model_config = _FROZEN
    kind: Literal["storyboard studio backup"] = "storyboard studio backup"
    version: Literal[1] = 1
    studio: str = Field(pattern=r"^[0-9a-f]{32}$")
    database: Sum | None = None
    files: list[Entry] = []

    @property
    def size(self) -> int:
        """The bytes of its files together, with the database."""
        return sum(one.size for one in self.files) + (self.database.size if self.database is not None else 0)


class _Head(BaseModel):
    kind: Literal["storyboard studio backup"]
    version: int


def fits(path: str) -> bool:
    """Whether ``path`` is one that a backup may have: within a known folder of a home, on every system."""
    folder, *rest = path.split("/")
    return (
        folder in FOLDERS
        and 0 < len(rest) < _MOST_PARTS
        and all(part and not _ODD.search(part) and len(part.encode()) <= _LONGEST_PART for part in rest)
    )


def read_listing(folder: Path) -> Listing:
    """The list of the backup in ``folder``. Raises BackupProblem where there is none, or none that may be used."""
    path = folder / LISTING
    try:
        state = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise BackupProblem(Message("backup-is-none", {"folder": str(folder)})) from None
    if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
        raise _damaged(folder)
    written = path.read_bytes()
    try:
        if _Head.model_validate_json(written).version > VERSION:
            raise BackupProblem(Message("backup-too-new", {"folder": str(folder)}))
        listing = Listing.model_validate_json(written)
    except ValidationError:
        raise _damaged(folder) from None
    seen: set[str] = set()
    for entry in listing.files:
        # Where letters' case does not count, two such names would be one file.
        if not fits(entry.path) or entry.path.casefold() in seen:
            raise BackupProblem(Message("backup-leads-out", {"folder": str(folder), "name": ascii(entry.path)[:200]}))
        seen.add(entry.path.casefold())
    return listing


def write_listing(folder: Path, listing: Listing) -> None:
    """Put ``listing`` in its place, whole."""
    with in_place(folder / LISTING) as aside:
        aside.write_text(listing.model_dump_json(), encoding="utf-8")


def _damaged(folder: Path) -> BackupProblem:
    return BackupProblem(Message("backup-list-damaged", {"folder": str(folder)}))
