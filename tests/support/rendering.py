"""What tests of rendering share: a small storyboard, sections painted instead of sampled, workers, and waiting."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session

from framepack.media.pictures import read_picture
from framepack.shots.events import Conditioned, Event, Finished, SectionDone, Step
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.database.opening import session_for
from projects.database.tables import Project, Render, Shot, Start
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.reading import project_with_shots
from projects.storyboard.shots import add_shot
from projects.takes.staleness import ShotPlan, plan_project
from projects.takes.takes import takes_of_project
from tests.support.plain_pictures import png
from tests.support.preloaded import Command

ROOT = Path(__file__).resolve().parents[2]
SIDE = 64  # the smallest picture the engine takes, so that tests are quick


def until(holds: Callable[[], object], seconds: float = 240.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def small_project(
    session: Session, studio: StudioSettings, *shots: tuple[Start, float], steps: int = 1, about: str = "shot"
) -> tuple[Project, list[Shot]]:
    """A project of tiny pictures and few steps with shots that are (start, seconds), prompted "shot 0" and so on."""
    project = create_project(session=session, name="small")
    media = add_picture(session=session, settings=studio, data=png(SIDE, SIDE), name="teal.png").media
    made = [
        add_shot(
            session=session,
            project_id=project.id,
            prompt=f"{about} {place}",
            start=start,
            seconds=seconds,
            seed=place,
            media_id=media.id if start == "cut" else None,
        )
        for place, (start, seconds) in enumerate(shots)
    ]
    project.height = project.width = SIDE
    project.steps, project.cfg = steps, 1.0
    session.flush()
    return project, made


def plans_by_rows(session: Session, project_id: str, identity: str) -> list[ShotPlan]:
    """The plans of a project as its rows have it, whether or not there are files of its takes."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    takes = takes_of_project(session=session, project_id=project_id)
    return plan_project(project=project, shots=shots, takes=takes, identity=identity)


def planned_shots(database: sa.Engine, project_id: str, identity: str) -> list[PlannedShot]:
    """The shots of a project as they are planned now."""
    with session_for(database) as session:
        plans = plans_by_rows(session, project_id, identity)
    return [plan.planned for plan in plans if plan.planned is not None]


def fresh(database: sa.Engine, render_id: str) -> Render:
    """The render as it is in the database now."""
    with session_for(database) as session:
        return session.get_one(Render, render_id)


def _environment_of(studio: StudioSettings) -> dict[str, str]:
    return os.environ | {
        "STUDIO_HOME": str(studio.home),
        "STUDIO_DATABASE_URL": studio.database_url,
        "STUDIO_MODELS": str(studio.engine.models or ""),
        "STUDIO_CARDS_PER_SHOT": str(studio.cards_per_shot or "auto"),
        "STUDIO_PICTURE_MODELS": str(studio.still_models or ""),
        "STUDIO_STORE": studio.store or "",
    }


@contextlib.contextmanager
def worker_process(studio: StudioSettings, *arguments: str) -> Iterator[Command]:
    """A real worker, killed at the end at the latest. Its log is ``logs_dir/test.log``."""
    studio.make_folders()
    process = Command(
        ["worker", *arguments], folder=ROOT, environment=_environment_of(studio), log=studio.logs_dir / "test.log"
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def worker_by_hand(studio: StudioSettings) -> Iterator[subprocess.Popen[bytes]]:
    """The same from the first line on, as somebody starts it in a terminal."""
    studio.make_folders()
    with (studio.logs_dir / "test.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "projects", "worker"], cwd=ROOT, env=_environment_of(studio), stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def sections_made(studio: StudioSettings) -> list[str]:
    """The first letters of the keys of all sections that workers said they made, in order."""
    lines = (studio.logs_dir / "test.log").read_text().splitlines()
    return [line.split("Made section ")[1].split()[0] for line in lines if "Made section " in line]


class PaintingRoom:
    """Stands where a worker's engine does and paints sections at once; ``faults`` are raised instead, one a shot.

    ``loading`` is what takes its time before anything can be asked of it.
    """

    is_fresh = False

    def __init__(self) -> None:
        self.loading: Callable[[], None] = lambda: None
        self.faults: list[BaseException] = []
        self.rendered: list[PlannedShot] = []
        self.between: Callable[[], None] = lambda: None

    @contextlib.contextmanager
    def engine(self, checkpoint: str, identity: str) -> Iterator[PaintingRoom]:  # noqa: ARG002
        self.loading()
        yield self

    def prepare(
        self,
        shots: Sequence[PlannedShot],
        pictures: Mapping[str, Path],
        store: SectionStore,  # noqa: ARG002
    ) -> None:
        for shot in shots:
            for image in {section.embedding_image for section in shot.made}:
                read_picture(pictures[image], pictures[image].name)

    def render(
        self, chain: tuple[PlannedShot, ...], place: int, pictures: Mapping[str, Path], store: SectionStore
    ) -> Iterator[Event]:
        shot = chain[place]
        self.prepare([shot], pictures, store)
        self.rendered.append(shot)
        yield Conditioned(len(shot.sections), sum(store.has(key) for key in shot.sections))
        if self.faults:
            raise self.faults.pop(0)
        frame = np.full((SIDE, SIDE, 3), 128, np.uint8)
        latents = np.zeros((1, 16, 1, 8, 8), np.float32)
        if shot.start:
            store.publish(shot.start, latents, [frame], 30)
        for number, key in enumerate(shot.sections, start=1):
            yield Step(number, 1, 1, 1.0, frame)
            self.between()
            store.publish(key, latents, [frame] * 36, 30)
            yield SectionDone(key, number, 0.01)
        yield Finished(shot.span.frames, 0.1)
