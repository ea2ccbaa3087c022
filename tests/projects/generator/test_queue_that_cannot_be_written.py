"""What the queue's library does where its file cannot be written for a while: it waits, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import _sys_db

from projects.generator.workflows import wait_until_the_queue_can_be_written


@pytest.fixture
def full(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database that has no room for more than it holds."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'queue.db'}", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE outcome (said TEXT)")
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    yield engine
    engine.dispose()


def test_an_outcome_that_meets_a_full_disk_is_written_once_there_is_room(
    full: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def free_some(seconds: float) -> None:
        waited.append(seconds)
        with full.begin() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    @_sys_db.db_retry()
    def write() -> None:
        with full.begin() as connection:
            connection.exec_driver_sql("INSERT INTO outcome VALUES (?)", ("x" * 100_000,))

    monkeypatch.setattr(_sys_db.time, "sleep", free_some)
    # It is put back as it was when the test ends.
    monkeypatch.setattr(_sys_db, "retriable_sqlite_exception", _sys_db.retriable_sqlite_exception)
    with pytest.raises(sa.exc.OperationalError, match="full"):
        write()
    wait_until_the_queue_can_be_written()
    write()
    assert len(waited) == 1
    with full.begin() as connection:
        assert len(connection.exec_driver_sql("SELECT said FROM outcome").all()) == 1
