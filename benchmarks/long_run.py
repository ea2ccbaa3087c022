"""Whether hours of rendering leave anything behind: sections of one step, film after film, by a real studio.

    python -m benchmarks.long_run [--sections 1500]

A project after the other is ordered, rendered and filmed by the studio's own worker; then all is deleted and cleared
away. The last line is JSON: the memory and open files of the server and of the worker after the first tenth and at the
end, and the files that are still there.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import urllib.request
from functools import partial
from pathlib import Path

import psutil

from projects.database.opening import open_database, session_for
from projects.database.tables import Film
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import order_film
from projects.queue.orders import UNFINISHED, enqueue_render
from projects.storyboard.projects import delete_project
from projects.upkeep.removal import remove_deleted, remove_needless
from tests.support.rendering import fresh, small_project, until
from tests.support.running_studio import Studio, running_studio

SHOTS, SECONDS = 10, 12.0
SECTIONS = SHOTS * 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=int, default=1500)
    rounds = max(2, parser.parse_args().sections // SECTIONS)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_studio(Path(folder) / "studio", STUDIO_PAGES_ONLY="0") as studio,
    ):
        database = open_database(studio.settings)
        sessions = partial(session_for, database)
        files_before = files_of(studio)
        said = []
        began = time.monotonic()
        for number in range(rounds):
            with sessions() as session:
                project, shots = small_project(
                    session, studio.settings, *[("cut", SECONDS)] * SHOTS, about=f"round {number}, shot"
                )
                ids = [shot.id for shot in shots]
                render = enqueue_render(session=session, project_id=project.id, shot_ids=ids).id
                session.commit()
            until(lambda id=render: fresh(database, id).status not in UNFINISHED, seconds=3600)
            assert fresh(database, render).status == "done", fresh(database, render).error
            with sessions() as session:
                film = order_film(
                    session=session, settings=studio.settings, project_id=project.id, delivery=Delivery()
                ).id
                session.commit()

            def is_made(id: str = film) -> bool:
                with sessions() as session:
                    return session.get_one(Film, id).status == "done"

            until(is_made, seconds=600)
            with urllib.request.urlopen(f"{studio.url}/api/projects/{project.id}") as answer:
                answer.read()
            with sessions() as session:
                delete_project(session=session, project_id=project.id)
                session.commit()
            said.append(processes_of(studio))
            print(f"{number + 1:3} of {rounds}: {time.monotonic() - began:.0f} s {said[-1]}", flush=True)
        remove_deleted(sessions=sessions, settings=studio.settings)
        remove_needless(sessions=sessions, settings=studio.settings)
        left = sorted(files_of(studio) - files_before)
        database.dispose()
    found = {"sections": rounds * SECTIONS, "early": said[max(0, rounds // 10 - 1)], "late": said[-1], "left": left}
    print(json.dumps(found | {"seconds": round(time.monotonic() - began), "load": round(os.getloadavg()[0], 1)}))


def processes_of(studio: Studio) -> dict[str, tuple[int, int]]:
    """(MB, open files) of the server and its worker."""
    server = psutil.Process(studio.pid)
    (worker,) = [child for child in server.children() if "worker" in child.cmdline()]
    found = {"server": server, "worker": worker}
    return {name: (one.memory_info().rss // 10**6, one.num_fds()) for name, one in found.items()}


def files_of(studio: Studio) -> set[str]:
    """Every file below the home, logs apart."""
    home = studio.settings.home
    found = (path.relative_to(home) for path in home.rglob("*") if path.is_file())
    return {str(path) for path in found if path.parts[0] != "logs"}


if __name__ == "__main__":
    main()
