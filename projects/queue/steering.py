"""The order in which renders are taken up: what waits, what is handed over next, and how a person steers that.

The truth is the table of renders. The queue's database has only what is under way, so that another order of what
waits, or a pause, needs nothing of it. It renders nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from framepack.messages import Message
from projects.database.tables import Film, PictureOrder, QueueState, Render, now
from projects.database.viewers import viewer_of
from projects.errors import StoryboardProblem
from projects.queue.orders import UNFINISHED, add_order, get_render

# Plans are large, and nobody asks for them here.
_WITHOUT_PLAN = defer(Render.plan)  # type: ignore[arg-type]
OVER = ("done", "failed", "cancelled")
Waiting = TypeVar("Waiting", Render, Film, PictureOrder)


def unfinished(*, session: Session) -> list[Render]:
    """All orders of all projects that are not over: those under way, then those that wait, in their order."""
    query = select(Render).where(col(Render.status).in_(UNFINISHED)).options(_WITHOUT_PLAN)
    return sorted(session.exec(query).all(), key=_rank)


def finished(*, session: Session, most: int) -> list[Render]:
    """The orders that are over and not cleared away, the last one first."""
    query = select(Render).where(col(Render.status).in_(OVER), col(Render.cleared_at).is_(None))
    newest = query.order_by(col(Render.finished_at).desc()).limit(most).options(_WITHOUT_PLAN)
    return list(session.exec(newest).all())


def is_paused(*, session: Session) -> bool:
    """Whether the whole queue is paused."""
    state = session.get(QueueState, 1)
    return state is not None and state.paused


def take_next(*, session: Session, orders: Sequence[Render], workers: int) -> list[Render]:
    """Mark which of the ``unfinished`` orders are to be handed over now, where ``workers`` are alive, and give them.

    An urgent order that waits has the others put back, which are handed over again as soon as a worker is free. What is
    marked and then not handed over after all, because of a kill, is found by the worker's sweep.
    """
    waiting = [order for order in orders if not order.handed_over and not order.paused]
    under_way = [order for order in orders if order.handed_over]
    if not waiting or is_paused(session=session):
        return []
    if waiting[0].urgent:
        for order in [one for one in under_way if not one.urgent]:
            put_back(session=session, order=order)
            under_way.remove(order)
            waiting.append(order)
    taken = []
    for order in sorted(waiting, key=_rank)[: max(0, workers - len(under_way))]:
        # Another worker may have taken it in the same moment.
        mine = (col(Render.id) == order.id, col(Render.runs) == order.runs, col(Render.handed_over).is_(False))
        if session.connection().execute(sa.update(Render).where(*mine).values(handed_over=True)).rowcount:
            taken.append(order)
    return taken


def put_back(*, session: Session, order: Render) -> None:
    """Take an order back from the worker that is at it, which ends after its section; the order waits again."""
    order.handed_over, order.runs, order.status = False, order.runs + 1, "queued"
    session.add(order)
    session.flush()


def pause_order(*, session: Session, render_id: str) -> Render:
    """Have an order wait until it is resumed; a worker that is at it ends after its section. Raises NotFound."""
    order = get_render(session=session, render_id=render_id)
    if order.status in UNFINISHED and not order.paused:
        order.paused = True
        session.add(order)
        if order.handed_over:
            put_back(session=session, order=order)
    return order


def resume_order(*, session: Session, render_id: str) -> Render:
    """Have an order that is paused go on when its turn comes. Raises NotFound."""
    order = get_render(session=session, render_id=render_id)
    order.paused = False
    session.add(order)
    session.flush()
    return order


def pause_queue(*, session: Session) -> None:
    """Have everything wait until the queue is resumed; workers end after their sections."""
    session.merge(QueueState(id=1, paused=True))
    session.flush()
    for order in unfinished(session=session):
        if order.handed_over:
            put_back(session=session, order=order)


def resume_queue(*, session: Session) -> None:
    """Have the queue go on; orders that are paused themselves stay so."""
    session.merge(QueueState(id=1, paused=False))
    session.flush()


def move_order(*, session: Session, render_id: str, before: str | None) -> list[str]:
    """Put an order that waits before another, or last; it becomes as urgent as those that it comes among.

    Returns the ids of all that wait, in their order. Raises NotFound, and StoryboardProblem for what does not wait.
    """
    order = get_render(session=session, render_id=render_id)
    waiting = [one for one in unfinished(session=session) if not one.handed_over]
    if order not in waiting:
        raise StoryboardProblem(Message("order-not-waiting"))
    if before == render_id:
        return [one.id for one in waiting]
    others = [one for one in waiting if one is not order]
    place = len(others)
    if before is not None:
        next_one = get_render(session=session, render_id=before)
        if next_one not in others:
            raise StoryboardProblem(Message("order-not-waiting"))
        place = others.index(next_one)
    # Urgent ones come first, so that between an urgent one and another it may be either, and stays what it is.
    after = others[place] if place < len(others) else None
    ahead = others[place - 1] if place else None
    if after is not None and after.urgent:
        order.urgent = True
    elif ahead is not None and not ahead.urgent:
        order.urgent = False
    others.insert(place, order)
    return number_places(session, others)


def number_places(session: Session, waiting: Sequence[Waiting]) -> list[str]:
    """Have those that wait stand in this order. Returns their ids.

    A person's, between which others' may wait, take each other's places only.
    """
    own = sorted(one.place for one in waiting)
    places = [float(place) for place in range(1, len(waiting) + 1)] if viewer_of(session) is None else own
    for place, one in zip(places, waiting, strict=True):
        one.place = place
        session.add(one)
    session.flush()
    return [one.id for one in waiting]


def put_before(session: Session, waiting: Sequence[Waiting], moved: Waiting, target: Waiting | None) -> list[str]:
    """Put ``moved`` before ``target`` of those that wait, or last. Returns the ids of all of them, in their order.

    Raises StoryboardProblem for what does not wait.
    """
    if moved not in waiting or (target is not None and target not in waiting):
        raise StoryboardProblem(Message("order-not-waiting"))
    if moved is target:
        return [one.id for one in waiting]
    others = [one for one in waiting if one is not moved]
    others.insert(len(others) if target is None else others.index(target), moved)
    return number_places(session, others)


def retry_order(*, session: Session, render_id: str) -> Render:
    """Order again what failed or was cancelled; what was finished of it is found. Raises NotFound.

    Raises StoryboardProblem for what is not over.
    """
    order = get_render(session=session, render_id=render_id)
    if order.status in UNFINISHED:
        raise StoryboardProblem(Message("order-not-over"))
    again = Render(
        project_id=order.project_id,
        shot_ids=list(order.shot_ids),
        made_for=order.made_for,
        variants=order.variants,
        urgent=order.urgent,
    )
    add_order(session=session, render=again)
    order.cleared_at = now()
    session.add(order)
    return again


def clear_finished(*, session: Session) -> int:
    """List what is over no longer; returns how many orders that were. Their takes and pictures stay."""
    cleared = 0
    for table in (Render, PictureOrder):
        done = (col(table.status).in_(OVER), col(table.cleared_at).is_(None))
        cleared += session.exec(sa.update(table).where(*done).values(cleared_at=now())).rowcount
    return cleared


def _rank(order: Render) -> tuple[bool, bool, bool, float, object]:
    # What is handed over, but not begun, comes after what is being made.
    return (not order.handed_over, order.status != "running", not order.urgent, order.place, order.created_at)
