"""The database: opening it, bringing it up to date, and sessions. It knows nothing of what the tables mean.

SQLite by default, PostgreSQL by another URL. Verbs never commit: the session's owner does, once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlmodel import Session, SQLModel

from projects.database.copies import is_harmed, keep_copy, mend, put_back
from projects.database.faults import (
    backups_of,
    database_lost,
    database_unusable,
    migration_failed,
    passes,
    restore_unfinished,
)
from projects.database.tables import UtcTime
from projects.database.viewers import restrict, viewer
from projects.errors import DatabaseTooNew
from projects.settings import StudioSettings, sqlite_url

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_SECONDS = 30.0
CONNECT_SECONDS = 5
# What is raised while the database is locked, restarted or cannot be reached; it passes.
AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
_log = logging.getLogger(__name__)

_MIGRATION_LOCK = 0x46_50_53  # PostgreSQL's advisory lock: any number that is the same for all of us.


def open_database(settings: StudioSettings) -> sa.Engine:
    """The engine of the database, made where there is none and migrated to the newest revision.

    A copy is kept before anything is migrated. Raises DatabaseTooNew where a newer version of the program has migrated
    it further than this one knows, and DatabaseUnusable where it is lost, damaged, or does not answer.
    """
    settings.make_folders()
    engine = make_engine(settings.database_url)
    try:
        # Two processes that start together (the pages and a worker) must not both migrate. The file lock covers this
        # computer; the advisory lock inside covers several computers that share a PostgreSQL server.
        with FileLock(settings.home / "migration.lock"):
            if settings.uses_sqlite and _prepare_file(settings, engine):
                _migrate_copied(settings, engine)
            else:
                migrate(engine)
    except sa.exc.DBAPIError as error:
        engine.dispose()
        if unusable := database_unusable(settings, error):
            raise unusable from error
        raise
    return engine


def _prepare_file(settings: StudioSettings, engine: sa.Engine) -> bool:
    """Make the file where there never was one. Returns whether it is one from before that is to be migrated."""
    if settings.restore_mark.exists():
        raise restore_unfinished(settings)
    mend(settings, _revisions())
    file = settings.database_file
    if not file.exists():
        if backups_of(settings):
            raise database_lost(settings, "database-gone")
        _make(file)
    elif file.stat().st_size == 0:
        raise database_lost(settings, "database-empty")
    with engine.connect() as connection:
        revision = _revision(connection)
    known = _revisions()
    return revision in known and revision != known[0]


def _migrate_copied(settings: StudioSettings, engine: sa.Engine) -> None:
    """Migrate a SQLite database from before with a copy kept; where it fails the database is as it was."""
    copy = keep_copy(settings, _revisions()[0])
    settings.migration_mark.write_text(copy.name, encoding="utf-8")
    try:
        migrate(engine)
    except Exception as error:
        engine.dispose()
        harmed = is_harmed(settings, copy, _revisions())
        if harmed:
            put_back(settings, copy)
        settings.migration_mark.unlink()
        if passes(error):
            raise
        _log.exception("The database could not be changed for this version.")
        raise migration_failed(
            settings, copy, error, id="database-put-back" if harmed else "database-unchanged"
        ) from error
    settings.migration_mark.unlink()


def _make(file: Path) -> None:
    """A new database, put in its place when it is whole: so one that is empty was never made by the studio."""
    aside = file.with_name(f".{file.name}.new")
    for leftover in (aside, aside.with_name(f"{aside.name}-wal"), aside.with_name(f"{aside.name}-shm")):
        leftover.unlink(missing_ok=True)
    engine = make_engine(sqlite_url(aside))
    try:
        migrate(engine)
    finally:
        engine.dispose()
    aside.replace(file)


def make_engine(url: str, *, busy_seconds: float = BUSY_SECONDS) -> sa.Engine:
    """An engine as the studio needs it, without migrating anything.

    It waits ``busy_seconds`` for other writers of a SQLite file, and a few seconds at most for a server to answer. Its
    errors do not repeat what was to be written, so that prompts and names come into no log.
    """
    if sa.make_url(url).get_backend_name() != "sqlite":
        # A server whose computer was switched off says nothing any more; without these its silence lasts for minutes.
        silence = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
        patience = {"connect_timeout": max(2, min(CONNECT_SECONDS, int(busy_seconds)))}
        engine = sa.create_engine(url, pool_pre_ping=True, connect_args=patience | silence, hide_parameters=True)
        sa.event.listen(engine, "handle_error", _as_away, retval=True)
        return engine
    engine = sa.create_engine(url, connect_args={"timeout": busy_seconds}, hide_parameters=True)

    def prepare(connection: Any, record: object) -> None:  # noqa: ARG001
        cursor = connection.cursor()
        # First, since the next already waits. And what every connection needs: WAL, so that a reader with an open
        # cursor does not make a writer wait, and foreign keys, which are off unless asked for.
        cursor.execute(f"PRAGMA busy_timeout={int(busy_seconds * 1000)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    sa.event.listen(engine, "connect", prepare)
    return engine


def _as_away(context: sa.engine.ExceptionContext) -> BaseException | None:
    """A connection that the server ended, since a worker stood still in the middle of a write, is away like others."""
    error = context.sqlalchemy_exception
    if not context.is_disconnect or not isinstance(error, sa.exc.InternalError):
        return None
    return sa.exc.OperationalError(error.statement, error.params, context.original_exception)


def migrate(engine: sa.Engine) -> None:
    """Bring the tables to the newest revision. Raises DatabaseTooNew where they are newer than the program."""
    config = _config()
    known = _revisions()
    with engine.connect() as connection:
        if _revision(connection) == known[0]:
            return
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            # Python's driver begins no transaction for CREATE or ALTER by itself; with one, a migration that is killed
            # leaves nothing behind.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
        current = _revision(connection)
        if current is not None and is_newer(current):
            raise DatabaseTooNew(engine.url.render_as_string(hide_password=True), current)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _revisions() -> tuple[str, ...]:
    """All revisions that this version knows, the newest first; they are read from their files once."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def is_newer(revision: str) -> bool:
    """Whether a database at ``revision`` was changed by a newer version of the program than this one."""
    return revision not in _revisions()


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextlib.contextmanager
def session_for(engine: sa.Engine) -> Iterator[Session]:
    """A session that commits nothing by itself; what was not committed is undone at the end.

    Rows stay readable after a commit and after the session, so a page may draw them at leisure. It has the eyes of whom
    it is opened for (see ``viewers``).
    """
    with Session(engine, expire_on_commit=False) as session:
        restrict(session, viewer())
        yield session


@contextlib.contextmanager
def database_session(settings: StudioSettings) -> Iterator[Session]:
    """A session on the database, opened for it alone. Raises what ``open_database`` does."""
    database = open_database(settings)
    try:
        with session_for(database) as session:
            yield session
    finally:
        database.dispose()


def hold(*, session: Session, row: SQLModel) -> None:
    """Wait for everyone who writes what hangs on ``row``, and let nobody else do so until the session's end.

    What is read after this is what a new number can be made from. It is a write that changes nothing: SQLite then has
    its one writer, PostgreSQL a lock on the row.
    """
    table = sa.inspect(type(row)).local_table
    own = sa.and_(*(column == getattr(row, column.key) for column in table.primary_key))
    session.connection().execute(sa.update(table).where(own).values(created_at=table.c.created_at))


def database_time(session: Session) -> dt.datetime:
    """The time by the clock that all computers share which use the database."""
    time = session.connection().execute(sa.select(sa.func.current_timestamp(type_=UtcTime))).scalar_one()
    assert isinstance(time, dt.datetime)
    return time
