"""Films on the queue, as pages and commands see it: order one, call it off, order it again, see how far it is.

It makes none. A film's row is its order until a worker has made it; its timeline is kept in it as it was then, so that
an edit meanwhile changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from framepack.messages import Message, joined
from projects.composing.enlarging import check_enlarger
from projects.composing.making import is_joined, made_from, same_film
from projects.database.tables import Edition, Film, Pass, PictureOrder, now
from projects.errors import NotFound, StoryboardProblem
from projects.films.films import films_of, get_film
from projects.films.material import film_of
from projects.films.timeline import Timeline
from projects.forecast.films import film_work
from projects.names import shown_name
from projects.queue.deliveries import Delivery
from projects.queue.orders import last_place, queue_client
from projects.settings import StudioSettings

FILM_QUEUE = "films"
FILM_WORKFLOW = "film"
UNFINISHED = ("queued", "working")
ENDED = ("failed", "cancelled")
# In a film's order: the timeline it is made of, while it is not made, how often a worker began it, how often it was
# begun again for a cause that was gone, and for forecasts how much there is to do.
TIMELINE, BEGUN, TRIES, WORK = "timeline", "begun", "tries", "work"
_TIMELINES = TypeAdapter(Timeline)
# Before so much is done, and so many seconds have passed, nobody can say how long the rest will take.
_SHARE_TO_TELL, _SECONDS_TO_TELL = 0.02, 2.0


def order_film(
    *,
    session: Session,
    settings: StudioSettings,
    project_id: str,
    delivery: Delivery,
    name: str | None = None,
    made_for: Pass = "draft",
    edition_id: str | None = None,
) -> Film:
    """Order what is delivered of a project's film in a pass, or of an edition of it, as it is cut now.

    A worker begins within a moment of the commit, when its turn comes. Raises NotFound, InvalidRequest,
    EnlargerRejected, and StoryboardProblem where the film cannot be made.
    """
    last = last_place(session, Film)
    film = film_to_make(
        session=session,
        settings=settings,
        project_id=project_id,
        delivery=delivery,
        name=name,
        made_for=made_for,
        edition_id=edition_id,
    )
    film.place = last + 1.0
    session.flush()
    return film


def order_new_film(
    *,
    session: Session,
    settings: StudioSettings,
    project_id: str,
    delivery: Delivery,
    made_for: Pass = "draft",
    edition_id: str | None = None,
) -> Film:
    """As ``order_film``; raises StoryboardProblem, which names it, where there is such a film already."""
    films = films_of(session=session, project_id=project_id)
    same = under_way_as(films, delivery, made_for, edition_id)
    if same is None and delivery.is_film:
        timeline = timeline_of(
            session=session, project_id=project_id, delivery=delivery, made_for=made_for, edition_id=edition_id
        )
        same = same_film(settings=settings, timeline=timeline, order=delivery.film_order(), films=films)
    if same is not None:
        raise StoryboardProblem(
            Message("film-is-there" if same.status == "done" else "film-under-way", {"name": same.name})
        )
    return order_film(
        session=session,
        settings=settings,
        project_id=project_id,
        delivery=delivery,
        made_for=made_for,
        edition_id=edition_id,
    )


def film_to_make(
    *,
    session: Session,
    settings: StudioSettings,
    project_id: str,
    delivery: Delivery,
    name: str | None = None,
    made_for: Pass = "draft",
    edition_id: str | None = None,
) -> Film:
    """The row of a film that is to be made; raises as ``order_film``."""
    timeline = timeline_of(
        session=session, project_id=project_id, delivery=delivery, made_for=made_for, edition_id=edition_id
    )
    if timeline.problems and delivery.format != "archive":
        raise StoryboardProblem(joined(timeline.problems, "sentences"))
    delivery.check(timeline)
    check_enlarger(settings, timeline)
    film = Film(
        project_id=project_id,
        name=shown_name(name or "") or timeline.name,
        status="queued",
        made_for=made_for,
        edition_id=edition_id,
        ending=delivery.ending,
        order=delivery.to_json(),
    )
    if delivery.format != "archive":
        film.order = {**film.order, TIMELINE: _TIMELINES.dump_python(timeline, mode="json")}
        film.parts = list(timeline.takes)
        film.width, film.height, film.fps = timeline.width, timeline.height, float(timeline.rate)
        film.frames, film.seconds = timeline.frames, timeline.seconds
    plain = not delivery.is_film
    if delivery.is_film:
        film.made_from = made_from(timeline, delivery.film_order())
        plain = is_joined(timeline, delivery.film_order())
    work = film_work(frames=timeline.frames, width=timeline.width, height=timeline.height, joined=plain)
    film.order = {**film.order, WORK: work}
    session.add(film)
    session.flush()
    return film


def timeline_of(
    *, session: Session, project_id: str, delivery: Delivery, made_for: Pass = "draft", edition_id: str | None = None
) -> Timeline:
    """The timeline of what a delivery of a project's film, or of an edition of it, would show. Raises as
    ``film_of``, and NotFound for an edition that is not the project's."""
    edition = None
    if edition_id is not None:
        edition = session.get(Edition, edition_id)
        if edition is None or edition.project_id != project_id or edition.deleted_at is not None:
            raise NotFound("edition", edition_id)
    return film_of(session=session, project_id=project_id, made_for=made_for, edition=edition, asked=delivery.asked)


