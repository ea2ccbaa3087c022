"""The faults, by name: each is done to a round under way, and undoes itself or says in ``mend`` what undoes it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from projects.generator.keeper import ALREADY_RUNNING
from projects.generator.shot_rendering import RESERVED_BYTES
from tests.faults.rounds import Round, Wrong
from tests.support.damage import cut_short, empty, flip_bytes, remove

DAMAGES: dict[str, Callable[[Path], None]] = {
    "gone": remove,
    "cut": cut_short,
    "empty": empty,
    "flipped": flip_bytes,
}
LONGEST_STOP = 2.0
LONGEST_LOCK = 6.0


@dataclass(frozen=True)
class Kind:
    """A kind of fault: ``strike`` begins the round and does it; ``weight`` is how often it is chosen."""

    name: str
    strike: Callable[[Round], None]
    weight: int = 1
    needs_mount: bool = False


# --- processes ---


def _kill_worker(round: Round) -> None:
    round.order()
    round.await_moment()
    _signal_worker(round, signal.SIGKILL)


def _kill_worker_at_the_film(round: Round) -> None:
    round.order()
    round.finish_order()
    round.order_film()
    home = round.bench.settings.home
    round.await_moment(("a film is made", lambda: any(home.glob(".film-*"))))
    _signal_worker(round, signal.SIGKILL)


def _kill_worker_twice(round: Round) -> None:
    round.order()
    for _ in range(2):
        round.await_moment()
        _signal_worker(round, signal.SIGKILL)
        round.bench.start_worker()


def _end_worker(round: Round) -> None:
    round.order()
    round.await_moment()
    _signal_worker(round, signal.SIGTERM)


def _stop_worker(round: Round) -> None:
    round.order()
    round.await_moment()
    for worker in round.bench.workers:
        worker.send_signal(signal.SIGSTOP)
    time.sleep(round.random.uniform(0.1, LONGEST_STOP))
    for worker in round.bench.workers:
        worker.send_signal(signal.SIGCONT)


def _end_parent(round: Round) -> None:
    """The parent of a worker dies: the pipe that it holds is closed, and the worker ends by itself."""
    _signal_worker(round, signal.SIGKILL)
    worker = round.bench.start_worker("--ends-with-parent", stdin=subprocess.PIPE)
    assert worker.stdin is not None
    round.order()
    round.await_moment()
    worker.stdin.close()
    try:
        worker.wait(20)
    except subprocess.TimeoutExpired:
        raise Wrong("a worker outlived its parent") from None


def _second_of_one_name(round: Round) -> None:
    if not round.bench.has_a_worker():
        round.bench.start_worker()
    round.order()
    round.await_sections(1)
    second = round.bench.start_worker()
    if second.wait(60) != ALREADY_RUNNING:
        raise Wrong(f"a second worker of one name ended with {second.returncode}")


def _kill_server(round: Round) -> None:
    _with_server(round, both=False)


def _kill_server_and_worker(round: Round) -> None:
    _with_server(round, both=True)


def _with_server(round: Round, *, both: bool) -> None:
    bench = round.bench
    _signal_worker(round, signal.SIGKILL)
    bench.start_server()
    try:
        round.order()
        round.await_moment()
        if both:
            assert bench.server is not None
            os.killpg(bench.server.pid, signal.SIGKILL)
        bench.end_server(signal.SIGKILL)
        if round.random.random() < 0.5:
            bench.start_server()
            round.finish_order()
    finally:
        bench.end_server()


def _signal_worker(round: Round, how: signal.Signals) -> None:
    for worker in round.bench.workers:
        worker.send_signal(how)
        worker.wait(30)
    round.bench.workers = []


# --- files ---


def damage_between(folder: str, damage: str) -> Callable[[Round], None]:
    """Files of what the first shot left are damaged before the second goes on from it."""

    def strike(round: Round) -> None:
        round.order(0)
        round.finish_order()
        _damage_one(round, folder, damage)
        round.may_make_again = True
        round.order()

    return strike


def _damage_before_film(folder: str, damage: str) -> Callable[[Round], None]:
    """Files are damaged once all is rendered; a film is made of them, and made once more."""

    def strike(round: Round) -> None:
        round.order()
        round.finish_order()
        if folder in ("films", "pieces"):
            round.order_film()
            film_id = str(round.film_id)
            round.bench.await_over(lambda: round.bench.film(film_id))
            round.film_id = None
        _damage_one(round, folder, damage)
        round.reads_no_sections = folder == "sections"  # the takes are whole

    return strike


def _damage_picture(damage: str) -> Callable[[Round], None]:
    """A shot's picture is damaged: it is named, the others are rendered, and with the picture back it goes on."""

    def strike(round: Round) -> None:
        path = round.bench.picture(round.storyboard, 2)
        kept = path.read_bytes()

        def mend() -> None:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(kept)

        round.mend, round.may_fail = mend, True
        DAMAGES[damage](path)
        round.order()
        try:
            round.finish_order()
        finally:
            mend()

    return strike


