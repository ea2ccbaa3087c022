"""How much open pages slow a render down: one shot of the draft model at 64 x 64, alone and with many pages open.

    python -m benchmarks.pages_under_load [--pages 40] [--every 1] [--steps 60]

It starts the real studio in a folder of its own. Each page is a connection as a browser has it: it answers the
fragments that ask to be run again and, with ``--every``, draws the whole page anew every so many seconds. The last
line is JSON: seconds of the render without and with pages, and how many page runs ended a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

from PIL import Image
from sqlmodel import select
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from projects.database.opening import make_engine, session_for
from projects.database.tables import Render, Worker
from projects.queue.orders import UNFINISHED, enqueue_render
from projects.settings import CHECKOUT, StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot

SIDE = 64
LONGEST_SECONDS = 60.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40, help="how many pages are open (default: 40)")
    parser.add_argument("--every", type=float, default=0.0, help="seconds between whole page runs (default: none)")
    parser.add_argument("--steps", type=int, default=60, help="steps a section (default: 60)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, studio(Path(folder)) as (address, settings):
        project_id, shot_ids = storyboard(settings, asked.steps)
        render(settings, project_id, shot_ids[0])  # loads the model
        alone = render(settings, project_id, shot_ids[1])
        runs = 0
        with pages(address, project_id, asked.pages, asked.every) as seen:
            time.sleep(5)  # until all have been drawn once
            before = seen()
            crowded = render(settings, project_id, shot_ids[2])
            runs = seen() - before
    figures = {"pages": asked.pages, "every": asked.every, "alone": round(alone, 2), "crowded": round(crowded, 2)}
    print(json.dumps(figures | {"slower": round(crowded / alone, 2), "runs_a_second": round(runs / crowded, 1)}))


@contextmanager
def studio(home: Path) -> Iterator[tuple[str, StudioSettings]]:
    """A studio that is ready to render."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "STUDIO_HOME": str(home), "STUDIO_DATABASE_URL": ""}
    command = [sys.executable, "-m", "streamlit", "run", "studio_app.py", "--server.port", str(port)]
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(home)})
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log)
    try:
        await_true(lambda: _answers(f"http://127.0.0.1:{port}/_stcore/health"))
        await_true(lambda: _has_worker(settings))
        yield f"ws://127.0.0.1:{port}/_stcore/stream", settings
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def storyboard(settings: StudioSettings, steps: int) -> tuple[str, list[str]]:
    """A project of three shots of one section each; the ids of the project and the shots."""
    file = BytesIO()
    Image.new("RGB", (SIDE, SIDE), "teal").save(file, "PNG")
    with session_for(make_engine(settings.database_url)) as session:
        project = create_project(session=session, name="Under load")
        media = add_picture(session=session, settings=settings, data=file.getvalue(), name="teal.png").media
        shots = [
            add_shot(session=session, project_id=project.id, prompt=f"Waves {n}.", seconds=1.2, media_id=media.id)
            for n in range(3)
        ]
        project.height = project.width = SIDE
        project.steps = steps
        session.commit()
        return project.id, [shot.id for shot in shots]


def render(settings: StudioSettings, project_id: str, shot_id: str) -> float:
    """Order one shot and wait for it; the seconds it took."""
    database = make_engine(settings.database_url)
    began = time.monotonic()
    with session_for(database) as session:
        id = enqueue_render(session=session, settings=settings, project_id=project_id, shot_ids=[shot_id]).id
        session.commit()

    def is_over() -> bool:
        with session_for(database) as session:
            return session.get_one(Render, id).status not in UNFINISHED

    await_true(is_over)
    with session_for(database) as session:
        assert session.get_one(Render, id).status == "done", session.get_one(Render, id).error
    return time.monotonic() - began


@contextmanager
def pages(address: str, project_id: str, count: int, every: float) -> Iterator[Callable[[], int]]:
    """Open pages in a process of its own that takes little from the others; yields how many runs have ended."""
    arguments = [address, project_id, str(count), str(every)]
    command = [sys.executable, "-c", "from benchmarks.pages_under_load import browse; browse()", *arguments]
    with tempfile.TemporaryFile() as counts:
        browser = subprocess.Popen(command, cwd=CHECKOUT, stdout=counts)
        try:
            yield lambda: os.fstat(counts.fileno()).st_size
        finally:
            browser.kill()
            browser.wait()


def browse() -> None:
    """What the process of ``pages`` does; it writes one byte for each page run."""
    address, project_id, count, every = sys.argv[1:]
    os.nice(10)

    async def all_pages() -> None:
        await asyncio.gather(*(_page(address, project_id, float(every)) for _ in range(int(count))))

    asyncio.run(all_pages())


async def _page(address: str, project_id: str, every: float) -> None:
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None) as connection:
        repeating: dict[str, asyncio.Task[None]] = {}
        await _run(connection, project_id, "")
        if every:
            repeating[""] = asyncio.create_task(_repeat(connection, project_id, every, ""))
        async for received in connection:
            if len(received) > 4000:
                continue  # a drawing; what matters here is short
            message = ForwardMsg.FromString(received)
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                os.write(1, b".")
            elif kind == "auto_rerun":
                asked = message.auto_rerun
                if asked.fragment_id in repeating:
                    repeating[asked.fragment_id].cancel()
                repeat = _repeat(connection, project_id, asked.interval, asked.fragment_id)
                repeating[asked.fragment_id] = asyncio.create_task(repeat)
            elif kind == "stop_auto_rerun":
                for id in message.stop_auto_rerun.fragment_ids:
                    if id in repeating:
                        repeating.pop(id).cancel()


async def _repeat(connection: ClientConnection, project_id: str, seconds: float, fragment: str) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(seconds)
            await _run(connection, project_id, fragment)


async def _run(connection: ClientConnection, project_id: str, fragment: str) -> None:
    message = BackMsg()
    message.rerun_script.query_string = f"project={project_id}"
    message.rerun_script.page_name = "storyboard"
    message.rerun_script.fragment_id = fragment
    message.rerun_script.is_auto_rerun = bool(fragment)
    await connection.send(message.SerializeToString())


def await_true(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + LONGEST_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("it took too long")
        time.sleep(0.05)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


def _has_worker(settings: StudioSettings) -> bool:
    with session_for(make_engine(settings.database_url)) as session:
        return session.exec(select(Worker)).first() is not None


if __name__ == "__main__":
    main()
