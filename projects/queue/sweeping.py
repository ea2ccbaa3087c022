"""Ends in the tables what will never end by itself, since the queue knows nothing of it any more."""

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

_FILM_LOST = Message("film-without-result")


def sweep(database: sa.Engine) -> None:
    """End renders and films whose workflow is over, and takes whose render is over."""
    with session_for(database) as session:
        renders = session.exec(select(Render).where(col(Render.status).in_(orders.UNFINISHED))).all()
        films = session.exec(select(Film).where(col(Film.status).in_(film_orders.UNFINISHED))).all()
        under_way = _under_way([*(render.id for render in renders), *(film.id for film in films)])
        for render in renders:
            session.refresh(render)
            if render.id not in under_way and render.status in orders.UNFINISHED:
                render.status, render.error, render.finished_at = "failed", stored(LOST), now()
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


def _under_way(ids: Sequence[str]) -> set[str]:
    """Which of the workflows the queue will still run, or runs."""
    waiting = {"ENQUEUED", "PENDING", "DELAYED"}
    jobs = DBOS.list_workflows(workflow_ids=[*ids], load_input=False, load_output=False) if ids else []
    # Nobody will ever take what was ordered from another version of the workflows.
    ours = [job for job in jobs if job.app_version == orders.APPLICATION_VERSION]
    return {job.workflow_id for job in ours if job.status in waiting}
