"""Keeps one server: starts the pages at a port, writes what they say into logs that rotate, and ends them in order.

One keeper a port, held by a lock. It ends when the pages do, when it is told by a file or by the usual signals.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from types import FrameType

from filelock import Timeout

from framepack.messages import Message, Value
from projects.door.sharing import EVERY_ADDRESS, LOOPBACK, is_loopback, refusal
from projects.errors import StudioError
from projects.logs.files import BoundedFile
from projects.logs.hiding import Hiding
from projects.serving.record import ProcessMark, Server, forget, keep, log_path, port_lock, server_at, stop_path
from projects.settings import CHECKOUT, StudioSettings

SECONDS_BETWEEN_LOOKS = 0.2
# Renders under way are at a step, which is over within this.
SECONDS_TO_END = 20.0


class AlreadyRuns(StudioError):
    """The studio runs at this port already."""

    def __init__(self, server: Server) -> None:
        values: dict[str, Value] = {"url": server.url, "pid": server.keeper.pid, "port": server.port}
        super().__init__(Message("serve-already", values))
        self.server = server


def keep_serving(settings: StudioSettings, port: int, gpus: str, echo: Callable[[str], object]) -> int:
    """Serve the pages at ``port`` until they end; returns their exit status. ``echo`` is given every line they say.

    Raises AlreadyRuns, and StudioError where another program has the port, or the studio must not listen where it was
    told to.
    """
    refuse_open_door(settings)
    settings.make_folders()
    try:
        with port_lock(settings, port).acquire(blocking=False):
            running = server_at(settings, port)
            if running is not None:
                raise AlreadyRuns(running)  # its keeper was killed, its pages go on
            refuse_taken_port(port)
            stop_path(settings, port).unlink(missing_ok=True)
            try:
                return _serve(settings, port, gpus, echo)
            finally:
                forget(settings, port)
    except Timeout:
        running = server_at(settings, port)
        if running is not None:
            raise AlreadyRuns(running) from None
        raise StudioError(Message("serve-starting", {"port": port})) from None


def refuse_open_door(settings: StudioSettings) -> None:
    """Raise StudioError where other computers would reach a studio that is not shared, or has no password."""
    refused = refusal(settings, listened_at(os.environ))
    if refused is not None:
        raise StudioError(refused)


def listened_at(environ: Mapping[str, str]) -> str:
    """Where a server listens that is started with ``environ``; this computer only unless it says otherwise."""
    return environ.get("STREAMLIT_SERVER_ADDRESS") or LOOPBACK


def refuse_taken_port(port: int) -> None:
    """Raise StudioError where something listens at ``port``."""
    with closing(socket.socket()) as tried:
        if os.name != "nt":
            # As servers do, so that a port is not called taken for the minute after one has ended.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise StudioError(Message("serve-port-taken", {"port": port})) from None


def environment_with(gpus: str, environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` for a server that may use only the cards ``gpus``, as numbered by nvidia-smi; all where it is ""."""
    cards = {"CUDA_VISIBLE_DEVICES": gpus, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"} if gpus else {}
    return {**_names(environ), **environ, **cards, "PYTHONUNBUFFERED": "1"}


def _names(environ: Mapping[str, str]) -> dict[str, str]:
    """The names under which it answers: its own address, too, where it has one of its own."""
    address = listened_at(environ)
    if is_loopback(address) or address in EVERY_ADDRESS:
        return {}
    return {"STREAMLIT_SERVER_ALLOWED_HOSTS": f"localhost {LOOPBACK} {address}"}


def _serve(settings: StudioSettings, port: int, gpus: str, echo: Callable[[str], object]) -> int:
    ended = threading.Event()
    handlers = {number: signal.signal(number, _setting(ended)) for number in (signal.SIGINT, signal.SIGTERM)}
    pages = _start(settings, port, gpus)
    try:
        marks = ProcessMark.of(os.getpid()), ProcessMark.of(pages.pid)
        keep(settings, Server(port, gpus, *marks, listened_at(os.environ), settings.share))
        listener = threading.Thread(target=_listen, args=(settings, port, pages, echo), daemon=True)
        listener.start()
        while pages.poll() is None and not ended.is_set() and not stop_path(settings, port).exists():
            ended.wait(SECONDS_BETWEEN_LOOKS)
        _end(pages)
        listener.join(SECONDS_TO_END)
        return pages.returncode
    finally:
        if pages.poll() is None:
            pages.kill()
            pages.wait()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _start(settings: StudioSettings, port: int, gpus: str) -> subprocess.Popen[str]:
    environment = environment_with(gpus, os.environ) | settings.as_environment()
    command = [sys.executable, "-m", "streamlit", "run", "studio_app.py", "--server.port", str(port)]
    return subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        # A group of its own: Ctrl-C in the terminal is for the keeper, which ends the pages in order.
        process_group=None if os.name == "nt" else 0,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _setting(ended: threading.Event) -> Callable[[int, FrameType | None], None]:
    return lambda _number, _frame: ended.set()


def _listen(settings: StudioSettings, port: int, pages: subprocess.Popen[str], echo: Callable[[str], object]) -> None:
    assert pages.stdout is not None
    hiding = Hiding(settings, os.environ)
    with closing(BoundedFile(log_path(settings, port))) as handler:
        for line in pages.stdout:
            said = line.rstrip("\n")
            handler.emit(logging.LogRecord("studio", logging.INFO, "", 0, hiding.hidden(said), None, None))
            echo(said)


def _end(pages: subprocess.Popen[str]) -> None:
    """Have the pages end in order, which ends their workers; those that do not are ended."""
    if pages.poll() is not None:
        return
    pages.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))
    try:
        pages.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        pages.kill()
        pages.wait()


def main(arguments: list[str]) -> int:
    """Keep the server at the port, with the cards, that ``arguments`` name, in the background: nobody reads along."""
    port, gpus = int(arguments[0]), arguments[1]
    return keep_serving(StudioSettings.from_environment(os.environ), port, gpus, lambda _: None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
