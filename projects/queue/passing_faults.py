"""Orders that failed for what passes, such as a full disk or a store that is away: they are ordered again then."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from framepack.checkpoints.identity import known_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import WeightsDamaged, WeightsMissing
from framepack.messages import Message
from projects.database.tables import Film, PictureOrder, Project, Render, now
from projects.failures import DISK_FULL
from projects.messages import read
from projects.queue.film_orders import BEGUN, TRIES, wait_again
from projects.queue.picture_steering import is_gone, retry_pictures
from projects.queue.steering import retry_order
from projects.settings import StudioSettings
from projects.storage.shared import store_answers

# What fails again and again is left to the person.
MOST_TRIES = 3
# With less the disk would soon be full again.
ROOM_BYTES = 2**30
_WEIGHTS = "weights-missing"
_STORE = "store-away"
FILM_DISK_FULL = "film-disk-full"
_WITHOUT_PLAN = defer(Render.plan)  # type: ignore[arg-type]


def goes_on_by_itself(order: Render) -> bool:
    """Whether an order that failed is ordered again without anybody's doing, once its cause is gone."""
    listed = order.status == "failed" and order.cleared_at is None and order.direction is None
    return listed and order.tries < MOST_TRIES and bool(list(_passing(order)))


def order_what_can_go_on(*, session: Session, settings: StudioSettings) -> list[Render]:
    """Order again what failed for a cause that is gone, and return that. What was finished of it is found."""
    failed = (col(Render.status) == "failed", col(Render.cleared_at).is_(None), col(Render.tries) < MOST_TRIES)
    again = []
    for order in session.exec(select(Render).where(*failed).options(_WITHOUT_PLAN)).all():
        project = session.get_one(Project, order.project_id)
        if project.deleted_at is not None or not goes_on_by_itself(order):
            continue
        if not all(_is_gone(fault, settings) for fault in _passing(order)):
            continue
        # Another worker may find the same in the same moment.
        mine = (col(Render.id) == order.id, col(Render.cleared_at).is_(None))
        if session.connection().execute(sa.update(Render).where(*mine).values(cleared_at=now())).rowcount:
            one = retry_order(session=session, render_id=order.id)
            one.tries = order.tries + 1
            again.append(one)
    session.flush()
    return again


def pictures_go_on_by_themselves(order: PictureOrder) -> bool:
    """Whether pictures that could not be made are made without anybody's doing, once the cause of that is gone."""
    listed = order.status == "failed" and order.cleared_at is None
    return listed and order.tries < MOST_TRIES and bool(list(_passing(order)))


def make_pictures_that_can_go_on(*, session: Session, settings: StudioSettings) -> list[PictureOrder]:
    """Have pictures wait again that could not be made for a cause that is gone, and return their orders."""
    table = PictureOrder
    failed = (col(table.status) == "failed", col(table.cleared_at).is_(None), col(table.tries) < MOST_TRIES)
    again = []
    for order in session.exec(select(PictureOrder).where(*failed)).all():
        if is_gone(session, order) or not pictures_go_on_by_themselves(order):
            continue
        if not all(_is_gone(fault, settings) for fault in _passing(order)):
            continue
        # Another worker may find the same in the same moment.
        tries = order.tries + 1
        mine = (col(table.id) == order.id, col(table.status) == "failed", col(table.tries) == order.tries)
        if session.connection().execute(sa.update(PictureOrder).where(*mine).values(tries=tries)).rowcount:
            retry_pictures(session=session, order_id=order.id).tries = tries
            again.append(order)
    session.flush()
    return again


def film_goes_on_by_itself(film: Film) -> bool:
    """Whether a film that could not be made is made without anybody's doing, once the cause of that is gone."""
    # What an earlier version gave up, it did not keep.
    listed = film.status == "failed" and film.deleted_at is None and BEGUN in film.order
    return listed and film.order.get(TRIES, 0) < MOST_TRIES and bool(list(_passing(film)))


def make_films_that_can_go_on(*, session: Session, settings: StudioSettings) -> list[Film]:
    """Have films wait again, as they were ordered, that could not be made for a cause that is gone; return them."""
    failed = (col(Film.status) == "failed", col(Film.deleted_at).is_(None))
    again = []
    for film in session.exec(select(Film).where(*failed)).all():
        project = session.get_one(Project, film.project_id)
        if project.deleted_at is not None or not film_goes_on_by_itself(film):
            continue
        if not all(_is_gone(fault, settings) for fault in _passing(film)):
            continue
        # Another worker may find the same in the same moment.
        mine = (col(Film.id) == film.id, col(Film.status) == "failed", col(Film.runs) == film.runs)
        if session.connection().execute(sa.update(Film).where(*mine).values(status="queued")).rowcount:
            session.refresh(film)
            wait_again(session=session, film=film)
            again.append(film)
    session.flush()
    return again


def may_pass(problem: Message) -> bool:
    """Whether something failed for what may pass."""
    return any(message.id in (DISK_FULL.id, FILM_DISK_FULL, _WEIGHTS, _STORE) for message in _each(problem))


def _passing(order: Render | PictureOrder | Film) -> Iterator[Message]:
    """Of what an order failed for, what may pass."""
    said = _each(read(order.error)) if order.error else ()
    return (message for message in said if may_pass(message))


def _each(message: Message) -> Iterator[Message]:
    """A message, and those that it is put together from."""
    yield message
    for value in message.values.values():
        if isinstance(value, Message):
            yield from _each(value)


def _is_gone(fault: Message, settings: StudioSettings) -> bool:
    if fault.id == _WEIGHTS:
        return _are_here(str(fault.values["checkpoint"]), settings.engine.models)
    if fault.id == _STORE:
        return store_answers(settings)
    return shutil.disk_usage(settings.home).free >= ROOM_BYTES


def _are_here(checkpoint: str, models: Path | None) -> bool:
    try:
        known_identity(checkpoint_named(checkpoint), models)
    except (WeightsMissing, WeightsDamaged):
        return False
    return True
