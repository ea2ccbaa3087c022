"""Processes that begin with the libraries loaded: forked from one that loaded them once, and knows nothing else yet.

What they then run is the program's own, in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path

_LOADED = (
    *("framepack.engine.render", "framepack.engine.rank_process", "framepack.sampling.sampler"),
    *("projects.__main__", "projects.generator.worker", "tests.support.tiny_transformer"),
)


def preloaded_context() -> ForkServerContext:
    """Makes processes that have what renders and what serves the queue loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED))
    return context


class Command:
    """``python -m projects ARGUMENTS`` with what it says on standard error added to ``log``.

    ``environment`` is all of it; ``folder`` is where it runs.
    """

    def __init__(self, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        given = (list(arguments), folder, dict(environment), log)
        self._process = preloaded_context().Process(target=_run, args=given)
        self._process.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process.pid is not None, "it was started"
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.exitcode

    def wait(self) -> None:
        """Wait for its end."""
        self._process.join()

    def send_signal(self, how: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, how)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """Kill it, unless it is over."""
        self._process.kill()


def _run(arguments: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as written:
        os.dup2(written.fileno(), sys.stderr.fileno())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["projects", *arguments]
    from projects.__main__ import main

    sys.exit(main(arguments))
