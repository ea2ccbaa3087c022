"""The database: opening it, bringing it up to date, and sessions. It knows nothing of what the tables mean.

SQLite by default, PostgreSQL by another URL. Verbs never commit: the session's owner does, once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
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

from projects.database.tables import UtcTime
from projects.errors import DatabaseTooNew
from projects.settings import StudioSettings

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_SECONDS = 30.0
# What is raised while the database is locked, restarted or cannot be reached; it passes.
AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
_MIGRATION_LOCK = 0x46_50_53  # PostgreSQL's advisory lock: any number that is the same for all of us.


def open_database(settings: StudioSettings) -> sa.Engine:
    """The engine of the database, made where there is none and migrated to the newest revision.

    Raises DatabaseTooNew where a newer version of the program has migrated it further than this one knows.
    """
    settings.make_folders()
    engine = make_engine(settings.database_url)
    # Two processes that start together (the pages and a worker) must not both migrate. The file lock covers this
    # computer; the advisory lock inside covers several computers that share a PostgreSQL server.
    with FileLock(settings.home / "migration.lock"):
        migrate(engine)
    return engine


def make_engine(url: str, *, busy_seconds: float = BUSY_SECONDS) -> sa.Engine:
    """An engine as the studio needs it, without migrating anything.

    It waits ``busy_seconds`` for other writers of a SQLite file, and for a server to answer.
    """
    if sa.make_url(url).get_backend_name() != "sqlite":
        # A server whose computer was switched off says nothing any more; without these its silence lasts for minutes.
        silence = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
        patience = {"connect_timeout": max(2, int(busy_seconds))}
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
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        if _revision(connection) == known.get_current_head():
            return
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            # Python's driver begins no transaction for CREATE or ALTER by itself; with one, a migration that is killed
            # leaves nothing behind.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
        current = _revision(connection)
        if current is not None and current not in {script.revision for script in known.walk_revisions()}:
            raise DatabaseTooNew(engine.url.render_as_string(hide_password=True), current)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


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
