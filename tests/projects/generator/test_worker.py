"""The real worker process with the draft checkpoint at its smallest: killed, called off, adopted, disappointed."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlmodel import select

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.media.video import probe
from framepack.store.section_store import SectionStore
from projects.database.opening import open_database, session_for
from projects.database.tables import Project, Render, Shot, ShotUpdate, Start, Take, Worker, now
from projects.errors import NotFound, StoryboardProblem
from projects.generator.worker import ADOPT_AFTER_SECONDS, DeathWatch
from projects.messages import in_english, read
from projects.queue.orders import (
    UNFINISHED,
    active_renders,
    cancel_render,
    enqueue_render,
    live_workers,
    progress_of,
    render_changed,
)
from projects.queue.steering import retry_order
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import film_path, picture_path, preview_path
from projects.storyboard.shots import edit_shot
from projects.takes.takes import takes_of
from tests.support.films import film_now
from tests.support.plain_pictures import png
from tests.support.rendering import fresh, planned_shots, sections_made, small_project, until, worker_process

IDENTITY = checkpoint_identity(checkpoint_named("draft"), None)


class Page:
    """What a page does: it knows the database and the queue, never the engine."""

    def __init__(self, settings: StudioSettings) -> None:
        self.settings = settings
        self.database = open_database(settings)
        self.project = Project(name="none yet")
        self.shot_ids: list[str] = []

    def make(self, *shots: tuple[Start, float], steps: int = 1, about: str = "shot") -> None:
        with session_for(self.database) as session:
            self.project, made = small_project(session, self.settings, *shots, steps=steps, about=about)
            self.shot_ids = [shot.id for shot in made]
            session.commit()

    def order(self, *shot_ids: str) -> str:
        with session_for(self.database) as session:
            wanted = shot_ids or self.shot_ids
            render = enqueue_render(session=session, project_id=self.project.id, shot_ids=wanted)
            session.commit()
            return render.id

    def order_what_changed(self) -> str:
        with session_for(self.database) as session:
            render = render_changed(
                session=session, settings=self.settings, project_id=self.project.id, identity=IDENTITY
            )
            session.commit()
            return render.id

    def call_off(self, render_id: str) -> None:
        with session_for(self.database) as session:
            cancel_render(session=session, settings=self.settings, render_id=render_id)
            session.commit()

    def await_end(self, render_id: str) -> tuple[str, str | None]:
        until(lambda: fresh(self.database, render_id).status not in UNFINISHED)
        render = fresh(self.database, render_id)
        return render.status, in_english(read(render.error)) if render.error else None

    def step_of(self, render_id: str) -> int:
        with session_for(self.database) as session:
            progress = progress_of(session=session, render_id=render_id)
            return progress.step if progress else 0

    def takes(self, shot_id: str) -> list[Take]:
        with session_for(self.database) as session:
            return takes_of(session=session, shot_id=shot_id)

    def sections(self) -> list[str]:
        planned = planned_shots(self.database, self.project.id, IDENTITY)
        return [key for shot in planned for key in shot.sections]

    def workers(self) -> list[Worker]:
        with session_for(self.database) as session:
            return live_workers(session=session)


@pytest.fixture
def page(studio: StudioSettings) -> Iterator[Page]:
    opened = Page(studio)
    yield opened
    opened.database.dispose()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page of a studio whose worker lives through several tests."""
    home = tmp_path_factory.mktemp("served")
    opened = Page(StudioSettings.from_environment({"STUDIO_HOME": str(home)}))
    with worker_process(opened.settings):
        yield opened
    opened.database.dispose()