def _damage_one(round: Round, folder: str, damage: str) -> None:
    files = round.bench.files(folder)
    if not files:
        raise Wrong(f"there is nothing in {folder}")
    path = round.random.choice(files)
    round.moment = f"{path.parent.name if folder == 'sections' else ''}/{path.name}"
    DAMAGES[damage](path)


# --- disk and database ---


def _full_disk(round: Round) -> None:
    home = round.bench.settings.home
    ballast = home / "ballast"

    def fill() -> None:
        free = shutil.disk_usage(home).free - round.random.choice([0, 4096, 100_000, 2_000_000, RESERVED_BYTES // 2])
        with ballast.open("wb") as file:
            left = free
            while left > 0:
                try:
                    left -= file.write(b"\0" * min(left, 2**20))
                    file.flush()
                except OSError:
                    return

    round.mend, round.may_fail = lambda: ballast.unlink(missing_ok=True), True
    round.order()
    round.await_moment()
    with contextlib.suppress(OSError):  # that is what it is for
        fill()
    time.sleep(round.random.uniform(0.5, 3.0))
    round.mend()


def _read_only(round: Round) -> None:
    """A folder may be read and not written for a while, as a disk is that has faults."""
    folder = round.bench.settings.home / round.random.choice(["sections", "takes", "films", "conditioning", "pieces"])
    folder.mkdir(exist_ok=True)

    def mend() -> None:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)

    round.mend, round.may_fail = mend, True
    round.order()
    round.await_moment()
    round.moment = f"{folder.name}, {round.moment}"
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        time.sleep(round.random.uniform(0.5, 3.0))
    finally:
        mend()


def _lock_database(which: str) -> Callable[[Round], None]:
    def strike(round: Round) -> None:
        settings = round.bench.settings
        file = settings.home / ("studio.db" if which == "tables" else "studio_queue.db")
        round.order()
        round.await_moment()
        other = sqlite3.connect(file, timeout=30, isolation_level=None)
        try:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(round.random.uniform(0.2, LONGEST_LOCK))
            other.execute("ROLLBACK")
        finally:
            other.close()

    return strike


# --- from within ---


def _inside(fault: str, *, begins_afresh: bool = False) -> Callable[[Round], None]:
    """A fault that the worker meets in its own code (``inside``)."""

    def strike(round: Round) -> None:
        order = {"fault": fault, "seconds": round.random.choice([-86_400.0, -120.0, -30.0, 30.0, 120.0, 86_400.0])}
        round.bench.orders_file.write_text(json.dumps(order))
        # Neither is helped by trying the same once more by itself; both are said, and go well when tried again.
        round.may_fail = fault in ("nan", "memory")
        if begins_afresh:
            _signal_worker(round, signal.SIGKILL)
        round.order()
        round.finish_order()
        if round.bench.orders_file.exists():
            round.bench.orders_file.unlink()
            raise Wrong(f"the fault '{fault}' was never done")

    return strike


def kinds() -> list[Kind]:
    """All kinds of faults."""
    return [
        Kind("kill the worker", _kill_worker, 10),
        Kind("kill the worker at the film", _kill_worker_at_the_film, 4),
        Kind("kill the worker twice", _kill_worker_twice, 3),
        Kind("end the worker", _end_worker, 3),
        Kind("stop the worker and let it go on", _stop_worker, 8),
        Kind("the worker's parent dies", _end_parent, 2),
        Kind("a second worker of one name", _second_of_one_name, 2),
        Kind("kill the server", _kill_server, 2),
        Kind("kill the server and the worker", _kill_server_and_worker, 2),
        *(
            Kind(f"{folder}: a file {damage} before the next shot", damage_between(folder, damage), weight)
            for folder, weight in (("sections", 3), ("conditioning", 1), ("thumbnails", 1))
            for damage in DAMAGES
        ),
        *(
            Kind(f"{folder}: a file {damage} before the film", _damage_before_film(folder, damage), weight)
            for folder, weight in (("sections", 1), ("takes", 3), ("films", 1), ("pieces", 1))
            for damage in DAMAGES
        ),
        *(Kind(f"picture {damage}", _damage_picture(damage)) for damage in DAMAGES),
        Kind("the disk is full", _full_disk, 8, needs_mount=True),
        Kind("the disk is read-only", _read_only, 4, needs_mount=True),
        Kind("the tables are locked", _lock_database("tables"), 3),
        Kind("the queue is locked", _lock_database("queue"), 3),
        Kind("the device has no memory", _inside("memory"), 3),
        Kind("the model gives no numbers", _inside("nan"), 3),
        Kind("the worker's clock is wrong", _inside("clock", begins_afresh=True), 3),
    ]
