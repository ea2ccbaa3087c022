"""Films wait in an order of their own, which a person changes; one that is paused is put back and goes on later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from framepack.store.section_store import SectionStore
from projects.database.opening import open_database, session_for
from projects.database.tables import Film
from projects.errors import NotFound, StoryboardProblem
from projects.forecast.films import film_lasts, note_film
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import cancel_film, order_film
from projects.queue.film_steering import move_film, pause_film, resume_film, take_next_films, unfinished_films
from projects.queue.overview import overview
from projects.queue.steering import pause_queue, resume_queue
from projects.settings import StudioSettings
from tests.support.finished_takes import render_all
from tests.support.rendering import small_project


class Films:
    """Films of one project, by letters in the order in which they were ordered."""

    def __init__(self, session: Session, studio: StudioSettings) -> None:
        self.session, self.studio = session, studio
        self.project, _ = small_project(session, studio, ("cut", 1.0))
        render_all(session, studio, self.project.id)

    def order(self, name: str, delivery: Delivery = Delivery("gif")) -> Film:  # noqa: B008 (it is frozen)
        return order_film(
            session=self.session, settings=self.studio, project_id=self.project.id, delivery=delivery, name=name
        )

    def listed(self) -> str:
        return "".join(film.name for film in unfinished_films(session=self.session))

    def taken(self, workers: int = 1) -> str:
        films = unfinished_films(session=self.session)
        took = take_next_films(session=self.session, films=films, workers=workers)
        self.session.expire_all()
        return "".join(film.name for film in took)


@pytest.fixture
def films(studio: StudioSettings) -> Iterator[Films]:
    studio.make_folders()
    assert SectionStore(studio.sections_dir)
    database = open_database(studio)
    with session_for(database) as session:
        yield Films(session, studio)
    database.dispose()


def test_films_are_made_one_after_the_other_in_the_order_that_a_person_gives_them(films: Films) -> None:
    a, b, c = (films.order(name) for name in "abc")
    assert films.listed() == "abc"
    move_film(session=films.session, film_id=c.id, before=a.id)
    assert films.listed() == "cab"
    assert films.taken() == "c"
    assert films.taken() == ""
    assert films.taken(workers=2) == "a"
    move_film(session=films.session, film_id=b.id, before=None)
    for moved, before in ((c.id, None), (b.id, c.id)):
        with pytest.raises(StoryboardProblem, match="waits"):
            move_film(session=films.session, film_id=moved, before=before)
    with pytest.raises(NotFound):
        move_film(session=films.session, film_id=b.id, before="other")


def test_a_film_that_is_paused_is_put_back_and_goes_on_under_another_name(films: Films) -> None:
    a, b = films.order("a"), films.order("b")
    assert films.taken() == "a"
    first = a.workflow_id
    pause_film(session=films.session, film_id=a.id)
    assert (a.status, a.handed_over, a.share) == ("queued", False, 0.0)
    assert films.taken() == "b"
    resume_film(session=films.session, film_id=a.id)
    assert films.taken(workers=2) == "a"
    assert a.earlier_workflow_id == first != a.workflow_id
    pause_queue(session=films.session)
    assert films.taken(workers=2) == ""
    assert not a.handed_over
    assert not b.handed_over
    resume_queue(session=films.session)
    assert films.taken(workers=2) == "ab"


def test_what_waits_is_called_off_without_a_worker(films: Films) -> None:
    a, _ = films.order("a"), films.order("b")
    assert cancel_film(session=films.session, settings=films.studio, film_id=a.id).status == "cancelled"
    pause_film(session=films.session, film_id=a.id)
    assert (films.listed(), a.paused) == ("b", False)


def test_films_are_foretold_by_what_others_of_their_format_took(films: Films) -> None:
    a, b = films.order("a"), films.order("b")
    (first, second) = overview(session=films.session, settings=films.studio).films
    assert not first.lasts.measured
    assert first.done_at is not None
    assert second.done_at is not None
    assert first.done_at[1] < second.done_at[1]
    assert first.lasts.likely > 0.0

    note_film(session=films.session, format="gif", work=a.order["work"], seconds=40.0)
    pause_film(session=films.session, film_id=a.id)
    (paused, alone) = overview(session=films.session, settings=films.studio).films
    assert (paused.film.name, paused.done_at) == ("a", None)
    assert alone.lasts.measured
    assert alone.lasts.likely == pytest.approx(40.0)
    b.share = 0.75
    films.session.flush()
    assert overview(session=films.session, settings=films.studio).films[1].lasts.likely == pytest.approx(10.0)
    # Twice as much takes twice as long, and another format is carried over as an estimate.
    assert film_lasts(session=films.session, format="gif", work=2 * a.order["work"]).likely == pytest.approx(80.0)
    assert not film_lasts(session=films.session, format="webp", work=1.0).measured
