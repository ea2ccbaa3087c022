"""What went wrong while rendering, as one sentence for the person who waits. It knows nothing of where it is shown."""

from __future__ import annotations

import errno
import sqlite3

import sqlalchemy as sa

from framepack.errors import FramepackError
from projects.errors import StudioError

DISK_FULL = "The disk is full. Free some space and render again; every finished section is kept."
OUT_OF_MEMORY = (
    "The computer ran out of memory for this size. Close other programs or choose a smaller picture or model, and "
    "render again; every finished section is kept."
)
DIED_TOO_OFTEN = (
    "The worker died {attempts} times at the same section, most likely for want of memory. Close other programs or "
    "choose a smaller picture or model, and render again; every finished section is kept."
)
LOST = "The render ended without a result; the worker's log says more. Render again; every finished section is kept."


def foreseen(error: BaseException) -> bool:
    """Whether ``error`` says by itself what the matter is, so that no one needs to read a log."""
    return isinstance(error, FramepackError | StudioError) or _disk_is_full(error) or _out_of_memory(error)


def sentence_for(error: BaseException) -> str:
    """One sentence that says what happened and what would help."""
    if isinstance(error, FramepackError | StudioError):
        return str(error)
    if _disk_is_full(error):
        return DISK_FULL
    if _out_of_memory(error):
        return OUT_OF_MEMORY
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"A file could not be read or written ({where}{error.strerror})."
    first_line = (str(error).splitlines() or [""])[0][:200]
    return f"Something unforeseen happened ({type(error).__name__}: {first_line}); the worker's log says more."


def _disk_is_full(error: BaseException) -> bool:
    if isinstance(error, sa.exc.OperationalError):
        return isinstance(error.orig, sqlite3.OperationalError) and "disk is full" in str(error.orig)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _out_of_memory(error: BaseException) -> bool:
    # By name: torch's own class cannot be imported where torch must not be.
    names = {kind.__name__ for kind in type(error).__mro__}
    said = str(error).lower()
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or (
        isinstance(error, RuntimeError) and ("can't allocate memory" in said or "out of memory" in said)
    )
