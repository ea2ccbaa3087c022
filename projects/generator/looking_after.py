"""What a worker does beside its work, now and then: what failed for a cause that is gone, and room on its disk.

It runs in a thread of its own, for a store that does not answer must not hold up the worker's signs of life.
"""

from __future__ import annotations

import logging
import time
from typing import NoReturn

import sqlalchemy as sa

from framepack.errors import FramepackError
from projects.database.opening import AWAY, session_for
from projects.errors import StudioError
from projects.failures import message_for
from projects.logs.hiding import in_log
from projects.queue.passing_faults import (
    make_films_that_can_go_on,
    make_pictures_that_can_go_on,
    order_what_can_go_on,
)
from projects.settings import StudioSettings
from projects.upkeep.needed import all_rows
from projects.upkeep.shared import let_go, only_here, put_there

SECONDS_BETWEEN_LOOKS = 10.0
SECONDS_BETWEEN_CLEARINGS = 600.0

_log = logging.getLogger(__name__)


def keep_looking_after(settings: StudioSettings, database: sa.Engine) -> NoReturn:
    """Look again and again, until the process ends."""
    cleared = float("-inf")
    while True:
        try:
            begin_again(database, settings)
            if time.monotonic() - cleared > SECONDS_BETWEEN_CLEARINGS:
                cleared = time.monotonic()
                put_what_is_only_here(database, settings)
                _clear(settings)
        except AWAY as error:
            _log.warning("The database does not answer (%s); trying again.", error)
        except (FramepackError, StudioError, OSError) as fault:
            # A store that is away, a file that cannot be removed: all of it is tried again, and nobody else does it.
            _log.warning("%s", in_log(message_for(fault)))
        time.sleep(SECONDS_BETWEEN_LOOKS)


def begin_again(database: sa.Engine, settings: StudioSettings) -> None:
    """Order again what failed for a cause that is gone."""
    with session_for(database) as session:
        for order in order_what_can_go_on(session=session, settings=settings):
            _log.info("What an order failed for is gone; it is ordered again as %s.", order.id)
        for pictures in make_pictures_that_can_go_on(session=session, settings=settings):
            _log.info("What the pictures %s failed for is gone; they are made after all.", pictures.id)
        for film in make_films_that_can_go_on(session=session, settings=settings):
            _log.info("What the film %s failed for is gone; it is made after all.", film.id)
        session.commit()


def put_what_is_only_here(database: sa.Engine, settings: StudioSettings) -> None:
    """Put into a shared store what is needed and only here. Raises StoreAway."""
    if settings.store is None:
        return
    with session_for(database) as session:
        rows = all_rows(session)
        session.expunge_all()
    found = only_here(settings, rows)
    for thing in found:
        put_there(settings, thing)
    if found:
        _log.info("Put %d files and sections that were only here into the shared store.", len(found))


def _clear(settings: StudioSettings) -> None:
    gone = let_go(settings)
    if gone.files:
        _log.info("Let go of %d files (%.1f GB) that are in the shared store.", gone.files, gone.size / 10**9)
