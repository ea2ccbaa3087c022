"""The studio as a process of its own, started the way a person starts it. It knows no browser."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from projects.database.opening import make_engine, session_for
from projects.queue.orders import live_workers
from projects.settings import StudioSettings
from tests.support.preloaded import Command

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


@dataclass(frozen=True)
class Studio:
    """A running studio: where it answers, where it keeps things, its process, and the file of what it says."""

    url: str
    settings: StudioSettings
    pid: int
    log: Path


@contextlib.contextmanager
def running_studio(home: Path, **further: str) -> Iterator[Studio]:
    """A studio that keeps everything in ``home``, from its first healthy answer to its end.

    ``further`` are environment variables that it is started with. Unless they say STUDIO_PAGES_ONLY its worker is a
    process beside it that has the libraries loaded already.
    """
    home.mkdir(exist_ok=True)
    port = free_port()
    environment = {**os.environ, "STUDIO_HOME": str(home), "STUDIO_PAGES_ONLY": "1", **further}
    environment.pop("STUDIO_DATABASE_URL", None)
    command = [sys.executable, "-m", "streamlit", "run", "studio_app.py", "--server.port", str(port)]
    log = home / "server.log"
    worker = None
    if "STUDIO_PAGES_ONLY" not in further:
        worker = Command(["worker"], folder=CHECKOUT, environment=environment, log=home / "worker.log")
    with log.open("wb") as written:
        server = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=written, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        await_health(server, url, log)
        settings = StudioSettings.from_environment({"STUDIO_HOME": str(home)})
        if worker is not None:
            _await_worker(settings)
        yield Studio(url=url, settings=settings, pid=server.pid, log=log)
    finally:
        if worker is not None:
            worker.kill()
            worker.wait()
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await_worker(settings: StudioSettings) -> None:
    """Wait until the worker is there: what pages say while there is none would move what is below when it goes."""
    database = make_engine(settings.database_url)
    with session_for(database) as session:
        until = time.monotonic() + START_SECONDS
        while not live_workers(session=session):
            session.rollback()
            assert time.monotonic() < until, "the worker did not come up"
            time.sleep(0.1)
    database.dispose()


def free_port() -> int:
    """A port of this computer that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def await_health(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait for the first healthy answer of a server that was just started."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
            return
        time.sleep(0.2)
    raise AssertionError(f"the studio did not come up:\n{log.read_text(errors='replace')}")
