"""Owns the thread in which pictures are encoded while the next ones are made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class EncoderThread:
    """Does one piece of work after another, beside whoever hands it over; no more than ``most`` pieces wait.

    Whatever a piece raises is raised by the next ``hand_over`` or at the end of the block; no piece is done after it,
    since FFmpeg ends the process where something is written into a file whose beginning could not be. Where the block
    raises, what waits is dropped.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self._waiting: deque[Future[None]] = deque()
        self._has_failed = False

    def __enter__(self) -> EncoderThread:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            while self._waiting and error is None:
                self._waiting.popleft().result()
        finally:
            self._thread.shutdown(cancel_futures=True)

    def hand_over(self, work: Callable[[], None]) -> None:
        """Have ``work`` done after what was handed over before; waits while too much does."""
        self._waiting.append(self._thread.submit(self._do, work))
        while self._waiting and (len(self._waiting) > self._most or self._waiting[0].done()):
            self._waiting.popleft().result()

    def _do(self, work: Callable[[], None]) -> None:
        if self._has_failed:
            return
        try:
            work()
        except BaseException:
            self._has_failed = True
            raise
