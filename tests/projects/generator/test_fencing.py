"""A worker that was stopped over its work and comes back changes nothing of what another has taken up since."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, select

from framepack.files.manifest import beside
from projects.database.leases import Fenced, Job, check_held, take_up
from projects.database.opening import AWAY, make_engine, open_database, session_for
from projects.database.tables import Progress, Render, Shot, Take, Worker
from projects.failures import CALLED_OFF
from projects.queue.orders import UNFINISHED, enqueue_render, progress_of, queue_client
from projects.settings import StudioSettings
from projects.storage.places import preview_path, take_path
from tests.support.postgresql import needs_postgresql, running_postgresql
from tests.support.rendering import fresh, small_project, until, worker_process
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def studio_at_work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    return StudioAtWork(studio)


def elsewhere(settings: StudioSettings) -> StudioSettings:
    """The same studio as another computer sees it, with devices of its own."""
    home = settings.home.with_name("elsewhere")
    home.mkdir()
    for folder in settings.home.iterdir():
        if folder.is_dir():
            (home / folder.name).symlink_to(folder)
    return dataclasses.replace(settings, home=home)


def everything(database: sa.Engine, settings: StudioSettings, render_id: str) -> dict[str, object]:
    """All that tells of an order: its rows, its files as they lie there, and what the queue says of it."""
    rows: list[dict[str, object]] = []
    tables: tuple[type[SQLModel], ...] = (Render, Take, Shot, Progress)
    with session_for(database) as session:
        for table in tables:
            rows += [row.model_dump() for row in session.exec(select(table)).all()]
    files = [path.stat() for path in sorted(settings.home.rglob("*")) if path.parent.name in ("takes", "previews")]
    with queue_client(settings) as client:
        jobs = [(job.workflow_id, job.status) for job in client.list_workflows(workflow_id_prefix=render_id)]
    return {"rows": rows, "files": [(file.st_ino, file.st_mtime_ns) for file in files], "jobs": sorted(jobs)}


@contextlib.contextmanager
def server(studio: StudioSettings, kind: str) -> Iterator[StudioSettings]:
    if kind == "sqlite":
        yield studio
        return
    with running_postgresql() as running:
        yield dataclasses.replace(studio, database_url=running.url)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def test_a_worker_that_was_stopped_in_a_shot_changes_nothing_when_it_comes_back_and_serves_on(
    studio: StudioSettings, kind: str
) -> None:
    with server(studio, kind) as settings:
        database = open_database(settings)
        with session_for(database) as session:
            project, shots = small_project(session, settings, ("cut", 1.2), ("cut", 0.5), steps=30)
            session.commit()

        def ordered(shot: Shot) -> str:
            with session_for(database) as session:
                render = enqueue_render(session=session, project_id=project.id, shot_ids=[shot.id])
                session.commit()
                return render.id

        def is_over(render_id: str) -> bool:
            return fresh(database, render_id).status not in UNFINISHED

        def has_begun() -> bool:
            with session_for(database) as session:
                progress = progress_of(session=session, render_id=render_id)
                return progress is not None and progress.step > 0

        def workers() -> set[str]:
            with session_for(database) as session:
                return {worker.executor_id for worker in session.exec(select(Worker)).all()}

        # A worker that waits is quicker to take the job up than one that still has to start.
        with worker_process(settings) as stopped:
            until(workers)
            (first,) = workers()
            render_id = ordered(shots[0])
            until(has_begun)
            stopped.send_signal(signal.SIGSTOP)
            with worker_process(elsewhere(settings), "--adopt-after", "1") as other:
                until(lambda: is_over(render_id))
                assert fresh(database, render_id).status == "done"
                (second,) = workers()
                before = everything(database, settings, render_id)
                stopped.send_signal(signal.SIGCONT)
                until(lambda: first in workers())
                until(lambda: "is not this worker's any more" in (settings.logs_dir / "test.log").read_text())
                other.terminate()
                other.wait()
            assert everything(database, settings, render_id) == before
            again = ordered(shots[1])
            until(lambda: is_over(again))
            assert (fresh(database, again).status, fresh(database, again).executor) == ("done", first)
            with session_for(database) as session:
                (take,) = session.exec(select(Take).where(Take.shot_id == shots[0].id)).all()
            assert (take.number, take.status, take.lease, take.attempts) == (1, "done", 2, 0)
            assert fresh(database, render_id).executor == second != first
        database.dispose()


def test_a_shot_that_is_finished_by_another_meanwhile_is_given_up_without_a_trace(
    studio_at_work: StudioAtWork,
) -> None:
    s = studio_at_work
    render_id = s.order(s.shots[2])
    s.plan(render_id)
    other = s.new_worker(s.settings)
    seen: list[dict[str, object]] = []

    def stand_still() -> None:
        # While this worker stands still another takes the shot up and finishes it.
        s.room.between = lambda: None
        assert other.make(render_id, 0, 0, s.job(render_id)) is None
        other.settle(render_id, [], s.job(render_id))
        seen.append(everything(s.database, s.settings, render_id))

    s.room.between = stand_still
    answers = iter([True, True, False])
    assert s.worker.make(render_id, 0, 0, Job(render_id, lambda: next(answers))) == CALLED_OFF
    assert everything(s.database, s.settings, render_id) == seen[0]
    (take,) = s.takes(s.shots[2])
    assert (take.status, take.lease, take.attempts) == ("done", 2, 0)
    assert fresh(s.database, render_id).status == "done"
    assert not preview_path(s.settings, render_id).exists()
    # It goes on with what else there is.
    assert s.render(s.shots[0]).status == "done"


def test_who_has_a_shot_by_right_takes_it_up_again_from_one_that_lost_it_long_ago(
    studio_at_work: StudioAtWork,
) -> None:
    s = studio_at_work
    render_id = s.order(s.shots[2])
    s.plan(render_id)
    stale = s.new_worker(s.settings)

    def come_back() -> None:
        # It had been stopped just before it took the shot up, and finds out afterwards that it is another's.
        s.room.between = lambda: None
        answers = iter([True, False])
        assert stale.make(render_id, 0, 0, Job(render_id, lambda: next(answers))) == CALLED_OFF

    s.room.between = come_back
    assert s.make(render_id, 0, 0) is None
    (take,) = s.takes(s.shots[2])
    assert (take.status, take.lease, take.error) == ("done", 3, None)


def test_an_order_that_was_put_back_is_not_carried_out_by_the_workflow_before(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    render_id = s.order(s.shots[2])
    before = s.job(render_id)
    s.plan(render_id)
    with session_for(s.database) as session:
        session.get_one(Render, render_id).runs += 1
        session.commit()
    assert s.worker.make(render_id, 0, 0, before) == CALLED_OFF
    s.worker.settle(render_id, [], before)
    assert (fresh(s.database, render_id).status, s.takes(s.shots[2])) == ("running", [])
    assert s.carry_out(render_id).status == "done"


def test_a_file_that_was_joined_by_a_fenced_worker_does_not_take_the_place_of_anothers(
    studio_at_work: StudioAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = studio_at_work
    render_id = s.order(s.shots[2])
    s.plan(render_id)
    other = s.new_worker(s.settings)
    files: list[int] = []

    def meanwhile(path: Path) -> None:  # noqa: ARG001 (the file that this worker has joined)
        monkeypatch.undo()
        assert other.make(render_id, 0, 0, s.job(render_id)) is None
        (take,) = s.takes(s.shots[2])
        files.extend(path.stat().st_ino for path in lying(s, take))

    monkeypatch.setattr("projects.generator.takes_in_hand.sum_of", meanwhile)
    answers = iter([True, True, False])
    assert s.worker.make(render_id, 0, 0, Job(render_id, lambda: next(answers))) == CALLED_OFF
    (take,) = s.takes(s.shots[2])
    assert (take.status, take.lease) == ("done", 2)
    assert [path.stat().st_ino for path in lying(s, take)] == files
    assert len(list(s.settings.takes_dir.iterdir())) == 2


def lying(s: StudioAtWork, take: Take) -> list[Path]:
    path = take_path(s.settings, take.id)
    return [path, beside(path)]


@needs_postgresql
def test_a_worker_that_stands_still_in_the_middle_of_a_write_holds_up_the_next_for_seconds_only(
    studio: StudioSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.database.leases.SECONDS_OF_SILENCE", 1)
    with running_postgresql() as running:
        settings = dataclasses.replace(studio, database_url=running.url)
        s = StudioAtWork(settings)
        s.render(s.shots[2])
        (take,) = s.takes(s.shots[2])
        one, other = make_engine(running.url), make_engine(running.url)
        with session_for(one) as silent:
            check_held(session=silent, table=Take, id=take.id, lease=take.lease)
            silent.get_one(Take, take.id).note = "too late"
            with session_for(other) as session:
                # It waits until the server has given up the one before.
                assert take_up(session=session, row=session.get_one(Take, take.id)) == take.lease + 1
                session.commit()
            # As where it is away, so that the write is tried again, and finds that it is fenced.
            with pytest.raises(AWAY):
                silent.commit()
        with session_for(one) as session, pytest.raises(Fenced):
            check_held(session=session, table=Take, id=take.id, lease=take.lease)
        (now,) = s.takes(s.shots[2])
        assert (now.note, now.lease) == ("", take.lease + 1)
        for engine in (one, other, s.database):
            engine.dispose()
