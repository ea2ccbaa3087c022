"""The order in which pictures from words are made: what waits, what is handed over next, and how a person steers that.

It is as for renders (``steering``), but nothing is more urgent than something else. They are handed over to where
chains are, so that none is made while a worker renders on the same device. What is made of an order stays, whatever
becomes of it. It makes none.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from dbos import DBOSClient
from sqlmodel import Session, col, select

from framepack.messages import Message
from projects.database.leases import take_up
from projects.database.tables import PictureOrder, Project, Shot, now
from projects.errors import NotFound, StoryboardProblem
from projects.queue.orders import APPLICATION_VERSION, CHAINS, last_place
from projects.queue.steering import OVER, is_paused, put_before

PICTURE_WORKFLOW = "pictures"
UNFINISHED = ("queued", "working")
ENDED = ("failed", "cancelled")


def unfinished_pictures(*, session: Session) -> list[PictureOrder]:
    """The orders of all projects that are not over: those under way, then those that wait, in their order."""
    unmade = (col(PictureOrder.status).in_(UNFINISHED), col(PictureOrder.deleted_at).is_(None))
    return sorted(session.exec(select(PictureOrder).where(*unmade)).all(), key=_rank)


def finished_pictures(*, session: Session, most: int) -> list[PictureOrder]:
    """The orders that are over, neither cleared nor put away, of shots that are still there; the last one first."""
    listed = (
        col(PictureOrder.status).in_(OVER),
        col(PictureOrder.cleared_at).is_(None),
        col(PictureOrder.deleted_at).is_(None),
        col(Shot.deleted_at).is_(None),
        col(Project.deleted_at).is_(None),
    )
    query = select(PictureOrder).join(Shot, col(Shot.id) == col(PictureOrder.shot_id))
    query = query.join(Project, col(Project.id) == col(PictureOrder.project_id)).where(*listed)
    return list(session.exec(query.order_by(col(PictureOrder.finished_at).desc()).limit(most)).all())


def get_picture_order(*, session: Session, order_id: str) -> PictureOrder:
    """An order by its id. Raises NotFound."""
    order = session.get(PictureOrder, order_id)
    if order is None or order.deleted_at is not None:
        raise NotFound("picture", order_id)
    return order


def is_gone(session: Session, order: PictureOrder) -> bool:
    """Whether nobody wants an order any more, since it was put away or its shot or project was thrown away."""
    of = (order, session.get(Project, order.project_id), session.get(Shot, order.shot_id))
    return any(one is None or one.deleted_at is not None for one in of)


def take_next_pictures(*, session: Session, orders: Sequence[PictureOrder], workers: int) -> list[PictureOrder]:
    """Mark which of the ``unfinished_pictures`` are to be handed over now, where ``workers`` are alive, and give them.

    Where the whole queue is paused, those under way are put back. What is marked and then not handed over after all,
    because of a kill, is found by the worker's sweep.
    """
    if is_paused(session=session):
        for order in (order for order in orders if order.handed_over):
            put_back_pictures(session=session, order=order)
        return []
    waiting = [order for order in orders if not order.handed_over and not order.paused]
    taken = []
    for order in waiting[: max(0, workers - sum(order.handed_over for order in orders))]:
        # Another worker may have taken it in the same moment.
        mine = (
            col(PictureOrder.id) == order.id,
            col(PictureOrder.runs) == order.runs,
            col(PictureOrder.handed_over).is_(False),
        )
        if session.connection().execute(sa.update(PictureOrder).where(*mine).values(handed_over=True)).rowcount:
            taken.append(order)
    return taken


def hand_over_pictures(client: DBOSClient, order: PictureOrder) -> None:
    """Give an order that was marked for it to the queue's database; again under the same name it is no second one."""
    client.enqueue(
        {
            "workflow_name": PICTURE_WORKFLOW,
            "queue_name": CHAINS,
            "workflow_id": order.workflow_id,
            "app_version": APPLICATION_VERSION,
        },
        order.id,
    )


def put_back_pictures(*, session: Session, order: PictureOrder) -> None:
    """Take an order back from the worker that is at it, which ends soon; the order waits again.

    What is made of it stays, and from now on that worker writes nothing more of it.
    """
    take_up(session=session, row=order)
    session.refresh(order)
    if order.status not in UNFINISHED:
        return
    if order.status == "working":
        # It did not end on its own account, so that this attempt does not count. Both moments say how long it was made.
        order.begun, order.finished_at = max(0, order.begun - 1), now()
    order.handed_over, order.runs, order.status = False, order.runs + 1, "queued"
    order.share = len(order.media_ids) / order.count
    session.add(order)
    session.flush()


def pause_pictures(*, session: Session, order_id: str) -> PictureOrder:
    """Have an order wait until it is resumed; a worker that is at it stops within a moment. Raises NotFound."""
    order = get_picture_order(session=session, order_id=order_id)
    if order.status in UNFINISHED and not order.paused:
        order.paused = True
        session.add(order)
        session.flush()
        if order.handed_over:
            put_back_pictures(session=session, order=order)
    return order


def resume_pictures(*, session: Session, order_id: str) -> PictureOrder:
    """Have an order that is paused go on, when its turn comes, with what it lacks. Raises NotFound."""
    order = get_picture_order(session=session, order_id=order_id)
    order.paused = False
    session.add(order)
    session.flush()
    return order


def move_pictures(*, session: Session, order_id: str, before: str | None) -> list[str]:
    """Put an order that waits before another, or last. Returns the ids of all that wait, in their order.

    Raises NotFound, and StoryboardProblem for what does not wait.
    """
    order = get_picture_order(session=session, order_id=order_id)
    waiting = [one for one in unfinished_pictures(session=session) if not one.handed_over]
    target = None if before is None else get_picture_order(session=session, order_id=before)
    return put_before(session, waiting, order, target)


def retry_pictures(*, session: Session, order_id: str) -> PictureOrder:
    """Have an order that failed or was cancelled wait again, behind the others; only what it lacks is made.

    Raises NotFound, and StoryboardProblem for what did not end so.
    """
    order = get_picture_order(session=session, order_id=order_id)
    if order.status not in ENDED:
        raise StoryboardProblem(Message("order-not-over" if order.status in UNFINISHED else "pictures-all-there"))
    last = last_place(session, PictureOrder)
    # Whoever is still at it, as one that was just cancelled may be, writes nothing more of it.
    take_up(session=session, row=order)
    order.status, order.error, order.begun = "queued", None, 0
    order.started_at = order.finished_at = order.cleared_at = None
    order.handed_over, order.runs, order.tries, order.paused = False, order.runs + 1, 0, False
    order.share, order.place = len(order.media_ids) / order.count, last + 1.0
    session.add(order)
    session.flush()
    return order


def _rank(order: PictureOrder) -> tuple[bool, bool, float, object]:
    return (not order.handed_over, order.status != "working", order.place, order.created_at)
