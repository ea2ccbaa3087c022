"""Owns the copies of a SQLite database from before a newer version changes it, and puts one back where that did harm.

It migrates nothing. On PostgreSQL no copy is needed: a server undoes a migration that fails as a whole.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from framepack.files.atomic import in_place, sync
from framepack.files.filesystem import is_disk_full
from framepack.messages import Message
from projects.database.faults import backups_of, passes, unusable
from projects.errors import DatabaseUnusable
from projects.failures import first_line
from projects.settings import StudioSettings

_log = logging.getLogger(__name__)

BACKUPS_KEPT = 2
# What a migration and those who work meanwhile need beside the copy and what is written anew.
SPARE_BYTES = 16 * 2**20


def keep_copy(settings: StudioSettings, newest: str) -> Path:
    """A copy of the database as it is before it is changed into revision ``newest``; the newest few are kept.

    Raises DatabaseUnusable where there is no room for the copy or for the change; then nothing was changed.
    """
    file = settings.database_file
    kept = settings.backups_dir / f"{file.stem}-before-{newest}.db"
    try:
        settings.backups_dir.mkdir(exist_ok=True)
        _check_room(settings)
        with (
            in_place(kept) as aside,
            contextlib.closing(sqlite3.connect(file)) as source,
            contextlib.closing(sqlite3.connect(aside)) as copy,
        ):
            source.backup(copy)
    except (sqlite3.Error, OSError) as error:
        if is_disk_full(error) or "disk is full" in str(error):
            raise _no_room(settings, settings.backups_dir) from error
        problem = Message("database-not-copied", {"folder": str(settings.backups_dir), "said": first_line(error)})
        raise unusable(settings, problem, Message("database-try-again")) from error
    for old in backups_of(settings)[:-BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    return kept


def mend(settings: StudioSettings, known: tuple[str, ...]) -> None:
    """Put the copy back where a migration that was killed did harm; ``known`` are all revisions, the newest first."""
    mark = settings.migration_mark
    if not mark.exists():
        return
    copy = settings.backups_dir / Path(mark.read_text(encoding="utf-8", errors="replace").strip()).name
    if copy.is_file() and is_harmed(settings, copy, known):
        put_back(settings, copy)
        _log.warning("A change of the database was cut short and did harm; it is as it was before.")
    mark.unlink()


def is_harmed(settings: StudioSettings, copy: Path, known: tuple[str, ...]) -> bool:
    """Whether a migration that did not come to its end did harm to the database, which was ``copy`` before.

    Migrations run in one transaction, so there should be nothing. What people did meanwhile with the version from
    before is no harm: revisions and tables are compared, not rows. Raises OperationalError where it cannot be read now.
    """
    file = settings.database_file
    if not file.exists():
        return True
    before, tables_before = _structure(copy)
    try:
        after, tables_after = _structure(file)
    except sqlite3.OperationalError as error:
        if passes(cause := sa.exc.OperationalError(None, None, error)):
            raise cause from None
        return True
    except sqlite3.DatabaseError:
        return True
    if after == before:
        return tables_after != tables_before
    # At the newest it came to its end; at an earlier one somebody put another copy in its place.
    return after in known[1 : known.index(before)]


def put_back(settings: StudioSettings, copy: Path) -> None:
    """Put ``copy`` in the place of the database, which stays beside it. Cut short, it can be done again."""
    file, harmed = settings.database_file, harmed_file(settings)
    with in_place(file.with_name(f".{file.name}.back")) as aside:
        shutil.copyfile(copy, aside)
    for ending in ("", "-wal", "-shm"):
        # What was written ahead belongs to the harmed file, and would be read into the one that is put back.
        with contextlib.suppress(FileNotFoundError):
            file.with_name(f"{file.name}{ending}").replace(harmed.with_name(f"{harmed.name}{ending}"))
    file.with_name(f".{file.name}.back").replace(file)
    sync(file.parent)


def harmed_file(settings: StudioSettings) -> Path:
    """Where a database lies that was put aside, since a migration that did not come to its end had done harm to it."""
    return settings.database_file.with_name(f"{settings.database_file.name}.harmed")


def _structure(file: Path) -> tuple[str, list[tuple[str, ...]]]:
    """The revision, and the tables and indexes, of what is in ``file``.

    Raises sqlite3.DatabaseError where it is damaged or gone.
    """
    with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True)) as connection:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(said)
        tables = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
        found = tables.fetchall()
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return revision, found


def _check_room(settings: StudioSettings) -> None:
    """Raises DatabaseUnusable where there is no room for a copy, and for tables that are written anew."""
    file = settings.database_file
    size = sum(path.stat().st_size for path in (file, file.with_name(f"{file.name}-wal")) if path.exists())
    needed = {settings.backups_dir: size, file.parent: size + SPARE_BYTES}
    if settings.backups_dir.stat().st_dev == file.parent.stat().st_dev:
        needed = {file.parent: 2 * size + SPARE_BYTES}
    for folder, room in needed.items():
        if shutil.disk_usage(folder).free < room:
            raise _no_room(settings, folder, room)


def _no_room(settings: StudioSettings, folder: Path, room: int | None = None) -> DatabaseUnusable:
    problem = Message("database-no-room", {"folder": str(folder)})
    if room is not None:
        problem = Message("database-room-needed", {"folder": str(folder), "size": room / 10**6})
    return unusable(settings, problem, Message("database-free-space"))
