"""Films on the queue with real workers: made, and made again without halves after a worker was killed over one."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
import sqlalchemy as sa

from framepack.media.video import probe
from projects.database.opening import open_database, session_for
from projects.database.tables import Film, ShotUpdate
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import UNFINISHED, order_film
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import film_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot, edit_shot
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.rendering import until, worker_process


@pytest.fixture
def database(studio: StudioSettings) -> Iterator[sa.Engine]:
    opened = open_database(studio)
    yield opened
    opened.dispose()


def test_a_film_whose_worker_was_killed_is_made_again_by_the_next(studio: StudioSettings, database: sa.Engine) -> None:
    with session_for(database) as session:
        project = create_project(session=session, name="Tides")
        media = add_picture(session=session, settings=studio, data=png(320, 180), name="a.png").media
        shot = add_shot(session=session, project_id=project.id, prompt="sea", seconds=2, media_id=media.id)
        edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(reverse=True))
        render_all(session, studio, project.id)
        film = order_film(session=session, settings=studio, project_id=project.id, delivery=Delivery(size=1080))
        session.commit()

    def now() -> Film:
        with session_for(database) as session:
            return session.get_one(Film, film.id)

    with worker_process(studio) as worker:
        until(lambda: now().status == "working")
        (maker,) = [one for one in psutil.Process(worker.pid).children() if film.id in one.cmdline()]
        worker.kill()
        # Its standard input closed with the worker's end.
        maker.wait(20)
    assert now().status == "working"
    assert not list(studio.films_dir.glob(f"{film.id}*"))

    with worker_process(studio):
        until(lambda: now().status not in UNFINISHED)
    made = now()
    assert (made.status, made.error) == ("done", None)
    assert probe(film_path(studio, made)).frames == made.frames == 60
    assert {path.name.split(".")[0] for path in studio.films_dir.iterdir()} == {film.id}
    assert not list(studio.home.glob(".film-*"))
