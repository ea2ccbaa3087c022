"""The database's file as a backup has it: one file that needs no other beside it. It knows nothing of what is in it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from framepack.messages import Message
from projects.errors import BackupProblem


def copy_database(file: Path, to: Path) -> None:
    """Copy the database as it is at one moment, whoever writes meanwhile. Raises BackupProblem where it is damaged."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as source,
            contextlib.closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)
            # The original keeps a second file beside it, which the copy is to do without.
            copy.execute("PRAGMA journal_mode=DELETE")
            (state,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise BackupProblem(Message("backup-database", {"file": str(file), "said": str(error)})) from error
    if state != "ok":
        said = str(state).splitlines()[0]
        raise BackupProblem(Message("backup-database", {"file": str(file), "said": said}))


def revision_of(file: Path) -> str:
    """What version of the tables a copy has. Raises BackupProblem where it is no database of the studio."""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            (revision,) = copy.execute("SELECT max(version_num) FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupProblem(Message("backup-database", {"file": str(file), "said": str(error)})) from error
    return str(revision)
