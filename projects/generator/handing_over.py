"""Hands over to the queue's database what is to be rendered next, a moment after it was ordered or its turn came."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session

from projects.database.opening import AWAY, session_for
from projects.database.patience import SECONDS_BETWEEN_TRIES
from projects.database.tables import Render
from projects.failures import first_line
from projects.queue.orders import hand_over, live_workers, queue_client
from projects.queue.steering import take_next, unfinished
from projects.settings import StudioSettings

SECONDS_BETWEEN_TURNS = 0.15

_log = logging.getLogger(__name__)


def keep_handing_over(settings: StudioSettings, database: sa.Engine) -> None:
    """Look again and again for what comes next; several workers may do so at once. It does not return."""
    ended: set[str] = set()
    with queue_client(settings) as client:
        while True:
            time.sleep(SECONDS_BETWEEN_TURNS)
            try:
                with session_for(database) as session:
                    orders = unfinished(session=session)
                    taken = _take_next(session, orders)
                    session.commit()
                # An order that was put back leaves chains behind, which would be looked at one by one.
                outlived = {name for order in orders if (name := order.earlier_workflow_id)} - ended
                for name in outlived:
                    client.cancel_workflow(name, cancel_children=True)
                ended |= outlived
                # What is not handed over for a fault of the queue's database is put back by the sweep.
                for order in taken:
                    hand_over(client, order)
            except AWAY as error:
                _log.warning("The queue does not answer (%s); trying again.", first_line(error))
                time.sleep(SECONDS_BETWEEN_TRIES)


def _take_next(session: Session, orders: Sequence[Render]) -> list[Render]:
    if all(order.handed_over for order in orders):
        return []
    return take_next(session=session, orders=orders, workers=max(1, len(live_workers(session=session))))
