"""Hands over to the queue's database what is to be made next, a moment after it was ordered or its turn came."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import sqlalchemy as sa
from dbos import DBOSClient, Queue
from sqlmodel import Session

from projects.database.opening import AWAY, session_for
from projects.database.patience import SECONDS_BETWEEN_TRIES
from projects.database.tables import Film, PictureOrder, Render
from projects.failures import first_line
from projects.queue.film_orders import FILM_QUEUE
from projects.queue.film_steering import hand_over_film, take_next_films, unfinished_films
from projects.queue.orders import CHAINS, RENDERS, hand_over, live_workers, queue_client
from projects.queue.picture_steering import hand_over_pictures, take_next_pictures, unfinished_pictures
from projects.queue.steering import take_next, unfinished
from projects.queue.sweeping import UNDER_WAY
from projects.settings import StudioSettings

SECONDS_BETWEEN_TURNS = 0.15
# Where a database server is asked: by each of many workers, and while there is no work the more rarely the more wait.
# The first of them still looks within a second, and once there is work all do.
SECONDS_OF_A_SERVER = 1.0
SECONDS_FOR_EACH_THAT_WAITS = 0.5

_log = logging.getLogger(__name__)


def keep_handing_over(settings: StudioSettings, database: sa.Engine) -> None:
    """Look again and again for what comes next; several workers may do so at once. It does not return."""
    ended: set[str] = set()
    queues: list[Queue] = []
    seconds = SECONDS_BETWEEN_TURNS if settings.uses_sqlite else SECONDS_OF_A_SERVER
    with queue_client(settings) as client:
        while True:
            time.sleep(seconds)
            try:
                with session_for(database) as session:
                    orders = unfinished(session=session)
                    films_ordered = unfinished_films(session=session)
                    pictures_ordered = unfinished_pictures(session=session)
                    taken = _take_next(session, orders)
                    films = _take_next_films(session, client, films_ordered)
                    pictures, left_behind = _take_next_pictures(session, pictures_ordered)
                    is_work = orders or films_ordered or pictures_ordered
                    waiting = 0 if is_work or settings.uses_sqlite else len(live_workers(session=session))
                    session.commit()
                if not settings.uses_sqlite:
                    queues = queues or _queues(client)
                    seconds = _keep_pace(queues, waiting)
                # An order that was put back leaves chains behind, which would be looked at one by one.
                outlived = {name for order in orders if (name := order.earlier_workflow_id)} | left_behind
                outlived -= ended
                for name in outlived:
                    client.cancel_workflow(name, cancel_children=True)
                ended |= outlived
                # What is not handed over for a fault of the queue's database is put back by the sweep.
                for order in taken:
                    hand_over(client, order)
                for film in films:
                    hand_over_film(client, film)
                for order_of_pictures in pictures:
                    hand_over_pictures(client, order_of_pictures)
            except AWAY as error:
                _log.warning("The queue does not answer (%s); trying again.", first_line(error))
                time.sleep(SECONDS_BETWEEN_TRIES)


def _take_next(session: Session, orders: Sequence[Render]) -> list[Render]:
    if all(order.handed_over for order in orders):
        return []
    return take_next(session=session, orders=orders, workers=max(1, len(live_workers(session=session))))


def _queues(client: DBOSClient) -> list[Queue]:
    found = (client.retrieve_queue(name) for name in (RENDERS, CHAINS, FILM_QUEUE))
    return [queue for queue in found if queue is not None]


def _keep_pace(queues: Sequence[Queue], waiting: int) -> float:
    """Have the queues looked at so often as is right while ``waiting`` workers have nothing to do; returns seconds."""
    seconds = max(SECONDS_OF_A_SERVER, waiting * SECONDS_FOR_EACH_THAT_WAITS)
    # Each asking costs the server, and they are all set together.
    if queues and queues[0].polling_interval_sec != seconds:
        for queue in queues:
            queue.set_polling_interval_sec(seconds)
    return seconds


def _take_next_films(session: Session, client: DBOSClient, films: Sequence[Film]) -> list[Film]:
    if not films:
        return []
    # One that was put back is made anew only once nobody is at it any more: both would write the same files.
    names = [name for film in films if not film.handed_over and (name := film.earlier_workflow_id)]
    jobs = client.list_workflows(workflow_ids=names, load_input=False, load_output=False) if names else []
    ending = {job.workflow_id for job in jobs if job.status in UNDER_WAY}
    free = [film for film in films if film.handed_over or film.earlier_workflow_id not in ending]
    return take_next_films(session=session, films=free, workers=max(1, len(live_workers(session=session))))


def _take_next_pictures(session: Session, orders: Sequence[PictureOrder]) -> tuple[list[PictureOrder], set[str]]:
    """What is to be handed over now, and the workflows that orders had which were put back since."""
    if not orders:
        return [], set()
    workers = max(1, len(live_workers(session=session)))
    taken = take_next_pictures(session=session, orders=orders, workers=workers)
    return taken, {name for order in orders if (name := order.earlier_workflow_id)}
