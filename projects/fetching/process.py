"""Fetches the weights of one checkpoint in a process of its own, and writes down how far it is.

It ends with the studio that started it, whose pipe to it closes, and when it is called off, whatever it waits for. What
has arrived by then is kept, and the next download goes on from there.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time

from filelock import Timeout
from huggingface_hub import constants

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import FramepackError
from framepack.fetching.download import download
from framepack.fetching.hub import HubOptions
from framepack.fetching.progress import FileProgress
from projects.failures import message_for
from projects.fetching.record import Download, Status, call_path, keep, work_lock
from projects.logs.files import from_info_on, log_file
from projects.settings import StudioSettings

SECONDS_BETWEEN_LOOKS = 0.2
# So long it waits for one that is just ending.
SECONDS_FOR_ANOTHER = 5.0
# The hub's client hands on, and writes, what arrives in pieces of so many bytes; its own are ten times as large, which
# on a slow line is half a minute without a sign.
PIECE_BYTES = 2**20

_log = logging.getLogger(__name__)


class _Teller:
    """Writes down what becomes of a download; after its end nothing more."""

    def __init__(self, settings: StudioSettings, checkpoint: str) -> None:
        self._settings = settings
        self._guard = threading.Lock()
        self._download = Download(checkpoint, "working")
        keep(settings, self._download)

    def report(self, progress: FileProgress) -> None:
        with self._guard:
            self._download = self._download.at(progress)
            keep(self._settings, self._download)

    def end(self, status: Status, error: Exception | None = None) -> None:
        with self._guard:
            problem = message_for(error) if error is not None else None
            self._download = self._download.ended(status, problem)
            keep(self._settings, self._download)

    def cancel(self) -> None:
        """Write down that it was called off, and end the process before anything else can be."""
        with self._guard:
            keep(self._settings, self._download.ended("cancelled"))
            os._exit(0)


def main(checkpoint: str) -> int:
    """Fetch ``checkpoint``; returns the exit status, 3 where another process is at it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the studio's matter
    constants.DOWNLOAD_CHUNK_SIZE = PIECE_BYTES
    settings = StudioSettings.from_environment(os.environ)
    try:
        with (
            log_file(settings, f"download-{checkpoint}"),
            from_info_on(),
            work_lock(settings, checkpoint).acquire(timeout=SECONDS_FOR_ANOTHER),
        ):
            return _fetch(settings, checkpoint)
    except Timeout:
        return 3


def _fetch(settings: StudioSettings, checkpoint: str) -> int:
    teller = _Teller(settings, checkpoint)
    threading.Thread(target=_end_with_the_studio, name="studio", daemon=True).start()
    threading.Thread(target=_listen, args=(settings, checkpoint, teller), name="calls", daemon=True).start()
    try:
        hub = HubOptions.from_environment(os.environ)
        for repository in download(checkpoint_named(checkpoint), settings.engine.models, hub, teller.report):
            _log.info("%s is complete.", repository)
    except (FramepackError, OSError) as error:
        teller.end("failed", error)
        return 1
    except Exception as error:
        teller.end("failed", error)
        raise
    teller.end("done")
    return 0


def _listen(settings: StudioSettings, checkpoint: str, teller: _Teller) -> None:
    while not call_path(settings, checkpoint).exists():
        time.sleep(SECONDS_BETWEEN_LOOKS)
    teller.cancel()


def _end_with_the_studio() -> None:
    # Not through the buffered object: the interpreter could not end while a thread waits in it.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
