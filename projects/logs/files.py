"""Where logs go: to bounded files, each written and rotated by one process only, and to the terminal.

A line that cannot be written, on a full disk say, is lost, and how many were is said later; it never ends the work.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

from filelock import FileLock, Timeout

from projects.logs.records import HidingFormatter, OrderFormatter
from projects.settings import StudioSettings

LARGEST_BYTES, OLDER_KEPT = 2_000_000, 3
# So many processes of one kind write logs at once; one more does without.
MOST_OF_A_KIND = 32

_log = logging.getLogger(__name__)


class BoundedFile(RotatingFileHandler):
    """A file that begins anew when it is full; ``OLDER_KEPT`` earlier ones lie beside it with a number behind."""

    def __init__(self, path: Path, largest: int = LARGEST_BYTES) -> None:
        super().__init__(path, maxBytes=largest, backupCount=OLDER_KEPT, encoding="utf-8", errors="replace", delay=True)
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, or count it as lost."""
        before = self._lost
        super().emit(record)
        if before and self._lost == before:
            self._lost = 0
            told = (__name__, logging.WARNING, "", 0, "%d lines before this one could not be written.", (before,), None)
            super().emit(logging.LogRecord(*told))

    def doRollover(self) -> None:  # noqa: N802 (logging's name)
        """Begin anew; where somebody reads the file on Windows, which then cannot be moved, a little later."""
        try:
            super().doRollover()
        except OSError:
            if Path(self.baseFilename).stat().st_size > 2 * self.maxBytes:
                raise

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802
        self._lost += 1


@contextlib.contextmanager
def log_file(settings: StudioSettings, name: str) -> Iterator[None]:
    """Have all that this process logs written to ``name.log``, or ``name-2.log`` where another process has that one."""
    with contextlib.ExitStack() as held:
        try:
            settings.logs_dir.mkdir(parents=True, exist_ok=True)
            path = _own_path(settings.logs_dir, name, held)
        except OSError as error:
            _log.warning("There is no log: %s", error)
            path = None
        if path is None:
            yield
            return
        with _handling(BoundedFile(path), HidingFormatter(settings, os.environ)):
            yield


@contextlib.contextmanager
def log_terminal() -> Iterator[None]:
    """Have all that this process logs said in the terminal, to the person who started it: there nothing is hidden."""
    with _handling(logging.StreamHandler(), OrderFormatter()):
        yield


@contextlib.contextmanager
def from_info_on() -> Iterator[None]:
    """Log what goes on in this process, not only warnings; of what is chatty only those."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    for chatty in ("alembic", "dbos"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.setLevel(before)


def _own_path(folder: Path, name: str, held: contextlib.ExitStack) -> Path | None:
    """A file that no other process writes until ``held`` ends: its lock goes with the process, however that ends."""
    for number in range(1, MOST_OF_A_KIND + 1):
        path = folder / (f"{name}.log" if number == 1 else f"{name}-{number}.log")
        with contextlib.suppress(Timeout):
            held.enter_context(FileLock(path.with_suffix(".lock")).acquire(blocking=False))
            return path
    return None


@contextlib.contextmanager
def _handling(handler: logging.Handler, formatter: logging.Formatter) -> Iterator[None]:
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        with contextlib.suppress(OSError):  # its last lines, on a disk that is still full
            handler.close()
