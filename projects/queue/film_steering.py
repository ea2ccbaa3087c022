"""The order in which films are made: what waits, what is handed over next, and how a person steers that.

It is as for renders (``steering``), but nothing is more urgent than something else: films are made beside renders, one
after the other. It makes none.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from dbos import DBOSClient
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from projects.database.tables import Film
from projects.films.films import get_film
from projects.queue.film_orders import FILM_QUEUE, FILM_WORKFLOW, UNFINISHED
from projects.queue.orders import APPLICATION_VERSION
from projects.queue.steering import is_paused, put_before

# Timelines are large, and nobody asks for them here.
_WITHOUT_ORDER = defer(Film.order)  # type: ignore[arg-type]


def unfinished_films(*, session: Session) -> list[Film]:
    """The films of all projects that are not made yet: those under way, then those that wait, in their order."""
    unmade = (col(Film.status).in_(UNFINISHED), col(Film.deleted_at).is_(None))
    return sorted(session.exec(select(Film).where(*unmade).options(_WITHOUT_ORDER)).all(), key=_rank)


def take_next_films(*, session: Session, films: Sequence[Film], workers: int) -> list[Film]:
    """Mark which of the ``unfinished_films`` are to be handed over now, where ``workers`` are alive, and give them.

    Where the whole queue is paused, those that are being made are put back. What is marked and then not handed over
    after all, because of a kill, is found by the worker's sweep.
    """
    if is_paused(session=session):
        for film in (film for film in films if film.handed_over):
            put_back_film(session=session, film=film)
        return []
    waiting = [film for film in films if not film.handed_over and not film.paused]
    taken = []
    for film in waiting[: max(0, workers - sum(film.handed_over for film in films))]:
        # Another worker may have taken it in the same moment.
        mine = (col(Film.id) == film.id, col(Film.runs) == film.runs, col(Film.handed_over).is_(False))
        if session.connection().execute(sa.update(Film).where(*mine).values(handed_over=True)).rowcount:
            taken.append(film)
    return taken


def hand_over_film(client: DBOSClient, film: Film) -> None:
    """Give a film that was marked for it to the queue's database; again under the same name it is no second one."""
    client.enqueue(
        {
            "workflow_name": FILM_WORKFLOW,
            "queue_name": FILM_QUEUE,
            "workflow_id": film.workflow_id,
            "app_version": APPLICATION_VERSION,
        },
        film.id,
    )


def put_back_film(*, session: Session, film: Film) -> None:
    """Take a film back from the worker that is at it, which ends soon; the film waits again.

    The pieces that are finished are found when it goes on.
    """
    film.handed_over, film.runs, film.status, film.share = False, film.runs + 1, "queued", 0.0
    film.started_at = None
    session.add(film)
    session.flush()


def pause_film(*, session: Session, film_id: str) -> Film:
    """Have a film wait until it is resumed; a worker that is at it ends soon. Raises NotFound."""
    film = get_film(session=session, film_id=film_id)
    if film.status in UNFINISHED and not film.paused:
        film.paused = True
        session.add(film)
        if film.handed_over:
            put_back_film(session=session, film=film)
        session.flush()
    return film


def resume_film(*, session: Session, film_id: str) -> Film:
    """Have a film that is paused go on when its turn comes. Raises NotFound."""
    film = get_film(session=session, film_id=film_id)
    film.paused = False
    session.add(film)
    session.flush()
    return film


def move_film(*, session: Session, film_id: str, before: str | None) -> list[str]:
    """Put a film that waits before another, or last. Returns the ids of all that wait, in their order.

    Raises NotFound, and StoryboardProblem for what does not wait.
    """
    film = get_film(session=session, film_id=film_id)
    waiting = [one for one in unfinished_films(session=session) if not one.handed_over]
    target = None if before is None else get_film(session=session, film_id=before)
    return put_before(session, waiting, film, target)


def _rank(film: Film) -> tuple[bool, bool, float, object]:
    return (not film.handed_over, film.status != "working", film.place, film.created_at)
