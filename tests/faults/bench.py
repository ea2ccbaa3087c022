"""Owns the studio that faults are done to: its folder, its processes, one small storyboard and the film of it.

It does no faults and judges nothing. Everything is real: worker, server, database, queue and files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from framepack.store.section_store import LATENTS
from projects.database.opening import open_database, session_for
from projects.database.tables import Film, Render, Shot, ShotUpdate, Take
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import order_film
from projects.queue.orders import enqueue_render
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import film_path, picture_path, take_path
from projects.storage.shared import bring
from projects.storyboard.projects import delete_project
from projects.storyboard.shots import edit_shot
from projects.takes.takes import takes_of_project
from tests.support.numbered_takes import frames_in
from tests.support.plain_pictures import png
from tests.support.rendering import ROOT, small_project
from tests.support.running_studio import await_health, free_port

INSIDE = Path(__file__).parent / "inside"
SHOTS = (("cut", 1.2), ("continue", 2.0), ("cut", 0.7))
OVER = ("done", "failed", "cancelled")
# What ends a process by its own fault; nobody sends it these.
CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
# What is made anew from what the tables say.
MADE = ("sections", "takes", "films", "pieces", "conditioning", "thumbnails", "previews")


@dataclass(frozen=True)
class Storyboard:
    """The project of one round and its shots, by id."""

    project: str
    shots: tuple[str, ...]


# A hash of each frame, in order.
Digests = tuple[str, ...]
# The tensors of files, by the file and by their names.
Tensors = dict[str, dict[str, Tensor]]


class NeverEnded(AssertionError):
    """A job hung."""


class Bench:
    """A studio in ``home``; ``database_url`` says where else than there its tables lie."""

    def __init__(self, home: Path, database_url: str | None = None) -> None:
        environment = {"STUDIO_HOME": str(home), "STUDIO_DATABASE_URL": database_url or ""}
        self.settings = StudioSettings.from_environment(environment)
        self.settings.make_folders()
        self.homes = [self.settings]
        self.database = open_database(self.settings)
        self.orders_file = home / "faults-inside.json"
        self.log = self.settings.logs_dir / "test.log"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.crashes: list[int] = []  # the signals that workers ended by of themselves
        self.server: subprocess.Popen[bytes] | None = None

    # --- its processes ---

    def start_worker(self, *arguments: str, stdin: int | None = None) -> subprocess.Popen[bytes]:
        """A worker of this studio; what it says goes to ``log``."""
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "projects", "worker", *arguments],
                cwd=ROOT,
                env=self._environment(),
                stdin=stdin,
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    def start_server(self) -> None:
        """The studio as a person starts it, with a worker of its own; returns once it answers."""
        port, log = free_port(), self.settings.logs_dir / "server.log"
        command = [sys.executable, "-m", "streamlit", "run", "studio_app.py", "--server.port", str(port)]
        with log.open("ab") as written:
            self.server = subprocess.Popen(
                command, cwd=ROOT, env=self._environment(), stdout=written, stderr=written, start_new_session=True
            )
        await_health(self.server, f"http://127.0.0.1:{port}", log)

    def _environment(self) -> dict[str, str]:
        own = {"PYTHONPATH": f"{INSIDE}{os.pathsep}{ROOT}", "STUDIO_FAULTS_INSIDE": str(self.orders_file)}
        return {**os.environ, **self.settings.as_environment(), **own}

    def has_a_worker(self) -> bool:
        """Whether a worker of the driver's runs, stopped or not."""
        self.crashes += [
            -worker.returncode for worker in self.workers if worker.poll() is not None and -worker.returncode in CRASHES
        ]
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        return bool(self.workers)

    def end_server(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server and wait for it; its worker ends with it."""
        if self.server is None:
            return
        self.server.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.wait(30)
        if self.server.poll() is None:
            self.server.kill()
            self.server.wait()
        self.server = None

    def end(self) -> None:
        """End whatever runs."""
        self.end_server()
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.workers = []
        self.database.dispose()

    # --- the storyboard ---

    def wipe(self) -> None:
        """Throw away all that was made, so that the same storyboard is rendered anew."""
        for name in (*MADE, "damaged"):
            for entry in (self.settings.home / name).iterdir() if (self.settings.home / name).is_dir() else ():
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()

    def new_storyboard(self) -> Storyboard:
        """The same shots each time, in a project of their own."""
        with session_for(self.database) as session:
            project, shots = small_project(session, self.settings, *SHOTS)
            other = add_picture(session=session, settings=self.settings, data=png(80, 64, "navy"), name="navy.png")
            shots[2].media_id = other.media.id
            changes = ShotUpdate(transition="dissolve", transition_seconds=0.3)
            edit_shot(session=session, shot_id=shots[2].id, changes=changes)
            session.commit()
            return Storyboard(project.id, tuple(shot.id for shot in shots))

    def drop(self, storyboard: Storyboard) -> None:
        """Have nothing of a storyboard go on by itself any more."""
        with session_for(self.database) as session:
            delete_project(session=session, project_id=storyboard.project)
            session.commit()

    def order(self, storyboard: Storyboard, *places: int) -> str:
        """Order the shots at ``places``, all without; returns the render's id."""
        shots = [storyboard.shots[place] for place in places] or [*storyboard.shots]
        with session_for(self.database) as session:
            render = enqueue_render(session=session, project_id=storyboard.project, shot_ids=shots)
            session.commit()
            return render.id

    def order_film(self, storyboard: Storyboard) -> str:
        """Order the film; returns its id."""
        with session_for(self.database) as session:
            film = order_film(
                session=session, settings=self.settings, project_id=storyboard.project, delivery=Delivery()
            )
            session.commit()
            return film.id

    def render(self, render_id: str) -> Render:
        """A render as it is now."""
        with session_for(self.database) as session:
            return session.get_one(Render, render_id)

    def film(self, film_id: str) -> Film:
        """A film as it is now."""
        with session_for(self.database) as session:
            return session.get_one(Film, film_id)

    def takes(self, storyboard: Storyboard) -> list[Take]:
        """All takes of the storyboard."""
        with session_for(self.database) as session:
            return takes_of_project(session=session, project_id=storyboard.project)

    def picture(self, storyboard: Storyboard, place: int) -> Path:
        """The file of a shot's picture."""
        with session_for(self.database) as session:
            return picture_path(self.settings, str(session.get_one(Shot, storyboard.shots[place]).media_id))

    def await_over(self, row: Callable[[], Render | Film], seconds: float = 120.0) -> Render | Film:
        """A render or film once it is over, with a worker there all the while. Raises NeverEnded."""
        deadline = time.monotonic() + seconds
        while (found := row()).status not in OVER:
            if time.monotonic() > deadline:
                raise NeverEnded(f"{type(found).__name__} {found.id} is {found.status} after {seconds:.0f} s")
            if self.server is None and not self.has_a_worker():
                self.start_worker()
            time.sleep(0.03)
        return found

    def film_frames(self, film: Film) -> Digests:
        """The hashes of a film's decoded frames."""
        return self._digests(film_path(self.settings, film))

    def take_frames(self, storyboard: Storyboard) -> dict[int, Digests]:
        """The hashes of the frames of the takes that are shown, by the place of their shot."""
        takes = {take.shot_id: take for take in self.takes(storyboard) if take.status == "done"}
        found = {place: takes.get(shot) for place, shot in enumerate(storyboard.shots)}
        return {place: self._digests(take_path(self.settings, take.id)) for place, take in found.items() if take}

    def latents(self) -> Tensors:
        """The tensors of each section, by its folder's name."""
        return _read({path.parent.name: path for path in self.files("sections") if path.name == LATENTS})

    def conditioning(self) -> Tensors:
        """What prompts and pictures became, by the file's name."""
        return _read({path.stem: path for path in self.files("conditioning") if path.suffix == ".safetensors"})

    def made(self) -> list[str]:
        """The beginnings of the keys of the sections that workers said they made, in order."""
        logs = sorted(log for home in self.homes for log in home.logs_dir.glob("worker-*.log"))
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        return [line.split("Made section ")[1].split()[0] for line in lines if "Made section " in line]

    def files(self, name: str) -> list[Path]:
        """The files below a folder of the homes that hold something finished."""
        found = [path for home in self.homes for path in (home.home / name).rglob("*")]
        return sorted(path for path in found if path.is_file() and not path.name.startswith("."))

    def _digests(self, video: Path) -> Digests:
        bring(self.settings, video)
        return tuple(hashlib.sha256(frame.tobytes()).hexdigest() for frame in frames_in(video))


def _read(files: dict[str, Path]) -> Tensors:
    found: Tensors = {}
    for name, path in files.items():
        # The driver itself may have damaged it.
        with contextlib.suppress(SafetensorError, FileNotFoundError):
            found[name] = load_file(path)
    return found
