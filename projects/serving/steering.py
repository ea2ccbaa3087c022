"""Starts servers in the background, ends them, and reads their logs. No process is ever found by its name."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections import deque
from contextlib import suppress
from pathlib import Path

import psutil

from framepack.messages import Message
from projects.errors import StudioError
from projects.serving.keeper import SECONDS_TO_END, AlreadyRuns, refuse_open_door, refuse_taken_port
from projects.serving.record import Server, forget, log_path, running_servers, server_at, stop_path
from projects.settings import CHECKOUT, StudioSettings

USUAL_PORT = 8501
# The first start of all makes a database and imports much, on a busy computer.
SECONDS_TO_START = 120.0
SECONDS_BETWEEN_LOOKS = 0.2
_LINES_OF_A_FAULT = 5


def start_in_background(settings: StudioSettings, port: int, gpus: str) -> Server:
    """Start a server that outlives this process; returns it once it answers.

    Raises AlreadyRuns, and StudioError where the port is taken, the studio must not listen where it was told to, or the
    server does not come up.
    """
    running = server_at(settings, port)
    if running is not None:
        raise AlreadyRuns(running)
    refuse_open_door(settings)
    refuse_taken_port(port)
    settings.make_folders()
    began_at = log_path(settings, port).stat().st_size if log_path(settings, port).is_file() else 0
    keeper = _detached(settings, port, gpus)
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        server = server_at(settings, port)
        if server is not None and answers(server):
            return server
        if keeper.poll() is not None:
            said = _last_lines(log_path(settings, port), began_at) or _last_lines(_start_log(settings, port), 0)
            raise StudioError(Message("serve-not-up", {"said": said, "log": str(log_path(settings, port))}))
        time.sleep(SECONDS_BETWEEN_LOOKS)
    raise StudioError(Message("serve-silent", {"seconds": SECONDS_TO_START, "log": str(log_path(settings, port))}))


def stop(settings: StudioSettings, server: Server) -> None:
    """End a server in order, and by force where it does not. Returns once its port is free again."""
    stop_path(settings, server.port).touch()
    # The keeper gives the pages their time first.
    if server.keeper.process() is not None:
        _await_end(server, SECONDS_TO_END + 5)
    for mark in (server.pages, server.keeper):
        left = mark.process()
        if left is not None:
            with suppress(psutil.NoSuchProcess):
                left.terminate()
                with suppress(psutil.TimeoutExpired):
                    left.wait(SECONDS_TO_END)
                if left.is_running():
                    left.kill()
    forget(settings, server.port)


def the_server(settings: StudioSettings, port: int | None) -> Server:
    """The server at ``port``, or the only one there is. Raises StudioError where there is none, or none is named."""
    if port is not None:
        server = server_at(settings, port)
        if server is None:
            raise StudioError(Message("serve-none-at", {"port": port}))
        return server
    running = list(running_servers(settings))
    if not running:
        raise StudioError(Message("serve-none"))
    if len(running) > 1:
        ports = ", ".join(str(server.port) for server in running)
        raise StudioError(Message("serve-several", {"ports": ports}))
    return running[0]


def url_of_the_studio(settings: StudioSettings, port: int | None) -> str:
    """Where the studio is to be asked: at ``port``, where the only server runs, else where it usually does.

    Raises StudioError where several run.
    """
    if port is None and any(running_servers(settings)):
        return the_server(settings, None).url
    return f"http://127.0.0.1:{port or USUAL_PORT}"


def answers(server: Server) -> bool:
    """Whether it answers now."""
    with suppress(OSError), urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def last_lines(path: Path, count: int) -> list[str]:
    """The last ``count`` lines of a log; none where there is no log."""
    try:
        with path.open(encoding="utf-8", errors="replace") as log:
            return [line.rstrip("\n") for line in deque(log, maxlen=count)]
    except FileNotFoundError:
        return []


def _detached(settings: StudioSettings, port: int, gpus: str) -> subprocess.Popen[bytes]:
    environment = os.environ | settings.as_environment()
    with _start_log(settings, port).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "projects.serving.keeper", str(port), gpus],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # It belongs to no terminal: closing this one ends nothing.
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "DETACHED_PROCESS", 0)
            | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def _await_end(server: Server, seconds: float) -> None:
    until = time.monotonic() + seconds
    while server.runs and time.monotonic() < until:
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _start_log(settings: StudioSettings, port: int) -> Path:
    """What the keeper itself says, which is nothing unless it cannot begin."""
    return settings.logs_dir / f"studio-{port}-start.log"


def _last_lines(path: Path, begin: int) -> str:
    """The last few lines of a log from the byte ``begin`` on."""
    try:
        with path.open("rb") as log:
            log.seek(begin)
            lines = log.read().decode(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return ""
    return " / ".join(line.strip() for line in lines[-_LINES_OF_A_FAULT:])
