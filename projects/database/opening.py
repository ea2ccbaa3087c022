"""The database: opening it, bringing it up to date, and sessions. It knows nothing of what the tables mean.

SQLite by default, PostgreSQL by another URL. Verbs never commit: the session's owner does, once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlmodel import Session, SQLModel

from projects.database.faults import backups_of, database_lost, database_unusable
from projects.database.tables import UtcTime
from projects.errors import DatabaseTooNew
from projects.settings import StudioSettings, sqlite_url

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_SECONDS = 30.0
CONNECT_SECONDS = 5
BACKUPS_KEPT = 5
# What is raised while the database is locked, restarted or cannot be reached; it passes.
AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
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
            if settings.uses_sqlite:
                _prepare_file(settings, engine)
            migrate(engine)
    except sa.exc.DBAPIError as error:
        engine.dispose()
        if unusable := database_unusable(settings, error):
            raise unusable from error
        raise
    return engine


def _prepare_file(settings: StudioSettings, engine: sa.Engine) -> None:
    """Make the file where there never was one, and keep a copy of one that is about to be migrated."""
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
    if revision in known and revision != known[0]:
        back_up(settings, revision)


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


def back_up(settings: StudioSettings, revision: str) -> None:
    """Keep a copy of the database as it is at ``revision``; the newest few copies are kept."""
    file = settings.database_file
    changed = dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
    kept = settings.backups_dir / f"{file.stem}-{revision}-{changed:%Y%m%d-%H%M%S}.db"
    if kept.exists():
        return  # a migration that failed before is tried again
    settings.backups_dir.mkdir(exist_ok=True)
    aside = kept.with_name(f".{kept.name}.new")
    aside.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(aside)) as copy:
        source.backup(copy)
    aside.replace(kept)
    for old in backups_of(settings)[:-BACKUPS_KEPT]:
        old.unlink()


def make_engine(url: str, *, busy_seconds: float = BUSY_SECONDS) -> sa.Engine:
    """An engine as the studio needs it, without migrating anything.

    It waits ``busy_seconds`` for other writers of a SQLite file, and a few seconds at most for a server to answer.
    """
    if sa.make_url(url).get_backend_name() != "sqlite":
        # A server whose computer was switched off says nothing any more; without these its silence lasts for minutes.
        silence = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
        patience = {"connect_timeout": max(2, min(CONNECT_SECONDS, int(busy_seconds)))}
        return sa.create_engine(url, pool_pre_ping=True, connect_args=patience | silence)
    engine = sa.create_engine(url, connect_args={"timeout": busy_seconds})

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
        if current is not None and current not in known:
            raise DatabaseTooNew(engine.url.render_as_string(hide_password=True), current)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _revisions() -> list[str]:
    """All revisions that this version knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextlib.contextmanager
def session_for(engine: sa.Engine) -> Iterator[Session]:
    """A session that commits nothing by itself; what was not committed is undone at the end.

    Rows stay readable after a commit and after the session, so a page may draw them at leisure.
    """
    with Session(engine, expire_on_commit=False) as session:
        yield session


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
