"""Looking beside the work whether it is still wanted, also where the work itself cannot ask."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType

from projects.database.opening import AWAY
from projects.failures import first_line

SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_HEAR = 5.0

_log = logging.getLogger(__name__)


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
        self._thread = threading.Thread(target=copy_context().run, args=(self._look,), name="call-off", daemon=True)

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
