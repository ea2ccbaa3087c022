"""The worker processes of this computer: started together with what needs them, restarted when they die, ended with it.

It knows nothing of what a worker does. Each worker's standard input is a pipe that nobody writes to: when this process
ends, however it ends, the pipe closes and the worker with it, so none is left behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from projects.settings import CHECKOUT, StudioSettings
from projects.storage.places import worker_lock_path, worker_log_path

_FIRST_BACK_OFF = 1.0
_LONGEST_BACK_OFF = 60.0
_SECONDS_WHILE_ANOTHER_SERVES = 5.0
_LIVED_LONG_ENOUGH = 60.0  # a worker that lived so long did not fail at its start
_SECONDS_TO_END = 10.0
_LARGEST_LOG = 5_000_000


def local_devices() -> tuple[str, ...]:
    """The devices that get a worker each: every NVIDIA GPU where there are several, else whatever the engine finds."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        count = len([device for device in visible.split(",") if device.strip() not in ("", "-1")])
    else:
        count = _count_gpus()
    return tuple(f"cuda:{number}" for number in range(count)) if count > 1 else ("auto",)


def worker_lock(settings: StudioSettings, device: str) -> FileLock:
    """The lock that a worker holds while it serves the queue with ``device`` from this folder, on this computer."""
    return FileLock(worker_lock_path(settings, device))


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
    """One worker process per device, from ``with`` to its end. Entering returns at once; workers come up meanwhile."""

    def __init__(self, settings: StudioSettings, devices: Sequence[str] | None = None) -> None:
        self._settings = settings
        self._devices = devices
        self._keepers: list[_Keeper] = []

    def __enter__(self) -> LocalWorkers:
        self._settings.make_folders()
        devices = local_devices() if self._devices is None else self._devices
        self._keepers = [_Keeper(self._settings, device) for device in devices]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
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
        """The log of a worker that died three times in a row soon after its start, None while all is well."""
        return next((keeper.log for keeper in self._keepers if keeper.failures >= 3), None)


class _Keeper:
    """Keeps one worker process alive until told to end it."""

    def __init__(self, settings: StudioSettings, device: str) -> None:
        self.log = worker_log_path(settings, device)
        self.failures = 0
        self._settings = settings
        self._device = device
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
            if self._another_serves():
                self._ending.wait(_SECONDS_WHILE_ANOTHER_SERVES)
                continue
            with self._starting:
                if self._ending.is_set():
                    return
                self._process = self._start()
            began = time.monotonic()
            self._process.wait()
            self.failures = 0 if time.monotonic() - began > _LIVED_LONG_ENOUGH else self.failures + 1
            self._ending.wait(min(_LONGEST_BACK_OFF, _FIRST_BACK_OFF * 2 ** max(0, self.failures - 1)))

    def _another_serves(self) -> bool:
        """Whether a worker that somebody else started serves the same device; when it ends, ours takes over."""
        try:
            with worker_lock(self._settings, self._device).acquire(timeout=0):
                return False
        except Timeout:
            return True

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
        command = [sys.executable, "-m", "projects", "worker", "--device", self._device, "--ends-with-parent"]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal is for the parent, which ends its workers in order.
            return subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
