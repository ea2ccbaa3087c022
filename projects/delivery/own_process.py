"""Work that a worker has done in a process of its own, so that it neither holds up a render nor keeps its memory.

The process ends with the worker: its standard input is a pipe that nobody writes to, and that closes when nobody wants
what it makes any more or the worker ends, however that comes.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from projects.database.opening import make_engine
from projects.logs.files import from_info_on, log_file
from projects.logs.records import Kind, at_work_on
from projects.settings import CHECKOUT, StudioSettings

SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_HEAR = 5.0
# So long it waits for other writers of the database before it tries again.
BUSY_SECONDS = 5.0
Work = Callable[[StudioSettings, sa.Engine, Callable[[], bool]], None]
"""What the process does; the last argument says whether it was called off."""

_LOGS: dict[Kind, str] = {"film": "films", "pictures": "pictures", "render": "renders"}
_log = logging.getLogger(__name__)


def run_while_wanted(
    module: str, arguments: Sequence[str], settings: StudioSettings, wanted: Callable[[], bool]
) -> int:
    """Run ``module`` until it ends by itself or is not ``wanted`` any more; returns its exit status."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=CHECKOUT,
        env=os.environ | settings.as_environment(),
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None
    try:
        while process.poll() is None:
            if not wanted():
                process.stdin.close()
                _await(process, module)
                break
            time.sleep(SECONDS_BETWEEN_LOOKS)
    finally:
        process.kill()
        status = process.wait()
    return status


def _await(process: subprocess.Popen[bytes], module: str) -> None:
    try:
        process.wait(SECONDS_TO_HEAR)
    except subprocess.TimeoutExpired:
        _log.warning("%s does not end though it was called off; it is ended.", module)


def carry_out(work: Work, kind: Kind, order_id: str) -> None:
    """Do ``work`` for an order in this process, for the worker that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker's matter
    settings = StudioSettings.from_environment(os.environ).patient()
    stop = threading.Event()
    threading.Thread(target=_await_the_end, args=(stop,), name="worker", daemon=True).start()
    database = make_engine(settings.database_url, busy_seconds=BUSY_SECONDS)
    with log_file(settings, _LOGS[kind]), from_info_on(), at_work_on(kind, order_id):
        work(settings, database, stop.is_set)
    database.dispose()


def _await_the_end(stop: threading.Event) -> None:
    # Not through the buffered object: the interpreter could not end while a thread waits in it.
    while os.read(sys.stdin.fileno(), 1):
        pass
    stop.set()
    time.sleep(SECONDS_TO_HEAR)
    os._exit(1)
