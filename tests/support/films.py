"""Films as a worker makes them, made by the test itself."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session

from projects.database.leases import take_up
from projects.database.tables import Film, Pass
from projects.delivery.film_making import make_film
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import UNFINISHED, film_to_make
from projects.settings import StudioSettings
from tests.support.rendering import until

USUAL = Delivery()


def film_now(
    session: Session,
    settings: StudioSettings,
    project_id: str,
    *,
    name: str | None = None,
    made_for: Pass = "draft",
    delivery: Delivery = USUAL,
) -> Film:
    """A film of a project, or what else is delivered of it, ordered and made, whatever came of it. It commits."""
    film = film_to_make(
        session=session, settings=settings, project_id=project_id, delivery=delivery, name=name, made_for=made_for
    )
    session.commit()
    make(session, settings, film)
    return film


def make(session: Session, settings: StudioSettings, film: Film) -> None:
    """What the worker does with an ordered film; where a worker was first, wait until that one has made it."""
    database = session.get_bind()
    assert isinstance(database, sa.Engine)
    lease = take_up(session=session, row=film)
    session.commit()
    make_film(settings=settings, database=database, film_id=film.id, lease=lease, cancelled=lambda: False)
    session.refresh(film)
    if film.lease != lease:
        until(lambda: _over(session, film))


def _over(session: Session, film: Film) -> bool:
    session.commit()
    session.refresh(film)
    return film.status not in UNFINISHED
