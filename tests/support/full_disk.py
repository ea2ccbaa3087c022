"""A file on a disk that is full, written by a process of its own: what writes it may end the process."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.support.preloaded import preloaded_context

FULL = Path("/dev/full")
needs_a_full_disk = pytest.mark.skipif(not FULL.exists(), reason="no disk here is full at will")


def errno_on_a_full_disk(write: Callable[[Path], object]) -> int | None:
    """The number of the OSError that ``write`` raises with a path there; it must be picklable."""
    context = preloaded_context()
    here, there = context.Pipe()
    process = context.Process(target=_write, args=(write, there), daemon=True)
    process.start()
    there.close()
    process.join(60)
    assert process.exitcode == 0, f"the process ended with {process.exitcode}"
    found: int | None = here.recv()
    return found


def _write(write: Callable[[Path], object], way: Connection) -> None:
    try:
        write(FULL)
    except OSError as error:
        way.send(error.errno)
    else:
        way.send(None)
