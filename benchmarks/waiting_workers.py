"""What workers that only wait cost the database server: ten of them, on a PostgreSQL server of their own.

Run in the project's folder: ``python benchmarks/waiting_workers.py``. The last line is JSON.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from projects.database.opening import open_database, session_for
from projects.queue.orders import live_workers
from projects.settings import StudioSettings
from tests.support.postgresql import running_postgresql
from tests.support.rendering import until, worker_process

WORKERS = int(os.environ.get("WORKERS", "10"))
SECONDS = float(os.environ.get("SECONDS_TO_MEASURE", "60"))


def seconds_of(server: psutil.Process) -> float:
    """The processor seconds that the server's processes have taken so far, those that have ended with them."""
    own = server.cpu_times()
    living = [child.cpu_times() for child in server.children(recursive=True)]
    return own.user + own.system + own.children_user + own.children_system + sum(t.user + t.system for t in living)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as running, ExitStack() as workers:
        homes = [Path(folder) / str(number) for number in range(WORKERS)]
        studios = [StudioSettings.from_environment({"STUDIO_HOME": str(home)}) for home in homes]
        studios = [dataclasses.replace(studio, database_url=running.url) for studio in studios]
        database = open_database(studios[0])
        with database.connect() as connection:
            data = connection.execute(sa.text("SHOW data_directory")).scalar_one()
        server = psutil.Process(int((Path(data) / "postmaster.pid").read_text().split()[0]))

        def alive() -> int:
            with session_for(database) as session:
                return len(live_workers(session=session))

        for studio in studios:
            workers.enter_context(worker_process(studio, "--device", "cpu"))
        until(lambda: alive() == WORKERS, seconds=600)
        database.dispose()
        time.sleep(5.0)
        before, began = seconds_of(server), time.monotonic()
        time.sleep(SECONDS)
        spent, passed = seconds_of(server) - before, time.monotonic() - began
        found = {"workers": WORKERS, "seconds": round(passed, 1), "cpu_seconds": round(spent, 2)}
        found |= {"share_of_a_core": round(spent / passed, 4), "load": round(os.getloadavg()[0], 1)}
        print(json.dumps(found))


if __name__ == "__main__":
    main()
