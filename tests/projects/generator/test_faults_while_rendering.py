"""One fault stays one fault: a lost accelerator, a database that is away, a picture, a shot that is gone."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest

from projects.database.opening import make_engine, session_for
from projects.database.tables import Render, Shot
from projects.failures import CALLED_OFF
from projects.messages import in_english, read
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import picture_path
from projects.storyboard.several import delete_shots
from projects.storyboard.shots import attach_image
from tests.support.plain_pictures import png
from tests.support.studio_at_work import BeginsAfresh, StudioAtWork


@pytest.fixture
def at_work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    monkeypatch.setattr("projects.generator.patience.SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr("projects.database.patience.SECONDS_BETWEEN_TRIES", 0.05)
    return StudioAtWork(studio)


class AcceleratorError(RuntimeError):
    """As torch's own is called."""


def lost() -> AcceleratorError:
    return AcceleratorError("CUDA error: an illegal memory access was encountered\nmore")


# --- the accelerator


def test_a_worker_that_lost_its_accelerator_ends_and_the_next_tries_the_shot_once_more(at_work: StudioAtWork) -> None:
    s = at_work
    s.room.faults = [lost()]
    render_id = s.order(*s.shots)
    with pytest.raises(BeginsAfresh):
        s.carry_out(render_id)
    (take,) = s.takes(s.shots[0])
    assert (take.status, take.attempts) == ("rendering", 1)
    assert s.carry_out(render_id).status == "done"
    (take,) = s.takes(s.shots[0])
    assert (take.status, take.error) == ("done", None)


def test_a_shot_over_which_the_accelerator_is_lost_twice_fails_with_a_sentence(at_work: StudioAtWork) -> None:
    s = at_work
    s.room.faults = [lost(), ValueError("wrapped")]
    s.room.faults[1].__cause__ = lost()
    render_id = s.order(*s.shots)
    for _ in range(2):
        with pytest.raises(BeginsAfresh):
            s.carry_out(render_id)
    render = s.carry_out(render_id)
    assert render.status == "failed"
    assert in_english(read(render.error or "")).startswith("The graphics card stopped with a fault twice")
    (take,) = s.takes(s.shots[0])
    assert (take.status, read(take.error or "").id) == ("failed", "accelerator-lost")
    assert s.states() == ["never rendered", "never rendered", "done"]


# --- the database


class LockedDatabase:
    """Another program that keeps the studio's SQLite file for itself for a while."""

    def __init__(self, settings: StudioSettings, seconds: float) -> None:
        self._path = make_engine(settings.database_url).url.database
        self._seconds = seconds
        self._locked = threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def begin(self) -> None:
        self._thread.start()
        assert self._locked.wait(10)

    def end(self) -> None:
        self._thread.join()

    def _hold(self) -> None:
        connection = sqlite3.connect(str(self._path), timeout=10)
        connection.execute("BEGIN EXCLUSIVE")
        self._locked.set()
        time.sleep(self._seconds)
        connection.rollback()
        connection.close()


def test_a_database_that_is_locked_for_long_fails_no_shot(
    at_work: StudioAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = at_work
    # As if 40 seconds had passed: everybody who waits for the lock gives up long before it is free.
    monkeypatch.setattr("projects.generator.shot_rendering.SECONDS_TO_WAIT_FOR_A_GLANCE", 0.05)
    s.database = make_engine(s.settings.database_url, busy_seconds=0.05)
    s.worker = s.new_worker(s.settings)
    locked = LockedDatabase(s.settings, seconds=3.0)
    s.room.between = lambda: None if locked._thread.ident else locked.begin()
    began = time.monotonic()
    assert s.render(*s.shots).status == "done"
    locked.end()
    assert time.monotonic() - began > 3.0
    assert s.states() == ["done", "done", "done"]


# --- calling off


def test_what_does_not_hear_that_it_was_called_off_ends_with_its_process(
    at_work: StudioAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = at_work
    monkeypatch.setattr("projects.generator.patience.SECONDS_TO_HEAR", 0.2)
    ended = threading.Event()
    s.worker._begin_afresh = ended.set  # type: ignore[assignment]
    render_id = s.order(s.shots[0])

    def load() -> None:
        with session_for(s.database) as session:
            session.get_one(Render, render_id).status = "cancelled"
            session.commit()
        assert ended.wait(10)

    s.room.loading = load
    s.plan(render_id)
    assert s.make(render_id, 0, 0) == CALLED_OFF
    assert s.room.rendered == []
    assert [take.status for take in s.takes(s.shots[0])] == ["cancelled"]


# --- pictures and shots


def test_a_missing_picture_is_the_fault_of_its_own_chain_alone(at_work: StudioAtWork) -> None:
    s = at_work
    with session_for(s.database) as session:
        other = add_picture(session=session, settings=s.settings, data=png(64, 64, "red"), name="red.png").media
        attach_image(session=session, shot_id=s.shots[2].id, media_id=other.id)
        session.commit()
    picture_path(s.settings, other.id).unlink()
    render = s.render(*s.shots)
    assert render.status == "failed"
    assert in_english(read(render.error or "")).startswith("The picture red.png cannot be used")
    assert s.states() == ["done", "done", "never rendered"]


def test_a_shot_that_was_deleted_meanwhile_is_not_rendered(at_work: StudioAtWork) -> None:
    s = at_work
    render_id = s.order(*s.shots)
    s.plan(render_id)
    remove(s, s.shots[2])
    assert s.carry_out(render_id).status == "done"
    assert [shot.request.prompt for shot in s.room.rendered] == ["shot 0", "shot 1"]
    assert s.takes(s.shots[2]) == []


def test_a_shot_that_is_deleted_while_it_is_rendered_ends_at_the_next_step(at_work: StudioAtWork) -> None:
    s = at_work

    def delete_it() -> None:
        remove(s, s.shots[2])
        s.room.between = lambda: None
        time.sleep(0.3)

    s.room.between = delete_it
    render = s.render(s.shots[2])
    assert (render.status, render.error) == ("done", None)
    assert [take.status for take in s.takes(s.shots[2])] == ["cancelled"]


def remove(s: StudioAtWork, shot: Shot) -> None:
    with session_for(s.database) as session:
        delete_shots(session=session, project_id=shot.project_id, shot_ids=[shot.id])
        session.commit()


# --- ending on purpose


def test_a_worker_that_ends_on_purpose_forgives_its_own_take_alone(at_work: StudioAtWork) -> None:
    s = at_work
    others, own = s.order(s.shots[2]), s.order(s.shots[0])
    for render_id in (others, own):
        s.plan(render_id)
    s.room.faults = [KeyboardInterrupt(), KeyboardInterrupt()]
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            s.make(others, 0, 0)
    attempts: list[int] = []

    def told_to_end() -> None:
        s.worker.forgive()
        attempts.extend(take.attempts for shot in (s.shots[2], s.shots[0]) for take in s.takes(shot))
        s.room.between = lambda: None

    s.room.between = told_to_end
    s.make(own, 0, 0)
    assert attempts == [2, 0]
