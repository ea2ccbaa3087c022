from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from projects.database.opening import open_database, session_for
from projects.database.tables import Worker
from projects.generator.local_workers import LocalWorkers, local_devices
from projects.queue.orders import UNFINISHED, enqueue_render, live_workers
from projects.settings import StudioSettings
from projects.storage.places import worker_log_path, worker_output_path
from tests.support.rendering import fresh, small_project, worker_by_hand

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


def until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
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


@pytest.mark.usefixtures("workers")
def test_the_worker_of_another_name_for_the_same_device_waits_and_takes_over(
    studio: StudioSettings, workers: LocalWorkers
) -> None:
    (first,) = alive(studio)
    with LocalWorkers(studio, ["auto"]) as others:
        until(lambda: "Another worker already runs" in log_of(studio, "auto"))
        assert [worker.pid for worker in alive(studio)] == [first.pid]
        assert others.failing is None
        workers.__exit__(None, None, None)
        until(lambda: [worker.pid for worker in alive(studio)] == others.pids)
        assert alive(studio)[0].executor_id == first.executor_id


def test_one_device_that_fails_calls_off_nothing_and_all_do(studio: StudioSettings) -> None:
    with LocalWorkers(studio, ["cuda:77", "cpu"]) as workers:
        until(lambda: "There is no device 'cuda:77'" in said_by(studio, "cuda77"))
        until(lambda: bool(alive(studio)))
        assert workers.failing is None
    with LocalWorkers(studio, ["cuda:77", "cuda:78"]) as workers:
        until(lambda: workers.failing is not None)
    last = said_by(studio, "cuda77").rstrip().splitlines()[-1]
    assert last.startswith("There is no device 'cuda:77' on this computer; there is: ")


def test_without_a_gpu_that_can_be_used_the_processor_serves(
    studio: StudioSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two cards that torch cannot use.
    monkeypatch.setattr("projects.generator.local_workers.local_devices", lambda: ("cuda:77", "cuda:78"))
    with LocalWorkers(studio) as workers:
        until(lambda: [worker.device for worker in alive(studio)] == ["cpu"])
        assert workers.failing is None


def test_looking_for_devices_keeps_nobody_waiting(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def slow() -> tuple[str, ...]:
        assert asked.wait(10)
        return ("cpu",)

    monkeypatch.setattr("projects.generator.local_workers.local_devices", slow)
    with LocalWorkers(studio) as workers:
        assert workers.pids == []
        asked.set()
        until(lambda: bool(workers.pids))


def log_of(studio: StudioSettings, device: str) -> str:
    log = worker_log_path(studio, device)
    return log.read_text() if log.is_file() else ""


def said_by(studio: StudioSettings, device: str) -> str:
    """What a worker said beside its log."""
    output = worker_output_path(studio, device)
    return output.read_text() if output.is_file() else ""


# What a worker's process is given, so that it paints instead of sampling and loses its accelerator now and then.
LOSING = """
import sys
sys.path.insert(0, {checkout!r})
from pathlib import Path
from projects.generator import worker
from tests.support.rendering import PaintingRoom

class LosingRoom(PaintingRoom):
    def __init__(self, **_):
        super().__init__()
        lives = Path({lives!r})
        lives.write_text(lives.read_text() + "life ")
        if len(lives.read_text().split()) <= {losses}:
            self.faults = [RuntimeError("CUDA error: unspecified launch failure")]

    def release_if_idle(self, seconds):
        pass

worker.EngineHolder = LosingRoom
"""


@pytest.mark.parametrize(("losses", "lives", "status"), [(1, 2, "done"), (2, 3, "failed")])
def test_a_lost_accelerator_ends_the_worker_and_its_keeper_starts_a_fresh_one_at_once(
    studio: StudioSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    losses: int,
    lives: int,
    status: str,
) -> None:
    counted = tmp_path / "lives"
    counted.write_text("")
    program = LOSING.format(checkout=str(ROOT), lives=str(counted), losses=losses)
    (tmp_path / "sitecustomize.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    database = open_database(studio)
    with session_for(database) as session:
        project, (shot,) = small_project(session, studio, ("cut", 1.2))
        render = enqueue_render(session=session, project_id=project.id, shot_ids=[shot.id])
        session.commit()
    with LocalWorkers(studio, ["cpu"]) as workers:
        until(lambda: fresh(database, render.id).status not in UNFINISHED, seconds=60)
        assert workers.failing is None
    assert fresh(database, render.id).status == status
    assert len(counted.read_text().split()) == lives


def test_a_worker_started_by_hand_takes_its_own_place_when_it_lost_its_accelerator(
    studio: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = tmp_path / "lives"
    counted.write_text("")
    (tmp_path / "sitecustomize.py").write_text(LOSING.format(checkout=str(ROOT), lives=str(counted), losses=1))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    database = open_database(studio)
    with session_for(database) as session:
        project, (shot,) = small_project(session, studio, ("cut", 1.2))
        render = enqueue_render(session=session, project_id=project.id, shot_ids=[shot.id])
        session.commit()
    with worker_by_hand(studio) as worker:
        until(lambda: fresh(database, render.id).status == "done", seconds=120)
        assert worker.poll() is None
    assert len(counted.read_text().split()) == 2


def test_a_worker_that_cannot_start_is_reported_with_its_log(studio: StudioSettings) -> None:
    database = open_database(studio)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'from the future'"))
    with LocalWorkers(studio, ["cpu"]) as workers:
        until(lambda: workers.failing is not None, seconds=60)
        log = workers.failing
    assert log is not None
    assert "newer version" in log.read_text()
