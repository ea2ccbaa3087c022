"""What tests of the domain share: a studio in a folder of its own, and a session on a database in memory."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from sqlmodel import Session

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


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on a migrated database in memory."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    migrate(engine)
    with engine.connect() as connection:
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
