"""How well the time of an order is foretold: ten shots, rendered by a real worker again and again with other seeds.

    python -m benchmarks.forecasts [--times 5] [--steps 8] [--small]

Of each order it prints, in seconds of work, what was foretold when a worker began it, with its bounds, what it took,
and how far that is apart. ``--small`` makes pictures of 64 x 64 pixels in one step instead of the draft's own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from projects.database.opening import open_database, session_for
from projects.database.tables import Render, Shot
from projects.forecast.foretelling import Forecast
from projects.queue.orders import UNFINISHED, enqueue_render
from projects.settings import StudioSettings
from projects.storyboard.shots import new_seed
from tests.support.rendering import small_project

ROOT = Path(__file__).resolve().parent.parent
SHOTS = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = StudioSettings.from_environment({"STUDIO_HOME": home})
        database = open_database(settings)
        shots, project_id = _storyboard(settings, database, asked)
        command = [sys.executable, "-m", "projects", "worker"]
        worker = subprocess.Popen(command, cwd=ROOT, env=_environment(home), stderr=subprocess.DEVNULL)
        try:
            for number in range(1, asked.times + 1):
                render = _rendered(database, project_id, shots)
                print(_line(number, render), flush=True)
        finally:
            worker.terminate()
            worker.wait()
    return 0


def _environment(home: str) -> dict[str, str]:
    return {**os.environ, "STUDIO_HOME": home}


def _storyboard(settings: StudioSettings, database: sa.Engine, asked: argparse.Namespace) -> tuple[list[str], str]:
    with session_for(database) as session:
        project, shots = small_project(session, settings, *[("cut", 1.0)] * SHOTS, steps=asked.steps)
        if asked.small:
            project.steps = 1
        else:
            project.height, project.width = 144, 256
        session.commit()
        return [shot.id for shot in shots], project.id


def _rendered(database: sa.Engine, project_id: str, shots: list[str]) -> Render:
    with session_for(database) as session:
        for shot in shots:
            session.get_one(Shot, shot).seed = new_seed()
        render = enqueue_render(session=session, project_id=project_id, shot_ids=shots)
        session.commit()
    while render.status in UNFINISHED:
        time.sleep(0.2)
        with session_for(database) as session:
            render = session.get_one(Render, render.id)
    return render


def _line(number: int, render: Render) -> str:
    assert render.forecast is not None
    lasts = Forecast.from_json(render.forecast).lasts
    off = lasts.likely / render.seconds_spent - 1.0
    kind = "measured" if lasts.measured else "estimate"
    foretold = f"{lasts.likely:.1f} s ({lasts.low:.1f} to {lasts.high:.1f}, {kind})"
    return f"order {number}: {render.status}, foretold {foretold}, took {render.seconds_spent:.1f} s, {off:+.0%}"


if __name__ == "__main__":
    sys.exit(main())
