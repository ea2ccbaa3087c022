"""What a worker does for the queue, called by the test itself, with painted sections."""

from __future__ import annotations

import threading
from typing import NoReturn

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from framepack.shots.request import Settings
from projects.database.leases import Job
from projects.database.opening import open_database, session_for
from projects.database.tables import Project, Render, Shot, ShotUpdate, Take
from projects.forecast.crowding import Alone
from projects.generator.shot_rendering import ShotRenderer
from projects.settings import StudioSettings
from projects.storyboard.project_settings import project_settings
from projects.storyboard.shots import edit_shot
from projects.takes.staleness import plan_for
from projects.takes.takes import takes_of
from tests.support.rendering import PaintingRoom, fresh, small_project

IDENTITY = checkpoint_identity(checkpoint_named("draft"), None)


class BeginsAfresh(BaseException):
    """The worker's process would have ended here."""


def begin_afresh() -> NoReturn:
    raise BeginsAfresh


class StudioAtWork:
    """A project of a chain of two shots and a cut, and what a worker does for it, with painted sections."""

    def __init__(self, settings: StudioSettings) -> None:
        self.settings = settings
        self.database = open_database(settings)
        self.room = PaintingRoom()
        self.worker = self.new_worker(settings)
        with session_for(self.database) as session:
            self.project, self.shots = small_project(session, settings, ("cut", 2.0), ("continue", 2.0), ("cut", 1.0))
            session.commit()

    def new_worker(self, settings: StudioSettings, leave: threading.Event | None = None) -> ShotRenderer:
        return ShotRenderer(
            settings=settings,
            database=self.database,
            room=self.room,  # type: ignore[arg-type]
            executor="w",
            hardware="painted",
            crowd=Alone(),
            begin_afresh=begin_afresh,
            leave=leave or threading.Event(),
        )

    def planned_settings(self) -> Settings:
        """The settings that its shots are made with."""
        with session_for(self.database) as session:
            settings = project_settings(session.get_one(Project, self.project.id))
        assert settings is not None
        return settings

    def order(self, *shots: Shot) -> str:
        with session_for(self.database) as session:
            render = Render(project_id=self.project.id, shot_ids=[shot.id for shot in shots], handed_over=True)
            session.add(render)
            session.commit()
            return render.id

    def job(self, render_id: str) -> Job:
        """What the queue says of an order that this worker has."""
        return Job(fresh(self.database, render_id).workflow_id, lambda: True)

    def plan(self, render_id: str) -> list[list[int]]:
        with session_for(self.database) as session:
            render = session.get(Render, render_id)
            if render is not None:
                render.handed_over = True
                session.commit()
        return self.worker.plan(render_id, self.job(render_id))

    def make(self, render_id: str, number: int, place: int) -> Message | None:
        return self.worker.make(render_id, number, place, self.job(render_id))

    def carry_out(self, render_id: str) -> Render:
        """What the queue does with a render."""
        problems = []
        for number, places in enumerate(self.plan(render_id)):
            for place in places:
                problem = self.make(render_id, number, place)
                if problem is not None:
                    problems.append(problem)
                    break
        self.worker.settle(render_id, problems, self.job(render_id))
        return fresh(self.database, render_id)

    def render(self, *shots: Shot) -> Render:
        return self.carry_out(self.order(*shots))

    def takes(self, shot: Shot) -> list[Take]:
        with session_for(self.database) as session:
            return takes_of(session=session, shot_id=shot.id)

    def states(self) -> list[str]:
        with session_for(self.database) as session:
            plans = plan_for(session=session, settings=self.settings, project_id=self.project.id, identity=IDENTITY)
            return [plan.state for plan in plans]

    def edit(self, shot: Shot, changes: ShotUpdate) -> None:
        with session_for(self.database) as session:
            edit_shot(session=session, shot_id=shot.id, changes=changes)
            session.commit()
