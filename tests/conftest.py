"""What tests of the domain share: a studio in a folder of its own, and a session on a database in memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from projects.database import opening
from projects.database.opening import migrate
from projects.database.tables import Media
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from tests.support.plain_pictures import MakePicture, png

# Read when torch is loaded: threads that spin while they wait slow down the workers and browsers of the other tests.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Ignored where a shell runs the tests in the background, and then by every process they start, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# The same cases each time, and none is too slow on a busy computer.
hypothesis.settings.register_profile("studio", derandomize=True, deadline=None, database=None, max_examples=60)
hypothesis.settings.load_profile("studio")


@pytest.fixture(autouse=True)
def _the_main_module_stays() -> Iterator[None]:
    """A page that is drawn in a test takes the place of the main module, which every process spawned later runs."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def studio(tmp_path: Path) -> StudioSettings:
    """The settings of a studio in an empty folder."""
    return StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "studio")})


def _in_memory() -> sa.Engine:
    return sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})


@pytest.fixture(scope="session")
def migrated() -> bytes:
    """A database without rows, migrated as any other is, once for all tests that begin with one."""
    engine = _in_memory()
    migrate(engine)
    with engine.connect() as connection:
        tables: bytes = connection.connection.driver_connection.serialize()
    engine.dispose()
    return tables


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database as the studio makes it where there is none."""
    file = tmp_path_factory.mktemp("database") / "studio.db"
    opening._make(file)
    return file


@pytest.fixture(autouse=True)
def _new_databases_are_copies(request: pytest.FixtureRequest) -> Iterator[None]:
    """Of one that was made by all migrations; only where databases themselves are tested each is made anew."""
    if request.path.parent.name == "database" or not {"projects", "pages"} & set(request.path.parts):
        yield
        return
    made: Path = request.getfixturevalue("new_database")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_make", lambda file: shutil.copyfile(made, file))
        yield


@pytest.fixture
def session(migrated: bytes) -> Iterator[Session]:
    """A session on a migrated database in memory."""
    engine = _in_memory()
    with engine.connect() as connection, contextlib.closing(sqlite3.connect(":memory:")) as made:
        made.deserialize(migrated)
        made.backup(connection.connection.driver_connection)
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def picture(session: Session, studio: StudioSettings) -> MakePicture:
    """Adds a plain picture of a size and colour to the studio."""

    def add(width: int = 320, height: int = 180, colour: str = "teal") -> Media:
        return add_picture(
            session=session, settings=studio, data=png(width, height, colour), name=f"{colour}.png"
        ).media

    return add