def kept_timeline(film: Film) -> Timeline:
    """The timeline that a film under way is made of."""
    return _TIMELINES.validate_python(film.order[TIMELINE])


def settled(order: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a film's order once it is made, or is not going to be."""
    return {name: value for name, value in order.items() if name not in (TIMELINE, BEGUN, TRIES, WORK)}


def cancel_film(*, session: Session, settings: StudioSettings, film_id: str) -> Film:
    """Call a film off. A worker that is at it stops within a moment; nothing half of it is left. Raises NotFound."""
    film = get_film(session=session, film_id=film_id)
    if film.status in UNFINISHED:
        film.status, film.finished_at, film.order = "cancelled", now(), settled(film.order)
        session.flush()
        if film.handed_over:
            with queue_client(settings) as client:
                client.cancel_workflow(film.workflow_id)
    return film


def order_again(*, session: Session, settings: StudioSettings, film_id: str) -> Film:
    """Order a film once more that failed or was called off, as it is cut now; the new one takes its place.

    Raises NotFound, StoryboardProblem where it did not end so, and as ``order_film``.
    """
    ended = get_film(session=session, film_id=film_id)
    if ended.status not in ENDED:
        raise StoryboardProblem(Message("film-not-ended", {"name": ended.name}))
    film = order_film(
        session=session,
        settings=settings,
        project_id=ended.project_id,
        delivery=Delivery.from_json(ended.order),
        name=ended.name,
        made_for=ended.made_for,
        edition_id=ended.edition_id,
    )
    ended.deleted_at = now()
    session.flush()
    return film


def wait_again(*, session: Session, film: Film) -> None:
    """Have a film that could not be made wait again, behind the others, as it was ordered."""
    film.place = last_place(session, Film) + 1.0
    film.order = {**film.order, BEGUN: 0, TRIES: film.order.get(TRIES, 0) + 1}
    film.status, film.error, film.share = "queued", None, 0.0
    film.started_at = film.finished_at = None
    film.handed_over, film.runs, film.paused = False, film.runs + 1, False
    session.add(film)
    session.flush()


def films_under_way(*, session: Session, project_id: str) -> list[Film]:
    """The films of a project that are ordered and not made yet, the one that is made (or comes) first in front."""
    query = select(Film).where(
        Film.project_id == project_id, col(Film.status).in_(UNFINISHED), col(Film.deleted_at).is_(None)
    )
    found = session.exec(query.order_by(col(Film.created_at))).all()
    return sorted(found, key=lambda film: film.status != "working")


def under_way_as(films: Sequence[Film], delivery: Delivery, made_for: Pass, edition_id: str | None) -> Film | None:
    """The first of ``films`` under way that is no film to be watched and is ordered just so."""
    if delivery.is_film:
        return None
    for film in films:
        same = Delivery.from_json(film.order) == delivery and (film.made_for, film.edition_id) == (made_for, edition_id)
        if film.status in UNFINISHED and same:
            return film
    return None


def seconds_left(order: Film | PictureOrder, moment: dt.datetime) -> float | None:
    """How long a film, or pictures, that are being made will still take; None while nobody can say."""
    if order.status != "working" or order.started_at is None or order.share < _SHARE_TO_TELL:
        return None
    spent = (moment - order.started_at).total_seconds()
    return spent * (1.0 - order.share) / order.share if spent >= _SECONDS_TO_TELL else None
