"""How much open pages slow a render down, and how soon they are answered meanwhile, on a project that is rendered.

    python -m benchmarks.pages_under_load [--pages 50] [--every 10] [--steps 60] [--seconds 4.5] [--times 3]

It starts two real studios in folders of their own. One renders shots of the draft model at 64 x 64, by turns while as
many pages are open on the other, which is idle, and while they are open on itself: what the pages take of the computer
is the same, what they take of the render's studio is the difference. Each page is a connection as a browser has it: it
answers the fragments that ask to be run again and draws the whole page anew every so many seconds. The last line is
JSON: seconds of the renders either way and how much slower they are, in the median, and of how long whole pages took to
be answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
LONGEST_SECONDS = 300.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=50, help="how many pages are open (default: 50)")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between whole page runs (default: 10)")
    parser.add_argument("--steps", type=int, default=60, help="steps a section (default: 60)")
    parser.add_argument("--seconds", type=float, default=4.5, help="how long each shot is (default: 4.5)")
    parser.add_argument("--times", type=int, default=3, help="renders either way (default: 3)")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        studio(Path(folder) / "rendering") as rendering,
        studio(Path(folder) / "idle") as idle,
    ):
        project_id, shot_ids = storyboard(rendering.settings, asked.steps, asked.seconds, 1 + 2 * asked.times)
        elsewhere_id, _ = storyboard(idle.settings, asked.steps, asked.seconds, 1 + 2 * asked.times)
        shots = iter(shot_ids)
        render(rendering.settings, project_id, next(shots))  # loads the model
        elsewhere, here, answers = [], [], []
        for _ in range(asked.times):
            with pages(idle.address, elsewhere_id, asked.pages, asked.every):
                elsewhere.append(render(rendering.settings, project_id, next(shots)))
            with pages(rendering.address, project_id, asked.pages, asked.every) as seen:
                first = len(seen())
                here.append(render(rendering.settings, project_id, next(shots)))
                answers += seen()[first:]
            print(json.dumps({"elsewhere": round(elsewhere[-1], 2), "here": round(here[-1], 2)}), flush=True)
    slower = statistics.median(here) / statistics.median(elsewhere)
    figures = {"pages": asked.pages, "every": asked.every, "slower": round(slower, 3), "answers": len(answers)}
    figures |= {"elsewhere": round(statistics.median(elsewhere), 2), "here": round(statistics.median(here), 2)}
    worst = statistics.quantiles(answers, n=20)[-1]
    print(json.dumps(figures | {"answered_in": round(statistics.median(answers), 3), "19_of_20_in": round(worst, 3)}))


@dataclass(frozen=True)
class Running:
    """A studio that is ready: where its pages connect, and its settings."""

    address: str
    settings: StudioSettings


@contextmanager
def studio(home: Path) -> Iterator[Running]:
    """A studio that is ready to render."""
    home.mkdir()
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
        yield Running(f"ws://127.0.0.1:{port}/_stcore/stream", settings)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def storyboard(settings: StudioSettings, steps: int, seconds: float, count: int) -> tuple[str, list[str]]:
    """A project of shots of so many seconds each; the ids of the project and the shots."""
    file = BytesIO()
    Image.new("RGB", (SIDE, SIDE), "teal").save(file, "PNG")
    with session_for(make_engine(settings.database_url)) as session:
        project = create_project(session=session, name="Under load")
        media = add_picture(session=session, settings=settings, data=file.getvalue(), name="teal.png").media
        shots = [
            add_shot(session=session, project_id=project.id, prompt=f"Waves {n}.", seconds=seconds, media_id=media.id)
            for n in range(count)
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
        id = enqueue_render(session=session, project_id=project_id, shot_ids=[shot_id]).id
        session.commit()

    def is_over() -> bool:
        with session_for(database) as session:
            return session.get_one(Render, id).status not in UNFINISHED

    await_true(is_over)
    with session_for(database) as session:
        assert session.get_one(Render, id).status == "done", session.get_one(Render, id).error
    return time.monotonic() - began


@contextmanager
def pages(address: str, project_id: str, count: int, every: float) -> Iterator[Callable[[], list[float]]]:
    """Open pages in a process of its own that takes little from the others, and wait until each was drawn once.

    Yields what tells how many seconds each whole page took to be answered so far.
    """
    arguments = [address, project_id, str(count), str(every)]
    command = [sys.executable, "-c", "from benchmarks.pages_under_load import browse; browse()", *arguments]
    with tempfile.NamedTemporaryFile() as answers:
        browser = subprocess.Popen(command, cwd=CHECKOUT, stdout=answers)

        def seen() -> list[float]:
            return [float(line) for line in Path(answers.name).read_text().splitlines()]

        try:
            await_true(lambda: len(seen()) >= count)
            yield seen
        finally:
            browser.kill()
            browser.wait()


def browse() -> None:
    """What the process of ``pages`` does; it writes a line of seconds for each whole page that was answered."""
    address, project_id, count, every = sys.argv[1:]
    os.nice(10)

    async def all_pages() -> None:
        await asyncio.gather(*(_page(address, project_id, float(every)) for _ in range(int(count))))

    asyncio.run(all_pages())


async def _page(address: str, project_id: str, every: float) -> None:
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None) as connection:
        repeating: dict[str, asyncio.Task[None]] = {}
        asked_at = 0.0

        async def ask(after: float) -> None:
            nonlocal asked_at
            await asyncio.sleep(after)
            asked_at = time.monotonic()
            await _run(connection, project_id, "")

        await ask(0.0)
        async for received in connection:
            if len(received) > 4000:
                continue  # a drawing; what matters here is short
            message = ForwardMsg.FromString(received)
            kind = message.WhichOneof("type")
            if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                os.write(1, f"{time.monotonic() - asked_at:.4f}\n".encode())
                # Not all in the same moment: people come as they come.
                repeating[""] = asyncio.create_task(ask(every * random.uniform(0.5, 1.5)))
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
