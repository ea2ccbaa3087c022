"""Films on the queue with real workers: made, and made again without halves after a worker was killed over one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import psutil
import pytest
import sqlalchemy as sa
from sqlmodel import select

from framepack.media.video import probe
from projects.database.opening import open_database, session_for
from projects.database.tables import Film, ShotUpdate, Speed
from projects.messages import in_english, read
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import UNFINISHED, order_film
from projects.queue.film_steering import pause_film, resume_film
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import film_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot, edit_shot
from tests.support.children import children_with
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.rendering import until, worker_process


@pytest.fixture
def database(studio: StudioSettings) -> Iterator[sa.Engine]:
    opened = open_database(studio)
    yield opened
    opened.dispose()


@pytest.fixture
def film(studio: StudioSettings, database: sa.Engine) -> Callable[[], Film]:
    """A film that was ordered and takes a while, as it is now."""
    with session_for(database) as session:
        project = create_project(session=session, name="Tides")
        media = add_picture(session=session, settings=studio, data=png(320, 180), name="a.png").media
        shot = add_shot(session=session, project_id=project.id, prompt="sea", seconds=2, media_id=media.id)
        edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(reverse=True))
        render_all(session, studio, project.id)
        ordered = order_film(session=session, settings=studio, project_id=project.id, delivery=Delivery(size=1080))
        session.commit()

    def now() -> Film:
        with session_for(database) as session:
            return session.get_one(Film, ordered.id)

    return now


def maker_of(worker: subprocess.Popen[bytes], film: Callable[[], Film]) -> psutil.Process:
    """The process that makes a film, once that has begun."""
    until(lambda: film().status == "working")
    (maker,) = children_with(worker.pid, film().id)
    return maker


def test_a_film_whose_worker_was_killed_is_made_again_by_the_next(
    studio: StudioSettings, film: Callable[[], Film]
) -> None:
    with worker_process(studio) as worker:
        maker = maker_of(worker, film)
        worker.kill()
        # Its standard input closed with the worker's end.
        maker.wait(20)
    assert film().status == "working"
    assert not list(studio.films_dir.glob(f"{film().id}*"))

    with worker_process(studio):
        until(lambda: film().status not in UNFINISHED)
    made = film()
    assert (made.status, made.error) == ("done", None)
    assert probe(film_path(studio, made)).frames == made.frames == 60
    assert {path.name.split(".")[0] for path in studio.films_dir.iterdir()} == {made.id}
    assert not list(studio.home.glob(".film-*"))


def test_a_film_whose_own_process_dies_is_told_and_nothing_half_is_left(
    studio: StudioSettings, film: Callable[[], Film]
) -> None:
    with worker_process(studio) as worker:
        maker_of(worker, film).kill()
        until(lambda: film().status == "failed")
        until(lambda: not list(studio.films_dir.iterdir()) and not list(studio.home.glob(".film-*")))
    assert "ended without a result (status -9)" in in_english(read(film().error or ""))


def test_a_film_that_is_paused_waits_through_a_kill_and_a_restart_and_goes_on_when_it_is_told_to(
    studio: StudioSettings, database: sa.Engine, film: Callable[[], Film]
) -> None:
    def steer(verb: Callable[..., Film]) -> None:
        with session_for(database) as session:
            verb(session=session, film_id=film().id)
            session.commit()

    with worker_process(studio) as worker:
        maker = maker_of(worker, film)
        steer(pause_film)
        maker.wait(20)
        assert (film().status, film().handed_over, film().runs) == ("queued", False, 1)
        until(lambda: not list(studio.films_dir.glob(f"{film().id}*")))
        worker.kill()
        worker.wait()
    with worker_process(studio, "--adopt-after", "2"):
        # What else is ordered goes on meanwhile.
        with session_for(database) as session:
            id = film().project_id
            other = order_film(session=session, settings=studio, project_id=id, delivery=Delivery("gif")).id
            session.commit()

        def is_made() -> bool:
            with session_for(database) as session:
                return session.get_one(Film, other).status == "done"

        until(is_made)
        assert film().status == "queued"
        steer(resume_film)
        until(lambda: film().status not in UNFINISHED)
    made = film()
    assert (made.status, made.error, made.runs) == ("done", None, 1)
    assert probe(film_path(studio, made)).frames == 60
    with session_for(database) as session:
        assert {speed.setting for speed in session.exec(select(Speed).where(Speed.stage == "film"))} == {"h264", "gif"}
