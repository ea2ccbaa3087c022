"""Watches the processes of other ranks, so that nobody waits for one that is dead. It knows no group."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Pipe, wait
from multiprocessing.process import BaseProcess

SECONDS_TO_NOTICE = 10.0
# On a computer that is very busy an interruption takes a while to come through.
SECONDS_TO_BE_INTERRUPTED = 20.0


class Watchdog:
    """Sees to it that the death of one of ``processes`` is noticed until ``close``.

    Whoever talks to a dead process mostly gets an error at once. If this is not closed within ``patience`` seconds,
    somebody waits where no error comes: ``abort`` is called, and after ``last_patience`` more ``give_up``, which should
    end this process, whether or not ``abort`` came back. Each is called by a thread of its own.
    """

    def __init__(
        self,
        processes: Sequence[BaseProcess],
        *,
        abort: Callable[[], object],
        give_up: Callable[[], None],
        patience: float = SECONDS_TO_NOTICE,
        last_patience: float = SECONDS_TO_BE_INTERRUPTED,
    ) -> None:
        self._processes = tuple(processes)
        self._abort = abort
        self._give_up = give_up
        self._patience, self._last_patience = patience, last_patience
        self._closed = threading.Event()
        self._needed = threading.Event()
        self._waker, self._woken = Pipe()
        self._thread = threading.Thread(target=self._watch, name="ranks", daemon=True)
        self._thread.start()

    @property
    def found_dead(self) -> BaseProcess | None:
        """One of the processes that is over; None while all live."""
        return next((process for process in self._processes if not process.is_alive()), None)

    def needed(self, now: bool) -> None:
        """Say whether somebody may wait for the processes ``now``; their death matters to nobody else."""
        (self._needed.set if now else self._needed.clear)()

    def close(self) -> None:
        """The end of the processes is known, or wanted. Nothing is called from now on."""
        self._closed.set()
        self._needed.set()
        self._waker.close()
        self._thread.join(self._patience)

    def _watch(self) -> None:
        wait([*(process.sentinel for process in self._processes), self._woken])
        self._needed.wait()
        if self._closed.wait(self._patience):
            return
        # What should interrupt them may itself wait for the dead process, as NCCL was seen to do.
        threading.Thread(target=self._abort, name="interruption of ranks", daemon=True).start()
        if not self._closed.wait(self._last_patience):
            self._give_up()
