"""Waiting for a database that is away, locked or restarted: what a worker makes should not die of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from projects.database.opening import AWAY, session_for
from projects.failures import first_line

SECONDS_BETWEEN_TRIES = 1.0
SECONDS_TO_WAIT_FOR_THE_COMMIT = 10.0
T = TypeVar("T")
Row = TypeVar("Row", bound=SQLModel)

_log = logging.getLogger(__name__)


def insist(database: sa.Engine, work: Callable[[Session], T]) -> T:
    """What ``work`` gives, committed, however long it takes until the database answers."""
    while True:
        try:
            with session_for(database) as session:
                found = work(session)
                session.commit()
            return found
        except AWAY as error:
            _log.warning("The database does not answer (%s); trying again.", first_line(error))
            time.sleep(SECONDS_BETWEEN_TRIES)


def await_row(session: Session, table: type[Row], id: str) -> Row | None:
    """A row by its id. What is ordered is queued a moment before its row is committed, so that is waited for; None
    where it does not come."""
    deadline = time.monotonic() + SECONDS_TO_WAIT_FOR_THE_COMMIT
    while True:
        row = session.get(table, id)
        if row is not None or time.monotonic() > deadline:
            return row
        session.rollback()
        time.sleep(0.02)
