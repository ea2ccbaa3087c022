"""A real worker takes orders up in their order, and leaves one between two sections for another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import select

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from projects.database.opening import open_database, session_for
from projects.database.tables import Pass, Project, Render, Shot, Speed, Take
from projects.queue.orders import UNFINISHED, enqueue_render
from projects.queue.steering import pause_order, pause_queue, resume_order, resume_queue
from projects.settings import StudioSettings
from projects.takes.takes import takes_of_project
from tests.support.rendering import fresh, sections_made, small_project, until, worker_process

IDENTITY = checkpoint_identity(checkpoint_named("draft"), None)


class Studio:
    """A night's work of three sections, and a draft of one."""

    def __init__(self, settings: StudioSettings) -> None:
        self.settings = settings
        self.database = open_database(settings)
        with session_for(self.database) as session:
            self.night, self.long = small_project(session, settings, ("cut", 3.6), about="night")
            self.night.real_checkpoint, self.night.real_steps = "draft", 40
            self.day, self.short = small_project(session, settings, ("cut", 0.5), about="day")
            session.commit()

    def order(self, project: Project, shots: list[Shot], made_for: Pass) -> str:
        ids = [shot.id for shot in shots]
        with session_for(self.database) as session:
            render = enqueue_render(session=session, project_id=project.id, shot_ids=ids, made_for=made_for)
            session.commit()
            return render.id

    def row(self, render_id: str) -> Render:
        return fresh(self.database, render_id)

    def is_over(self, render_id: str) -> bool:
        return self.row(render_id).status not in UNFINISHED

    def made(self) -> list[str]:
        return sections_made(self.settings)

    def takes(self, project: Project) -> list[Take]:
        with session_for(self.database) as session:
            return takes_of_project(session=session, project_id=project.id)

    def paused(self, render_id: str, *, on: bool) -> None:
        with session_for(self.database) as session:
            (pause_order if on else resume_order)(session=session, render_id=render_id)
            session.commit()

    def all_paused(self, *, on: bool) -> None:
        with session_for(self.database) as session:
            (pause_queue if on else resume_queue)(session=session)
            session.commit()


@pytest.fixture
def work(studio: StudioSettings) -> Iterator[Studio]:
    opened = Studio(studio)
    yield opened
    opened.database.dispose()


def test_a_draft_is_made_between_the_sections_of_a_nights_work_and_nothing_is_made_twice(work: Studio) -> None:
    night = work.order(work.night, work.long, "real")
    with worker_process(work.settings):
        until(lambda: work.row(night).status == "running" and work.takes(work.night))
        draft = work.order(work.day, work.short, "draft")
        until(lambda: work.is_over(draft))
        assert work.row(draft).status == "done"
        assert not work.is_over(night)
        until(lambda: work.is_over(night))
    assert work.row(night).status == "done"
    assert work.row(night).runs == 1
    (take,) = work.takes(work.night)
    assert (take.status, take.attempts) == ("done", 0)
    made = work.made()
    assert len(made) == len(set(made)) == 4
    with session_for(work.database) as session:
        stages = {speed.stage for speed in session.exec(select(Speed)).all()}
    assert stages == {"load", "encode", "sample", "decode", "rest"}


def test_a_paused_order_ends_its_section_waits_and_survives_the_workers_death(work: Studio) -> None:
    night = work.order(work.night, work.long, "real")
    with worker_process(work.settings) as worker:
        until(lambda: work.row(night).status == "running" and work.takes(work.night))
        work.paused(night, on=True)
        draft = work.order(work.day, work.short, "draft")
        # The draft begins only once the night's section is over.
        until(lambda: work.is_over(draft))
        assert (work.row(night).status, len(work.made())) == ("queued", 2)
        worker.kill()
        worker.wait()
    work.all_paused(on=True)
    work.paused(night, on=False)
    with worker_process(work.settings, "--adopt-after", "2"):
        again = work.order(work.day, work.short, "draft")
        work.all_paused(on=False)
        until(lambda: work.is_over(night) and work.is_over(again))
    assert (work.row(night).status, work.row(again).status) == ("done", "done")
    made = work.made()
    assert len(made) == len(set(made)) == 4
