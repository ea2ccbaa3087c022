"""The real worker while its database goes away for a while, and while it is killed again and again."""

from __future__ import annotations

import dataclasses
import random
import sqlite3
import time
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from framepack.media.video import read_frames
from projects.database.opening import database_time, open_database, session_for
from projects.database.tables import Progress, Start, Take, Worker
from projects.queue.orders import RENDERS, UNFINISHED, enqueue_render, live_workers, progress_of, queue_client
from projects.settings import StudioSettings
from projects.storage.places import film_path
from projects.takes.takes import takes_of
from tests.support.films import film_now
from tests.support.postgresql import needs_postgresql, running_postgresql
from tests.support.rendering import fresh, sections_made, small_project, until, worker_process


class Ordered:
    """A small project whose shots are all ordered, and what a page sees of it."""

    def __init__(self, settings: StudioSettings, *shots: tuple[Start, float], steps: int) -> None:
        self.settings = settings
        self.database = open_database(settings)
        with session_for(self.database) as session:
            self.project, made = small_project(session, settings, *shots, steps=steps)
            self.shot_ids = [shot.id for shot in made]
            render = enqueue_render(session=session, project_id=self.project.id, shot_ids=self.shot_ids)
            session.commit()
            self.render_id = render.id

    def has_a_worker(self) -> bool:
        with session_for(self.database) as session:
            return bool(live_workers(session=session))

    def step(self) -> int:
        with session_for(self.database) as session:
            progress = progress_of(session=session, render_id=self.render_id)
            return progress.step if progress else 0

    def forget_signs(self) -> None:
        """Take away what the worker before has left behind, so that the next one's signs are seen."""
        with session_for(self.database) as session:
            session.exec(sa.delete(Worker))
            session.exec(sa.update(Progress).values(step=0))
            session.commit()

    def is_over(self) -> bool:
        return fresh(self.database, self.render_id).status not in UNFINISHED

    def takes(self) -> list[Take]:
        with session_for(self.database) as session:
            return [take for shot_id in self.shot_ids for take in takes_of(session=session, shot_id=shot_id)]

    def film(self) -> list[np.ndarray]:
        with session_for(self.database) as session:
            film = film_now(session, self.settings, self.project.id)
        return list(read_frames(film_path(self.settings, film)))


@needs_postgresql
def test_a_database_server_that_restarts_in_the_middle_of_a_step_costs_no_shot(studio: StudioSettings) -> None:
    with running_postgresql() as server:
        ordered = Ordered(dataclasses.replace(studio, database_url=server.url), ("cut", 2.4), steps=100)
        with worker_process(ordered.settings):
            until(lambda: ordered.step() > 5, seconds=120)
            server.stop()
            time.sleep(3.0)
            server.start()
            until(ordered.is_over, seconds=120)
        assert fresh(ordered.database, ordered.render_id).status == "done"
        (take,) = ordered.takes()
        assert (take.number, take.status, take.error) == (1, "done", None)
        assert len(sections_made(ordered.settings)) == 2
        ordered.database.dispose()


@needs_postgresql
def test_many_workers_look_rarely_at_a_database_server_while_there_is_no_work_and_often_once_there_is(
    studio: StudioSettings,
) -> None:
    with running_postgresql() as server:
        ordered = Ordered(dataclasses.replace(studio, database_url=server.url), ("cut", 1.2), steps=100)
        with session_for(ordered.database) as session, queue_client(ordered.settings) as client:

            def looks() -> float:
                queue = client.retrieve_queue(RENDERS)
                return queue.polling_interval_sec if queue else 0.0

            with worker_process(ordered.settings):
                until(ordered.is_over, seconds=120)
                session.add_all(
                    Worker(executor_id=name, device="cpu", pid=1, host=name, beat_at=database_time(session))
                    for name in "abcdefghi"
                )
                session.commit()
                until(lambda: looks() == 5.0, seconds=20)
                enqueue_render(session=session, project_id=ordered.project.id, shot_ids=ordered.shot_ids)
                session.commit()
                until(lambda: looks() == 1.0, seconds=20)
        ordered.database.dispose()


def test_a_file_that_is_locked_for_forty_seconds_costs_no_shot(studio: StudioSettings) -> None:
    ordered = Ordered(studio, ("cut", 2.4), steps=100)
    with worker_process(studio):
        until(lambda: ordered.step() > 5, seconds=120)
        with sqlite3.connect(str(sa.make_url(studio.database_url).database), timeout=30) as other:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(40.0)
            other.rollback()
        until(ordered.is_over, seconds=120)
    assert fresh(ordered.database, ordered.render_id).status == "done"
    (take,) = ordered.takes()
    assert (take.number, take.status, take.error) == (1, "done", None)
    ordered.database.dispose()


def test_kills_at_random_moments_still_give_the_same_film(tmp_path: Path) -> None:
    shots: tuple[tuple[Start, float], ...] = (("cut", 1.2), ("continue", 1.2), ("cut", 0.5))
    undisturbed, killed = (
        Ordered(StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / name)}), *shots, steps=20)
        for name in ("undisturbed", "killed")
    )
    with worker_process(undisturbed.settings):
        until(undisturbed.is_over, seconds=120)
    moments = random.Random(11)
    # While it loads, while it samples, and after a section of its own.
    for signs in (killed.has_a_worker, killed.step, lambda: sections_made(killed.settings)):
        killed.forget_signs()
        with worker_process(killed.settings) as worker:
            until(signs, seconds=120)
            time.sleep(moments.uniform(0.0, 1.0))
            worker.kill()
            worker.wait()
    with worker_process(killed.settings):
        until(killed.is_over, seconds=120)
    assert fresh(killed.database, killed.render_id).status == "done"
    expected, found = undisturbed.film(), killed.film()
    assert len(expected) == len(found) > 80
    assert all(np.array_equal(one, other) for one, other in zip(expected, found, strict=True))
