"""Who may write about what several workers can have in hand: only the latest that took it up.

A worker that was stopped, asleep or cut off does not know that it was taken for dead and that another goes on with its
work. So whoever takes something up gives it a new number, its lease, and whatever is written about it is written in a
transaction that asks for that number first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from projects.database.tables import Film, PictureOrder, Take

# So long a server waits within such a transaction for a worker that says nothing, before it lets the next one write.
SECONDS_OF_SILENCE = 5

Leased = Take | Film | PictureOrder


class Fenced(Exception):
    """Another worker has taken up meanwhile what this one had in hand; nothing of it was written."""


@dataclass(frozen=True)
class Job:
    """What the queue has a worker do: ``run`` is the workflow by which an order is carried out.

    ``is_ours`` asks the queue whether this worker still has it; one that was taken for dead has not.
    """

    run: str
    is_ours: Callable[[], bool]


def take_up(*, session: Session, row: Leased) -> int:
    """Take something up; returns the number of the new lease, with which whoever had it before is fenced."""
    _limit_silence(session)
    table = type(row)
    more = sa.update(table).where(col(table.id) == row.id).values(lease=table.lease + 1)
    session.connection().execute(more)
    session.refresh(row, ["lease"])
    return row.lease


def check_held(*, session: Session, table: type[Leased], id: str, lease: int) -> None:
    """Raise Fenced unless ``lease`` is the latest of a row; nobody takes it up from now on to the session's end."""
    _limit_silence(session)
    # A write that changes nothing: SQLite then has its one writer, PostgreSQL a lock on the row.
    same = sa.update(table).where(col(table.id) == id, col(table.lease) == lease).values(lease=lease)
    if not session.connection().execute(same).rowcount:
        raise Fenced


def _limit_silence(session: Session) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        limit = f"SET LOCAL idle_in_transaction_session_timeout = '{SECONDS_OF_SILENCE}s'"
        connection.exec_driver_sql(limit)