def test_what_is_ordered_is_rendered_and_after_an_edit_only_what_changed(served: Page) -> None:
    page = served
    page.make(("cut", 1.2), ("continue", 0.8), ("cut", 0.5), about="boat")
    first = page.order()
    assert page.await_end(first) == ("done", None)
    made = len(sections_made(page.settings))
    assert made == 3
    with session_for(page.database) as session:
        edit_shot(session=session, shot_id=page.shot_ids[1], changes=ShotUpdate(prompt="it snows"))
        session.commit()
    assert page.await_end(page.order_what_changed()) == ("done", None)
    assert len(sections_made(page.settings)) == made + 1
    assert [[take.status for take in page.takes(shot_id)] for shot_id in page.shot_ids] == [
        ["done"],
        ["done", "done"],
        ["done"],
    ]
    assert not preview_path(page.settings, first).exists()
    with session_for(page.database) as session, pytest.raises(StoryboardProblem, match="every shot is done"):
        render_changed(session=session, settings=page.settings, project_id=page.project.id, identity=IDENTITY)
    planned = planned_shots(page.database, page.project.id, IDENTITY)
    with session_for(page.database) as session:
        film = film_now(session, page.settings, page.project.id)
    # 2.5 seconds, as they were asked for.
    assert probe(film_path(page.settings, film)).frames == sum(shot.span.frames for shot in planned) == 75


def test_after_a_kill_the_next_worker_goes_on_and_renders_no_section_twice(page: Page) -> None:
    page.make(("cut", 2.0), ("continue", 1.2))
    store = SectionStore(page.settings.sections_dir)
    render_id = page.order()
    with worker_process(page.settings) as worker:
        until(lambda: store.has(page.sections()[0]))
        worker.kill()
    first = store.video(page.sections()[0])
    written = (first.stat().st_ino, first.stat().st_mtime_ns)
    with worker_process(page.settings):
        assert page.await_end(render_id) == ("done", None)
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == written
    made = sections_made(page.settings)
    assert len(made) == len(set(made)) <= 3
    assert [[take.status for take in page.takes(shot_id)] for shot_id in page.shot_ids] == [["done"], ["done"]]


def test_calling_off_ends_the_step_and_frees_the_worker_for_the_next_job(served: Page) -> None:
    page = served
    page.make(("cut", 0.5), ("cut", 0.5), steps=100, about="tide")
    render_id = page.order(page.shot_ids[0])
    waiting = page.order(page.shot_ids[0])
    until(lambda: page.step_of(render_id))
    page.call_off(waiting)
    page.call_off(render_id)
    assert page.await_end(render_id)[0] == "cancelled"
    until(lambda: [take.status for take in page.takes(page.shot_ids[0])] == ["cancelled"], seconds=20)
    assert page.await_end(page.order(page.shot_ids[1])) == ("done", None)
    assert [take.status for take in page.takes(page.shot_ids[0])] == ["cancelled"]
    with session_for(page.database) as session:
        assert active_renders(session=session, project_id=page.project.id) == []


def test_a_damaged_picture_is_told_in_one_sentence_and_the_worker_goes_on(served: Page) -> None:
    page = served
    page.make(("cut", 0.5), steps=2, about="dune")
    with session_for(page.database) as session:
        media_id = session.get_one(Shot, page.shot_ids[0]).media_id
    path = picture_path(page.settings, str(media_id))
    whole = path.read_bytes()
    path.write_bytes(b"no picture at all")
    # The worker remembers pictures that it encoded.
    shutil.rmtree(page.settings.conditioning_dir)
    status, error = page.await_end(page.order())
    assert status == "failed"
    assert error is not None
    assert error.startswith("The picture teal.png cannot be used: it is not a picture")
    path.write_bytes(whole)
    assert page.await_end(page.order()) == ("done", None)


