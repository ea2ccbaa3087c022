"""The worker processes of this computer: started together with what needs them, restarted when they die, ended with it.

It knows nothing of what a worker does. Each worker's standard input is a pipe that nobody writes to: when this process
ends, however it ends, the pipe closes and the worker with it, so none is left behind.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from projects.generator.ranks import together
from projects.settings import CHECKOUT, StudioSettings
from projects.storage.places import worker_log_path

# Exit statuses of a worker, beside 0 and 1.
CANNOT_BE = 2  # what was asked cannot be, now or later
ALREADY_RUNNING = 3
BEGIN_AFRESH = 4  # it must end, and another shall go on at once

_FIRST_BACK_OFF = 1.0
_LONGEST_BACK_OFF = 60.0
_FAILURES_TO_BE_FAILING = 3
_LIVED_LONG_ENOUGH = 60.0  # a worker that lived so long did not fail at its start
_SECONDS_TO_END = 10.0
_LARGEST_LOG = 5_000_000

_log = logging.getLogger(__name__)


def local_devices() -> tuple[str, ...]:
    """The devices that get a worker each: every NVIDIA GPU where there are several, else whatever the engine finds."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        count = len([device for device in visible.split(",") if device.strip() not in ("", "-1")])
    else:
        count = _count_gpus()
    return tuple(f"cuda:{number}" for number in range(count)) if count > 1 else ("auto",)


def _count_gpus() -> int:
    # Not by asking torch: the process that calls this serves pages, and torch stays out of it.
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


class LocalWorkers:
    """One worker process per device, from ``with`` to its end. Entering returns at once; workers come up meanwhile.

    Without ``devices`` they are this computer's; where none of them can be used, the processor serves.
    """

    def __init__(self, settings: StudioSettings, devices: Sequence[str] | None = None) -> None:
        self._settings = settings
        self._devices = devices
        self._keepers: list[_Keeper] = []
        self._ended = False
        self._lock = threading.RLock()

    def __enter__(self) -> LocalWorkers:
        self._settings.make_folders()
        # Looking for the devices takes seconds on some computers, and whoever enters may have pages to serve.
        threading.Thread(target=self._begin, name="workers", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._ended = True
        for keeper in self._keepers:
            keeper.tell_to_end()
        for keeper in self._keepers:
            keeper.await_end()

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        return [keeper.pid for keeper in self._keepers if keeper.pid is not None]

    @property
    def failing(self) -> Path | None:
        """The log of a worker that does not come up, None while there is one that does or may still do so."""
        with self._lock:
            failing = [keeper for keeper in self._keepers if keeper.failing]
            return failing[0].log if failing and len(failing) == len(self._keepers) else None

    def _begin(self) -> None:
        for device in (
            together(local_devices(), self._settings.cards_per_shot) if self._devices is None else self._devices
        ):
            self._keep(device)

    def _keep(self, device: str) -> None:
        with self._lock:
            if not self._ended:
                self._keepers.append(_Keeper(self._settings, device, self._let_the_processor_serve))

    def _let_the_processor_serve(self) -> None:
        """Called when a worker failed: without a single one that works, and nobody's wish for these, there is one more
        device."""
        with self._lock:
            if self._devices is None and self.failing and not any(keeper.device == "cpu" for keeper in self._keepers):
                self._keep("cpu")


class _Keeper:
    """Keeps one worker process alive until told to end it; ``on_failing`` is told when that does not succeed."""

    def __init__(self, settings: StudioSettings, device: str, on_failing: Callable[[], None]) -> None:
        self.device = device
        self.log = worker_log_path(settings, device)
        self._settings = settings
        self._on_failing = on_failing
        self._failures = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
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

    def tell_to_end(self) -> None:
        self._ending.set()
        with self._starting:
            if self._process is not None and self._process.stdin is not None:
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
            if status == BEGIN_AFRESH:
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
            if self._ending.is_set():
                return None
            try:
                self._process = self._start()
            except OSError as error:
                _log.error("No worker could be started with '%s': %s", self.device, error)
                return None
        return self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        if self.log.is_file() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        environment = (
            os.environ
            | self._settings.engine.as_environment()
            | {
                "STUDIO_HOME": str(self._settings.home),
                "STUDIO_DATABASE_URL": self._settings.database_url,
            }
        )
        command = [sys.executable, "-m", "projects", "worker", "--device", self.device, "--ends-with-parent"]
        with self.log.open("ab") as log:
            # A group of its own: Ctrl-C in the terminal is for the parent, which ends its workers in order. Not a
            # session of its own: Linux shares the processor out by session before it asks who gives way to whom.
            return subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                process_group=0,
                # On Windows a worker would else give way as its parent does.
                creationflags=getattr(subprocess, "NORMAL_PRIORITY_CLASS", 0),
            )
