"""Puts right in the tables what will never end by itself, since the queue knows nothing of it any more."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from dbos import DBOS
from sqlmodel import col, select

from framepack.messages import Message
from projects.database.opening import session_for
from projects.database.tables import Render, Take, now
from projects.failures import LOST
from projects.messages import stored
from projects.queue import film_orders, orders
from projects.queue.film_steering import put_back_film, unfinished_films
from projects.queue.picture_steering import UNFINISHED, put_back_pictures, unfinished_pictures
from projects.queue.steering import put_back, unfinished

UNDER_WAY = ("ENQUEUED", "PENDING", "DELAYED")
_FILM_LOST = Message("film-without-result")
_PICTURES_LOST = Message("pictures-lost")


def sweep(database: sa.Engine) -> None:
    """End what has a workflow that is over, or takes whose render is over; what has no workflow waits again."""
    with session_for(database) as session:
        renders = [order for order in unfinished(session=session) if order.handed_over]
        films = [film for film in unfinished_films(session=session) if film.handed_over]
        pictures = [order for order in unfinished_pictures(session=session) if order.handed_over]
        names, film_names, of_pictures = [[one.workflow_id for one in rows] for rows in (renders, films, pictures)]
        states = _states([*names, *film_names, *of_pictures])
        under_way = {name for name, state in states.items() if state in UNDER_WAY}
        for render, name in zip(renders, names, strict=True):
            session.refresh(render)
            if render.status not in orders.UNFINISHED or render.workflow_id != name or name in under_way:
                continue
            if states.get(name) == "ERROR":
                render.status, render.error, render.finished_at = "failed", stored(LOST), now()
            else:
                put_back(session=session, order=render)
        for film, name in zip(films, film_names, strict=True):
            session.refresh(film)
            if film.status not in film_orders.UNFINISHED or film.workflow_id != name or name in under_way:
                continue
            if name not in states:
                put_back_film(session=session, film=film)
            else:
                film.status, film.error, film.finished_at = "failed", stored(_FILM_LOST), now()
                film.order = film_orders.settled(film.order)
        for order, name in zip(pictures, of_pictures, strict=True):
            session.refresh(order)
            if order.status not in UNFINISHED or order.workflow_id != name or name in under_way:
                continue
            if name not in states:
                put_back_pictures(session=session, order=order)
            else:
                order.status, order.error, order.finished_at = "failed", stored(_PICTURES_LOST), now()
        session.flush()
        over = (
            select(Take, Render)
            .join(Render)
            .where(Take.status == "rendering", col(Render.status).not_in(orders.UNFINISHED))
        )
        for take, render in session.exec(over).all():
            take.status = "cancelled" if render.status == "cancelled" else "failed"
            take.error = render.error
            take.finished_at = now()
        session.commit()


def _states(ids: Sequence[str]) -> dict[str, str]:
    """What the queue says of those of the workflows that it has, and will still run or has run."""
    jobs = DBOS.list_workflows(workflow_ids=[*ids], load_input=False, load_output=False) if ids else []
    # Nobody will ever take what was ordered from another version of the workflows.
    return {job.workflow_id: job.status for job in jobs if job.app_version == orders.APPLICATION_VERSION}
