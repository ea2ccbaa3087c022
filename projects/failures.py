"""What went wrong while rendering, as a message for the person who waits. It knows nothing of where it is shown."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from framepack.device.faults import memory_short
from framepack.errors import FramepackError
from framepack.files.filesystem import is_disk_full
from framepack.messages import Message, as_message
from projects.errors import StudioError

CALLED_OFF = Message("called-off")
DISK_FULL = Message("disk-full")
OUT_OF_MEMORY = Message("out-of-memory")
LOST = Message("render-lost")
# What SQLite calls a "disk I/O error" when the file beside the database, or a quota, has no room left.
_NO_ROOM = ("SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE")


def foreseen(error: BaseException) -> bool:
    """Whether ``error`` says by itself what the matter is, so that no one needs to read a log."""
    return isinstance(error, FramepackError | StudioError) or disk_is_full(error) or memory_short(error)


def message_for(error: BaseException) -> Message:
    """What happened and what would help."""
    if isinstance(error, FramepackError | StudioError):
        return error.message
    if disk_is_full(error):
        return DISK_FULL
    if memory_short(error):
        return OUT_OF_MEMORY
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return Message("database-away", {"said": first_line(error.orig or error)})
    if isinstance(error, OSError) and error.strerror:
        reason = as_message(error.strerror)
        if error.filename:
            reason = Message("of-file", {"file": str(error.filename), "reason": reason})
        return Message("file-problem", {"reason": reason})
    return Message("unforeseen", {"kind": type(error).__name__, "said": first_line(error)})


def first_line(error: BaseException) -> str:
    """What ``error`` says, without the rest of a long explanation."""
    return (str(error).strip().splitlines() or ["no more is known"])[0][:200]


def disk_is_full(error: BaseException) -> bool:
    """Whether ``error`` says that there is no room left."""
    if isinstance(error, sa.exc.OperationalError):
        if not isinstance(error.orig, sqlite3.OperationalError):
            return False
        return "disk is full" in str(error.orig) or getattr(error.orig, "sqlite_errorname", "") in _NO_ROOM
    return is_disk_full(error)
