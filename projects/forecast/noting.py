"""Keeps what a worker learns of its speed, for forecasts; what cannot be kept is dropped."""

from __future__ import annotations

import logging
import time

import sqlalchemy as sa
from sqlmodel import col

from projects.database.opening import AWAY, session_for
from projects.database.tables import Render
from projects.failures import first_line
from projects.forecast.crowding import Crowd, Used
from projects.forecast.speeds import Timed, note_speed
from projects.forecast.timing import StageClock

# What lies between two shots of one render belongs to it, unless it is so much that the worker did something else.
MOST_BETWEEN = 5.0

_log = logging.getLogger(__name__)


class SpeedNotes:
    """What one worker keeps, one shot after the other. ``glances`` and ``crowd`` as for ``ShotRenderer``."""

    def __init__(self, *, glances: sa.Engine, hardware: str, crowd: Crowd) -> None:
        self._glances = glances
        self._hardware = hardware
        self._crowd = crowd
        self._used = Used.now()
        self._render = ""
        self._ended = float("-inf")
        self._began = 0.0

    def begin(self, render_id: str) -> None:
        """A shot begins."""
        self._began = time.monotonic()
        if render_id == self._render and self._began - self._ended < MOST_BETWEEN:
            self._began = self._ended
        else:
            self._used = Used.now()
        self._render = render_id

    def end(self, clock: StageClock, *, whole: bool) -> None:
        """A shot ends; ``whole``: it was made."""
        self._ended = time.monotonic()
        spent = self._ended - self._began
        crowded, self._used = self._crowd.since(self._used), Used.now()
        try:
            with session_for(self._glances) as session:
                timed = list(clock.timed)
                if timed and whole:
                    rest = Timed("rest", timed[0][0].checkpoint)
                    timed.append((rest, max(0.0, spent - clock.spent)))
                for what, seconds in timed:
                    note_speed(session=session, hardware=self._hardware, timed=what, seconds=seconds / crowded)
                session.exec(
                    sa.update(Render)
                    .where(col(Render.id) == self._render)
                    .values(seconds_spent=col(Render.seconds_spent) + spent)
                )
                session.commit()
        except AWAY as error:
            _log.warning("How long it took is not kept: %s", first_line(error))
