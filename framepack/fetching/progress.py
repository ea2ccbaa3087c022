"""How far a download is: bytes, speed and the time that is left, told a few times a second. It fetches nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

# So often is somebody told, at most.
_SECONDS_BETWEEN = 0.25


@dataclass(frozen=True)
class FileProgress:
    """File ``number`` of ``of`` of a ``repository``: ``received`` of ``size`` bytes are here.

    ``speed`` is in bytes a second and ``left`` the seconds this file still takes; None where they are not known yet.
    Of all files of all repositories, ``all_received`` of ``all_size`` bytes are here.
    """

    repository: str
    file: str
    received: int
    size: int
    number: int
    of: int
    speed: float | None
    left: float | None
    all_received: int
    all_size: int


Report = Callable[[FileProgress], None]


class Progress:
    """Counts the bytes of one file and tells ``report``."""

    def __init__(self, repository: str, file: str, size: int, number: int, of: int, report: Report) -> None:
        self._of = repository, file, size, number, of
        self._size = size
        self._report = report
        self._received = 0
        self._here_before = 0
        self._begun: float | None = None
        self._told = 0.0
        self._before, self._all_size = 0, size

    def place_among(self, before: int, all_size: int) -> None:
        """The file is one of several, ``all_size`` bytes together, of which ``before`` are here without it."""
        self._before, self._all_size = before, all_size

    def begin(self, received: int) -> None:
        """The file is fetched from now on, of which ``received`` bytes are here."""
        if self._begun is None:
            self._begun = time.monotonic()
            self._received = self._here_before = received
            self._tell()

    def add(self, count: int) -> None:
        """So many bytes more are here, or fewer where the hub begins again."""
        self._received += count
        if time.monotonic() - self._told >= _SECONDS_BETWEEN:
            self._tell()

    def finish(self) -> None:
        """The file is in its place."""
        self._received = self._size
        self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        repository, file, size, number, of = self._of
        seconds = self._told - self._begun if self._begun else 0.0
        fetched = self._received - self._here_before
        speed = fetched / seconds if seconds > 0 and fetched > 0 else None
        left = (size - self._received) / speed if speed else None
        among = self._before + self._received, self._all_size
        self._report(FileProgress(repository, file, self._received, size, number, of, speed, left, *among))


def bar_class(progress: Progress) -> Any:
    """What the hub's client takes for a class of progress bars: each tells ``progress``, and none draws anything."""

    class Bar:
        """As much of a bar as the client uses."""

        def __init__(self, *_: object, initial: int = 0, total: int | None = None, **__: object) -> None:
            self.total = total
            self.n = initial
            progress.begin(initial)

        def update(self, count: float | None = 1) -> None:
            self.n += int(count or 0)
            progress.add(int(count or 0))

        def refresh(self, *_: object, **__: object) -> None:
            """Nothing is drawn."""

        def close(self) -> None:
            """Nothing is drawn."""

        def __enter__(self) -> Bar:
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            """Nothing is drawn."""

    return Bar
