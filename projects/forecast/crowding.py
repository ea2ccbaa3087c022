"""How much longer things take on the processors because other programs use them, too. It keeps nothing.

What a render takes on a shared computer changes with what else that does. So speeds are kept as they would be with
nobody else there, and forecasts are made for as many others as there are now. Where the scheduler is fair, t threads of
ours and others that would use k of n processors get n / (t + k) of the time each.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

# What is shorter says nothing: processors are counted in hundredths of a second.
_LEAST_SECONDS = 0.4
# Nobody is slowed down by more than that for long; beyond it the computer does something else.
MOST = 8.0
# A new figure counts so much beside those before it. Others come and go within seconds: what one look sees says little
# of the minutes that an order takes. With 0.25 forecasts were no better than without (benchmarks/log.md).
_WEIGHT = 0.04


@dataclass(frozen=True)
class Used:
    """How many seconds of processors were used until ``moment``: by all programs, and by this one."""

    moment: float
    by_all: float
    own: float

    @classmethod
    def now(cls) -> Used:
        """As it is now."""
        times = psutil.cpu_times()
        # What another computer on the same machine takes is lost as well.
        named = ("user", "nice", "system", "irq", "softirq", "steal")
        by_all = sum(getattr(times, name, 0.0) for name in named)
        return cls(time.monotonic(), by_all, time.process_time())


def crowding(before: Used, after: Used, *, processors: int, threads: int) -> float | None:
    """How many times as long things took between two moments as with nobody else there, at least 1.

    ``threads`` are ours while we are at work. None where the moments lie too close together to tell.
    """
    seconds = after.moment - before.moment
    if seconds < _LEAST_SECONDS:
        return None
    own = max(0.0, after.own - before.own) / seconds
    others = max(0.0, max(0.0, after.by_all - before.by_all) / seconds - own)
    # Where all processors are busy, others got only part of what they would use: as large a part as we did.
    full = own + others > 0.9 * processors and own > 0.1 * threads
    wanted = others * threads / own if full else others
    return min(MOST, max(1.0, (threads + wanted) / processors))


class Crowd:
    """Follows how crowded the processors are; ``usual`` is that of the last minute or so, at least 1."""

    def __init__(self, *, processors: int, threads: int) -> None:
        self._processors = processors
        self._threads = threads
        self._last = Used.now()
        self._looked = False
        self.usual = 1.0

    def look(self) -> float:
        """Take note of what happened since the last look; returns ``usual``."""
        present = Used.now()
        found = crowding(self._last, present, processors=self._processors, threads=self._threads)
        if found is not None:
            self._last = present
            self.usual += (_WEIGHT if self._looked else 1.0) * (found - self.usual)
            self._looked = True
        return self.usual

    def since(self, before: Used) -> float:
        """How crowded it was from a moment on until now."""
        found = crowding(before, Used.now(), processors=self._processors, threads=self._threads)
        return self.usual if found is None else found


class Alone(Crowd):
    """Where others do not matter, or cannot be counted: on a card, or where we are only given part of a computer."""

    def __init__(self) -> None:
        super().__init__(processors=1, threads=1)

    def look(self) -> float:
        """Nobody is there."""
        return 1.0

    def since(self, before: Used) -> float:  # noqa: ARG002
        """Nobody was there."""
        return 1.0
