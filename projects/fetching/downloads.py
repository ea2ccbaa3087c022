"""Starts downloads of weights, calls them off, and says how far they are, whoever in the studio asks.

A checkpoint is fetched by one process at a time, of whichever studio that uses this folder. It knows no page.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from projects.fetching.record import Download, call_path, is_at_work, keep, kept
from projects.settings import CHECKOUT, StudioSettings

# A download that is called off ends within a moment; one that does not is ended.
SECONDS_TO_HEAR = 5.0


class Downloads:
    """The downloads of a studio. Those that this object started end with the process that it lives in."""

    def __init__(self, settings: StudioSettings) -> None:
        self._settings = settings
        self._guard = threading.Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, checkpoint: str) -> Download:
        """Fetch what is missing of ``checkpoint``, going on where it stopped; nothing where that is under way.

        Raises InvalidRequest for one that is not known or comes with the program.
        """
        if checkpoint_named(checkpoint).embedded:
            raise InvalidRequest("model", Message("nothing-to-download", {"checkpoint": checkpoint}))
        with self._guard:
            if not self._is_under_way(checkpoint):
                call_path(self._settings, checkpoint).unlink(missing_ok=True)
                keep(self._settings, Download(checkpoint, "working"))
                self._processes[checkpoint] = self._begin(checkpoint)
        return self.state(checkpoint) or Download(checkpoint, "working")

    def cancel(self, checkpoint: str) -> Download | None:
        """Have a download end; what has arrived is kept. Returns once it is over, or as it is if it does not hear."""
        checkpoint_named(checkpoint)
        if self._is_under_way(checkpoint):
            call_path(self._settings, checkpoint).touch()
            process = self._processes.get(checkpoint)
            if process is not None:
                try:
                    process.wait(SECONDS_TO_HEAR)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    keep(
                        self._settings,
                        (kept(self._settings, checkpoint) or Download(checkpoint, "working")).ended("cancelled"),
                    )
        return self.state(checkpoint)

    def state(self, checkpoint: str) -> Download | None:
        """How far the download of ``checkpoint`` is or how its last one ended; None where there never was one."""
        found = kept(self._settings, checkpoint)
        if found is None or found.status != "working" or self._is_under_way(checkpoint):
            return found
        # It may have ended between the two looks.
        found = kept(self._settings, checkpoint)
        return found.ended("interrupted") if found is not None and found.status == "working" else found

    def close(self) -> None:
        """End those that this object started, as the end of its process does; they go on another day."""
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()
            process.wait(SECONDS_TO_HEAR)

    def _is_under_way(self, checkpoint: str) -> bool:
        mine = self._processes.get(checkpoint)
        if mine is not None and mine.poll() is None:
            return True
        return is_at_work(self._settings, checkpoint)

    def _begin(self, checkpoint: str) -> subprocess.Popen[bytes]:
        environment = os.environ | self._settings.as_environment()
        command = [sys.executable, "-m", "projects.fetching.process", checkpoint]
        self._settings.logs_dir.mkdir(parents=True, exist_ok=True)
        with (self._settings.logs_dir / f"download-{checkpoint}.output").open("wb") as log:
            return subprocess.Popen(
                command, cwd=CHECKOUT, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
            )
