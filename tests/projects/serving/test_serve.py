"""The studio started, watched and ended by its command, as real processes on free ports of the loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from projects.serving.keeper import environment_with
from projects.serving.record import ProcessMark, Server, keep, running_servers, server_at
from projects.settings import CHECKOUT, StudioSettings
from tests.support.running_studio import free_port

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def settings(tmp_path: Path) -> StudioSettings:
    return StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path)})


@pytest.fixture
def command(settings: StudioSettings) -> Iterator[Command]:
    """Runs ``python -m projects serve`` on a home of the test's own, and ends what is left of it."""
    environment = {**os.environ, "STUDIO_HOME": str(settings.home)}
    environment.pop("STUDIO_DATABASE_URL", None)

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        whole = [sys.executable, "-m", "projects", "serve", *map(str, arguments)]
        return subprocess.run(
            whole, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    yield run
    for server in running_servers(settings):
        for mark in (server.keeper, server.pages):
            process = mark.process()
            if process is not None:
                process.kill()


def is_free(port: int) -> bool:
    with closing(socket.socket()) as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


def test_it_is_started_named_restarted_and_ended(command: Command, settings: StudioSettings) -> None:
    port = free_port()
    assert command("status").returncode == 1
    started = command("start", "--background", "--port", port)
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{port}" in started.stdout

    (told,) = json.loads(command("status", "--json").stdout)
    assert told["port"] == port
    assert told["answers"]
    assert told["gpus"] is None
    assert "You can now view" in command("logs").stdout

    again = command("start", "--background", "--port", port)
    assert again.returncode == 3
    assert f"already runs at http://127.0.0.1:{port}" in again.stderr
    in_front = command("start", "--port", port)
    assert in_front.returncode == 3

    first = server_at(settings, port)
    assert first is not None
    workers = psutil.Process(first.pages.pid).children(recursive=True)
    assert command("restart").returncode == 0
    second = server_at(settings, port)
    assert second is not None
    assert second.pages != first.pages
    assert not first.runs
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive

    stopped = command("stop", "--port", port)
    assert stopped.returncode == 0
    assert not second.runs
    assert is_free(port)
    assert command("stop").returncode == 2


def test_a_port_of_another_program_is_left_alone(command: Command) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for how in ((), ("--background",)):
            refused = command("start", "--port", port, *how)
            assert refused.returncode == 2
            assert f"Another program uses port {port}" in refused.stderr


@pytest.mark.skipif(os.name == "nt", reason="sends a signal of POSIX")
def test_in_the_foreground_it_ends_with_the_terminal(settings: StudioSettings, tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "STUDIO_HOME": str(settings.home)}
    whole = [sys.executable, "-m", "projects", "serve", "start", "--port", str(port)]
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(whole, cwd=CHECKOUT, env=environment, stdout=said, stderr=said)
    until = time.monotonic() + 120
    while is_free(port) and time.monotonic() < until:
        time.sleep(0.2)
    server = server_at(settings, port)
    assert server is not None
    assert server.keeper.pid == process.pid
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    assert not server.runs
    assert is_free(port)
    assert "You can now view" in (tmp_path / "said").read_text(encoding="utf-8")


def test_a_number_that_another_process_has_by_now_is_not_taken_for_it(settings: StudioSettings) -> None:
    mine = ProcessMark.of(os.getpid())
    assert mine.process() is not None
    earlier = ProcessMark(mine.pid, mine.begun - 100)
    assert earlier.process() is None
    keep(settings, Server(8501, "", earlier, earlier))
    assert server_at(settings, 8501) is None


def test_pages_whose_keeper_was_killed_are_found_and_ended(command: Command, settings: StudioSettings) -> None:
    port = free_port()
    assert command("start", "--background", "--port", port).returncode == 0
    server = server_at(settings, port)
    assert server is not None
    psutil.Process(server.keeper.pid).kill()
    again = command("start", "--background", "--port", port)
    assert again.returncode == 3
    assert command("stop").returncode == 0
    assert not server.runs
    assert is_free(port)


def test_what_cannot_be_asked_is_refused(command: Command) -> None:
    assert "does not name graphics cards" in command("start", "--gpu", "first").stderr
    assert "is no port" in command("start", "--port", "70000").stderr
    assert "runs at port 9" in command("stop", "--port", "9").stderr


def test_a_server_sees_only_its_cards() -> None:
    assert "CUDA_VISIBLE_DEVICES" not in environment_with("", {})
    seen = environment_with("0,1", {"CUDA_VISIBLE_DEVICES": "2"})
    assert seen["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert seen["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
