"""Two writers at the same moment: the second begins while the first has not committed yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session

from projects.database.opening import session_for

T = TypeVar("T")


def at_once(database: sa.Engine, work: Callable[[Session], T]) -> list[T]:
    """What ``work`` gives to each of two sessions; the first commits when the second is in the middle of it."""
    found: list[T] = []

    def second() -> None:
        with session_for(database) as session:
            found.append(work(session))
            session.commit()

    thread = threading.Thread(target=second)
    with session_for(database) as session:
        found.append(work(session))
        thread.start()
        time.sleep(0.3)
        session.commit()
    thread.join(30)
    assert len(found) == 2, "the second session failed"
    return found
