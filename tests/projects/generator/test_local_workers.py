from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from projects.database.opening import open_database, session_for
from projects.database.tables import Worker
from projects.generator.local_workers import LocalWorkers, local_devices
from projects.queue.orders import live_workers
from projects.settings import StudioSettings

ROOT = Path(__file__).resolve().parents[3]
# A parent that starts the workers as the application does, and says their process ids.
PARENT = """
import os, sys, time
from projects.generator.local_workers import LocalWorkers
from projects.settings import StudioSettings
with LocalWorkers(StudioSettings.from_environment(os.environ), ["cpu"]) as workers:
    while not workers.pids:
        time.sleep(0.01)
    print(*workers.pids, flush=True)
    sys.stdin.read()
"""


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def alive(studio: StudioSettings) -> list[Worker]:
    database = open_database(studio)
    with session_for(database) as session:
        return live_workers(session=session)


def ended(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def workers(studio: StudioSettings) -> Iterator[LocalWorkers]:
    with LocalWorkers(studio, ["cpu"]) as started:
        until(lambda: bool(alive(studio)))
        yield started


def test_a_worker_signs_in_and_is_gone_when_the_studio_ends(studio: StudioSettings) -> None:
    with LocalWorkers(studio, ["cpu"]) as workers:
        until(lambda: bool(alive(studio)))
        (worker,) = alive(studio)
        assert [worker.pid] == workers.pids
        assert worker.device == "cpu"
    assert ended(worker.pid)
    assert alive(studio) == []


def test_a_worker_that_was_killed_comes_back_under_its_name(studio: StudioSettings, workers: LocalWorkers) -> None:
    (before,) = alive(studio)
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: [worker.pid for worker in alive(studio)] not in ([], [before.pid]))
    (after,) = alive(studio)
    assert after.executor_id == before.executor_id
    assert [after.pid] == workers.pids


@pytest.mark.usefixtures("workers")
def test_a_second_worker_for_the_same_device_says_so_and_ends(studio: StudioSettings) -> None:
    command = [sys.executable, "-m", "projects", "worker", "--device", "cpu"]
    environment = os.environ | {"STUDIO_HOME": str(studio.home)}
    second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 3
    assert "Another worker already runs with the device 'cpu'." in second.stderr
    assert len(alive(studio)) == 1


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_is_left_behind_however_its_parent_ends(studio: StudioSettings, signum: int) -> None:
    environment = os.environ | {"STUDIO_HOME": str(studio.home)}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.send_signal(signum)
    parent.communicate(timeout=30)
    until(lambda: ended(pid))


def test_a_computer_without_several_gpus_gets_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert local_devices() == ("auto",)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert local_devices() == ("auto",)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,2")
    assert local_devices() == ("cuda:0", "cuda:1")


def test_a_worker_that_cannot_start_is_reported_with_its_log(studio: StudioSettings) -> None:
    database = open_database(studio)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'from the future'"))
    with LocalWorkers(studio, ["cpu"]) as workers:
        until(lambda: workers.failing is not None, seconds=60)
        log = workers.failing
    assert log is not None
    assert "newer version" in log.read_text()