def test_a_shot_that_fails_stops_no_other_and_the_order_is_finished_when_it_is_tried_again(served: Page) -> None:
    page = served
    page.make(("cut", 0.5), ("cut", 1.8), ("continue", 0.6), ("cut", 0.5), about="reed")
    with session_for(page.database) as session:
        other = add_picture(session=session, settings=page.settings, data=png(80, 64), name="other.png").media
        session.get_one(Shot, page.shot_ids[1]).media_id = other.id
        session.commit()
    path = picture_path(page.settings, other.id)
    whole = path.read_bytes()
    path.write_bytes(b"no picture at all")
    before = set(sections_made(page.settings))
    order = page.order()
    status, error = page.await_end(order)
    assert status == "failed"
    assert error is not None
    assert error.startswith("The picture other.png cannot be used: it is not a picture")

    def states() -> list[list[str]]:
        return [[take.status for take in page.takes(shot_id)] for shot_id in page.shot_ids]

    # What continues the one that failed has nothing to go on from.
    assert states() == [["done"], ["failed"], [], ["done"]]
    path.write_bytes(whole)
    with session_for(page.database) as session:
        again = retry_order(session=session, render_id=order).id
        session.commit()
    assert page.await_end(again) == ("done", None)
    assert [found[0] for found in states()] == ["done"] * 4
    assert len(page.takes(page.shot_ids[0])) == 1
    made = [key for key in sections_made(page.settings) if key not in before]
    assert len(made) == len(set(made)) == 5
    # The chain is what its story says: made anew, it is the same to the bit.
    with session_for(page.database) as session:
        film = film_now(session, page.settings, page.project.id)
    command = ["verify", str(film_path(page.settings, film)), "--again", "--device", "cpu", "--json"]
    told = subprocess.run(
        [sys.executable, "-m", "projects", *command],
        env={**os.environ, "STUDIO_HOME": str(page.settings.home)},
        capture_output=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr.decode()
    assert json.loads(told.stdout)["well"]


def test_what_would_never_end_by_itself_is_put_right_when_a_worker_starts(page: Page) -> None:
    page.make(("cut", 0.5))
    with session_for(page.database) as session:
        lost = Render(project_id=page.project.id, shot_ids=page.shot_ids, status="running", handed_over=True)
        over = Render(project_id=page.project.id, shot_ids=page.shot_ids, status="cancelled")
        session.add_all([lost, over])
        session.flush()
        facts = {"shot_id": page.shot_ids[0], "frames": 1, "width": 64, "height": 64, "fps": 30}
        session.add_all([Take(number=1, render_id=lost.id, **facts), Take(number=2, render_id=over.id, **facts)])
        session.commit()
    with worker_process(page.settings):
        # The queue's database knows nothing of it, so it is handed over once more.
        assert page.await_end(lost.id) == ("done", None)
        until(lambda: page.takes(page.shot_ids[0])[-1].status == "failed")
        # The one that was called off before anything of it was finished gave its number back, if it was swept first.
        made, *others = page.takes(page.shot_ids[0])
        assert (made.status, {take.status for take in others[:-1]} <= {"cancelled"}) == ("done", True)


def test_an_order_names_shots_of_its_project(page: Page) -> None:
    page.make(("cut", 0.5))
    with session_for(page.database) as session:
        with pytest.raises(StoryboardProblem, match="nothing to render"):
            enqueue_render(session=session, project_id=page.project.id, shot_ids=[])
        with pytest.raises(NotFound):
            enqueue_render(session=session, project_id=page.project.id, shot_ids=["other"])
        with pytest.raises(NotFound):
            cancel_render(session=session, settings=page.settings, render_id="other")
        assert session.exec(select(Render)).all() == []


class Watched:
    """A watcher whose clock goes only when told to, and looks every two seconds while it can."""

    def __init__(self) -> None:
        self.time = 0.0
        self.watch = DeathWatch(after=5.5, clock=lambda: self.time)
        self.worker = Worker(executor_id="w", device="cpu", pid=1, host="h", beat_at=now() - dt.timedelta(days=1))
        self.look()

    def look(self) -> set[str]:
        return self.watch.dead([self.worker])

    def look_for(self, seconds: float) -> set[str]:
        for _ in range(round(seconds / 2)):
            self.time += 2.0
            found = self.look()
        return found


def test_a_worker_is_dead_when_its_sign_of_life_stands_still_by_the_watchers_own_clock() -> None:
    w = Watched()
    assert w.look_for(4) == set()
    w.worker.beat_at += dt.timedelta(seconds=2)
    assert w.look_for(6) == set()
    assert w.look_for(2) == {"w"}
    w.worker.beat_at += dt.timedelta(seconds=2)
    assert w.look_for(2) == set()


def test_while_the_watcher_itself_stands_still_nobody_dies() -> None:
    w = Watched()
    w.time += 3600.0
    # It has not seen anything for an hour, which says nothing of the others.
    assert w.look() == set()
    assert w.look_for(2) == {"w"}


def test_a_death_is_noticed_within_ten_seconds() -> None:
    w = Watched()
    died, w.time = w.time, 1.9  # just before the look that sees its last sign
    w.worker.beat_at += dt.timedelta(seconds=2)
    w.look()
    while not w.look():
        w.time += 2.0
    assert ADOPT_AFTER_SECONDS == 5.5
    assert w.time - died <= 10.0
