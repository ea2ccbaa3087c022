"""How much faster two workers make eight cut shots than one: the draft checkpoint, a core for each worker.

Run in the project's folder: ``python benchmarks/two_workers.py``. The last line is JSON. Without two idle cores it says
little; ``load`` is what else the computer did before.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["OMP_NUM_THREADS"] = "1"

from projects.database.opening import open_database, session_for
from projects.queue.orders import UNFINISHED, enqueue_render, live_workers
from projects.settings import StudioSettings
from tests.support.rendering import fresh, small_project, until, worker_process

SHOTS = 8
STEPS = int(os.environ.get("STEPS", "20"))


def elsewhere(settings: StudioSettings, home: Path) -> StudioSettings:
    """The same studio as another computer sees it, with devices of its own."""
    home.mkdir()
    for folder in settings.home.iterdir():
        if folder.is_dir():
            (home / folder.name).symlink_to(folder)
    return dataclasses.replace(settings, home=home)


def seconds_with(workers: int, folder: Path) -> float:
    """How long it takes from the order to the last take, once all workers have made a shot before."""
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(folder / "studio")})
    database = open_database(settings)
    studios = [settings] + [elsewhere(settings, folder / str(number)) for number in range(1, workers)]

    def made(shots: int, about: str) -> float:
        with session_for(database) as session:
            cuts = [("cut", 1.2)] * shots
            project, rows = small_project(session, settings, *cuts, steps=STEPS, about=about)
            ids = [row.id for row in rows]
            id = enqueue_render(session=session, project_id=project.id, shot_ids=ids).id
            session.commit()
        began = time.monotonic()
        until(lambda: fresh(database, id).status not in UNFINISHED, seconds=1800)
        assert fresh(database, id).status == "done"
        return time.monotonic() - began

    def alive() -> int:
        with session_for(database) as session:
            return len(live_workers(session=session))

    with ExitStack() as running:
        for core, studio in enumerate(studios):
            process = running.enter_context(worker_process(studio, "--device", "cpu"))
            psutil.Process(process.pid).cpu_affinity([core % (os.cpu_count() or 1)])
        until(lambda: alive() == workers, seconds=600)
        made(2 * workers, "first")
        seconds = made(SHOTS, "timed")
    database.dispose()
    return seconds


def main() -> None:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        alone, together = seconds_with(1, Path(one)), seconds_with(2, Path(two))
    found = {"one": round(alone, 1), "two": round(together, 1), "times": round(alone / together, 2)}
    print(json.dumps(found | {"shots": SHOTS, "steps": STEPS, "load": round(load, 1)}))


if __name__ == "__main__":
    main()
