"""The harness app as a process of its own, and how a test tells its stand-ins what to do. It knows no browser."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.running_studio import CHECKOUT, await_health, free_port

FIRST, SECOND, THIRD = (f"{number:032x}" for number in (1, 2, 3))


@dataclass(frozen=True)
class Harness:
    """A running harness app: where it answers, its folder of files, its process."""

    url: str
    files: Path
    pid: int

    def tell(self, do: str, **values: Any) -> dict[str, Any]:
        """Have the stand-in for shots do something; answers with its shots, what it heard and how many wait."""
        request = urllib.request.Request(f"{self.url}/fake", json.dumps({"do": do, **values}).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


@contextlib.contextmanager
def running_harness(files: Path) -> Iterator[Harness]:
    """The harness app, from its first healthy answer to its end."""
    port = free_port()
    environment = {**os.environ, "HARNESS_FILES": str(files), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "streamlit", "run", "tests/support/harness_app.py", "--server.port", str(port)]
    log = files / "server.log"
    with log.open("wb") as written:
        server = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=written, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        await_health(server, url, log)
        yield Harness(url, files, server.pid)
    finally:
        server.send_signal(signal.SIGCONT)
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
