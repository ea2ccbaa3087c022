"""What a worker does while the database is away, locked or restarted: it waits, since a shot should not die of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session

from projects.database.opening import AWAY, session_for
from projects.failures import first_line

SECONDS_BETWEEN_TRIES = 1.0
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_HEAR = 5.0
T = TypeVar("T")

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


class CallOffWatch:
    """Looks beside the work whether it is still wanted, from ``with`` to its end.

    ``called_off`` is the last answer there was; while the database is away it stays. Work that hears of it asks within
    a sampling step. What reads weights or compiles cannot ask: unless ``hears`` was set, ``give_up`` is called, from
    the watch's own thread, after some seconds.
    """

    def __init__(self, *, is_wanted: Callable[[], bool], give_up: Callable[[], None]) -> None:
        self.called_off = False
        self.hears = False
        self._is_wanted = is_wanted
        self._give_up = give_up
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="call-off", daemon=True)

    def __enter__(self) -> CallOffWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        since: float | None = None
        answered = True
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            try:
                self.called_off = not self._is_wanted()
                answered = True
            except AWAY as error:
                if answered:
                    _log.warning("The database does not answer (%s); it is asked again.", first_line(error))
                answered = False
            if not self.called_off or self.hears:
                since = None
            elif since is None:
                since = time.monotonic()
            elif time.monotonic() - since > SECONDS_TO_HEAR:
                self._give_up()
                return
