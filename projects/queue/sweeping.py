"""Puts right in the tables what will never end by itself, since the queue knows nothing of it any more."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from dbos import DBOS
from sqlmodel import col, select

from framepack.messages import Message
from projects.database.opening import session_for
from projects.database.tables import Film, Render, Take, now
from projects.failures import LOST
from projects.messages import stored
from projects.queue import film_orders, orders
from projects.queue.steering import put_back, unfinished

_UNDER_WAY = ("ENQUEUED", "PENDING", "DELAYED")
_FILM_LOST = Message("film-without-result")


def sweep(database: sa.Engine) -> None:
    """End films whose workflow is over and takes whose render is over; renders without a workflow wait again."""
    with session_for(database) as session:
        renders = [order for order in unfinished(session=session) if order.handed_over]
        films = session.exec(select(Film).where(col(Film.status).in_(film_orders.UNFINISHED))).all()
        names = [render.workflow_id for render in renders]
        states = _states([*names, *(film.id for film in films)])
        under_way = {name for name, state in states.items() if state in _UNDER_WAY}
        for render, name in zip(renders, names, strict=True):
            session.refresh(render)
            if render.status not in orders.UNFINISHED or render.workflow_id != name or name in under_way:
                continue
            if states.get(name) == "ERROR":
                render.status, render.error, render.finished_at = "failed", stored(LOST), now()
            else:
                put_back(session=session, order=render)
        for film in films:
            session.refresh(film)
            if film.id not in under_way and film.status in film_orders.UNFINISHED:
                film.status, film.error, film.finished_at = "failed", stored(_FILM_LOST), now()
                film.order = film_orders.settled(film.order)
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
