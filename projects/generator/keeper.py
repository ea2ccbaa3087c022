"""Keeps one worker process alive: started, restarted when it dies, and ended in time. It knows nothing of its work.

Its standard input is a pipe that closes when this process ends, however it ends, and the worker with it. One byte
written to it has the worker leave after the section it is at.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from framepack.environment import cards_named
from framepack.errors import InvalidRequest
from projects.settings import CHECKOUT, StudioSettings
from projects.storage.places import worker_output_path

# Exit statuses of a worker, beside 0 and 1.
CANNOT_BE = 2  # what was asked cannot be, now or later
ALREADY_RUNNING = 3
BEGIN_AFRESH = 4  # it must end, and another shall go on at once

_FIRST_BACK_OFF = 1.0
_LONGEST_BACK_OFF = 60.0
_FAILURES_TO_BE_FAILING = 3
_LIVED_LONG_ENOUGH = 60.0  # a worker that lived so long did not fail at its start
_SECONDS_TO_END = 10.0
_LARGEST_OUTPUT = 1_000_000

_log = logging.getLogger(__name__)


class Keeper:
    """Keeps one worker process alive until told to end it; ``on_failing`` is told when that does not succeed.

    ``afresh`` counts the workers that ended so that another begins: over a lost card, or what did not hear.
    """

    def __init__(self, settings: StudioSettings, device: str, on_failing: Callable[[], None]) -> None:
        self.device = device
        self.output = worker_output_path(settings, device)
        self._settings = settings
        self._on_failing = on_failing
        self._failures = 0
        self.afresh = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._leaving = threading.Event()
        # Guards the moment between deciding to start a process and having it in hand.
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name=f"worker {device}", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def failing(self) -> bool:
        """Whether the worker died three times in a row soon after its start, or said that it never can."""
        return self._failures >= _FAILURES_TO_BE_FAILING

    @property
    def is_over(self) -> bool:
        """Whether there is no process any more, and none will be started."""
        return not self._thread.is_alive()

    def tell_to_leave(self) -> None:
        """Let the worker end after the section it is at, at once where it is at none; no other takes its place."""
        with self._starting:
            self._leaving.set()
            if self._process is not None and self._process.stdin is not None:
                with suppress(OSError):  # it ends already
                    self._process.stdin.write(b"!")
                    self._process.stdin.flush()

    def tell_to_end(self) -> None:
        self._ending.set()
        with self._starting:
            if self._process is not None and self._process.stdin is not None:
                with suppress(OSError):  # something that could not be written any more
                    self._process.stdin.close()

    def await_end(self) -> None:
        process = self._process
        if process is not None:
            try:
                process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._thread.join(_SECONDS_TO_END)

    def _keep(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            status = self._run()
            if self._leaving.is_set():
                return
            if status == BEGIN_AFRESH:
                self.afresh += 1
                self._failures = 0
                continue
            if status == CANNOT_BE:
                self._failures = max(self._failures + 1, _FAILURES_TO_BE_FAILING)
            else:
                self._failures = 0 if time.monotonic() - began > _LIVED_LONG_ENOUGH else self._failures + 1
            if self.failing and not self._ending.is_set():
                self._on_failing()
            self._ending.wait(min(_LONGEST_BACK_OFF, _FIRST_BACK_OFF * 2 ** max(0, self._failures - 1)))

    def _run(self) -> int | None:
        """The exit status of one worker process; None where it could not be started, or need not be any more."""
        with self._starting:
            if self._ending.is_set() or self._leaving.is_set():
                return None
            try:
                self._process = self._start()
            except OSError as error:
                _log.error("No worker could be started with '%s': %s", self.device, error)
                return None
        return self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        if self.output.is_file() and self.output.stat().st_size > _LARGEST_OUTPUT:
            self.output.replace(self.output.with_suffix(".output.1"))
        # It has the cards that it is started with.
        cards = {"STUDIO_CARDS_PER_SHOT": str(_count(self.device))}
        environment = os.environ | self._settings.as_environment() | cards
        command = [sys.executable, "-m", "projects", "worker", "--device", self.device, "--ends-with-parent"]
        with self.output.open("ab") as output:
            # A group of its own: Ctrl-C in the terminal is for the parent, which ends its workers in order. Not a
            # session of its own: Linux shares the processor out by session before it asks who gives way to whom.
            return subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                process_group=0,
                # On Windows a worker would else give way as its parent does.
                creationflags=getattr(subprocess, "NORMAL_PRIORITY_CLASS", 0),
            )


def _count(device: str) -> int:
    try:
        return len(cards_named(device))
    except InvalidRequest:
        return 1  # the worker says what is wrong with it
