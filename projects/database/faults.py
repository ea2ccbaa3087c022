"""What the errors of a database mean to a person, and what helps. It opens no database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from framepack.messages import Message
from projects.errors import DatabaseUnusable
from projects.failures import disk_is_full, first_line
from projects.settings import StudioSettings

# By the first two words of SQLite's names for its errors.
_OF_SQLITE = {
    "SQLITE_BUSY": "database-busy",
    "SQLITE_LOCKED": "database-busy",
    "SQLITE_NOTADB": "database-is-none",
    "SQLITE_CORRUPT": "database-damaged",
    "SQLITE_CANTOPEN": "database-cannot-be-opened",
    "SQLITE_PERM": "database-cannot-be-opened",
    "SQLITE_READONLY": "database-read-only",
    "SQLITE_IOERR": "database-disk-fails",
    "SQLITE_ERROR": "database-is-another",  # it lacks a table or a column that it had when it was opened
}
_NOT_WRITTEN = ("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY", "SQLITE_IOERR")
# What a copy from before can mend.
_LOST = ("database-is-none", "database-damaged", "database-is-another")


def database_unusable(settings: StudioSettings, error: BaseException) -> DatabaseUnusable | None:
    """Why the database cannot be used at the moment; None where ``error`` is not a fault of the database itself."""
    if not isinstance(error, sa.exc.DBAPIError) or isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):
        return None
    if disk_is_full(error):
        return unusable(settings, Message("database-disk-full"), Message("database-free-space"))
    lines = str(error.orig).splitlines()
    said = lines[0] if lines else type(error.orig).__name__
    if not isinstance(error.orig, sqlite3.Error):
        if not isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
            return None
        return unusable(settings, Message("database-server-away", {"said": said}), Message("database-start-server"))
    id = _OF_SQLITE.get(_name_of(error.orig))
    if id is None:
        return None
    help = backup_hint(settings) if id in _LOST else Message("database-try-again")
    return unusable(settings, Message(id, {"said": said}), help)


def unusable(settings: StudioSettings, problem: Message, help: Message) -> DatabaseUnusable:
    """The refusal of the database, which is named as people may see it."""
    shown = (
        str(settings.database_file)
        if settings.uses_sqlite
        else sa.make_url(settings.database_url).render_as_string(hide_password=True)
    )
    return DatabaseUnusable(shown, problem, help)


def cannot_be_written(error: BaseException) -> bool:
    """Whether ``error`` says that SQLite's file cannot be written at the moment, but for being locked."""
    return disk_is_full(error) or _name_of(getattr(error, "orig", None)) in _NOT_WRITTEN


def passes(error: BaseException) -> bool:
    """Whether ``error`` says that the file cannot be read or written at the moment, whatever was to be done with it."""
    id = _OF_SQLITE.get(_name_of(getattr(error, "orig", None)))
    return disk_is_full(error) or (id is not None and id not in _LOST)


def migration_failed(settings: StudioSettings, copy: Path, error: BaseException, *, id: str) -> DatabaseUnusable:
    """The refusal of a database that could not be changed for this version, and is as it was before; ``copy`` is, too.

    ``id`` says in which way it is.
    """
    return unusable(
        settings, Message(id, {"said": first_line(error)}), Message("database-go-back", {"backup": str(copy)})
    )


def database_lost(settings: StudioSettings, id: str) -> DatabaseUnusable:
    """The refusal of a database whose file is empty or gone, as the message ``id`` says."""
    return unusable(settings, Message(id), backup_hint(settings))


def restore_unfinished(settings: StudioSettings) -> DatabaseUnusable:
    """The refusal of a home that was being put back from a backup when that was cut short."""
    folder = settings.restore_mark.read_text(encoding="utf-8", errors="replace").strip()
    return unusable(settings, Message("restore-unfinished"), Message("restore-again", {"folder": folder}))


def backup_hint(settings: StudioSettings) -> Message:
    """Where the newest copy of the database is, and what to do with it."""
    kept = backups_of(settings)
    if not kept:
        return Message("database-no-backup", {"folder": str(settings.backups_dir)})
    return Message("database-backup", {"backup": str(kept[-1])})


def backups_of(settings: StudioSettings) -> list[Path]:
    """The copies of the database from before it was changed for a newer version, oldest first."""
    if not settings.uses_sqlite:
        return []
    return sorted(
        settings.backups_dir.glob(f"{settings.database_file.stem}-*.db"), key=lambda path: path.stat().st_mtime_ns
    )


def _name_of(error: BaseException | None) -> str:
    """The first two words of SQLite's name for an error of its own."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
