"""Chooses whether a computer's cards make a shot each or all of them one, by what is ordered. No torch.

Weights are loaded anew by a change, since a worker's cards are those that its process was started with. So a change has
to save more than that takes: as long as loading took here before, and the start of a process.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.device.cards_measured import CardsMeasured
from projects.database.opening import AWAY, open_database, session_for
from projects.database.tables import Project
from projects.errors import StudioError
from projects.failures import first_line
from projects.forecast.foretelling import Foreteller
from projects.generator.ranks import Layout, Waiting, as_many_as_share, layout_for
from projects.queue.orders import live_workers
from projects.queue.overview import Listed, Overview, overview
from projects.settings import CHECKOUT, StudioSettings
from projects.storyboard.project_settings import checkpoint_of

SECONDS_TO_MEASURE = 180.0
# What a worker's process takes until it is at work.
SECONDS_TO_START = 10.0
# After one of the cards was lost to the others they make a shot each for so long.
SECONDS_AFTER_A_LOSS = 600.0
# So long orders are looked at; what is not foretold then is looked at next time.
_PATIENCE = 1.0

_log = logging.getLogger(__name__)


def measured_together(settings: StudioSettings, cards: Sequence[str]) -> CardsMeasured | None:
    """What the first of ``cards`` that can share a shot do together; kept in the studio's home, so measured once.

    None where it cannot be measured, which is noted. A process of its own does it: torch stays out of this one.
    """
    command = [sys.executable, "-m", "framepack.engine.card_speeds", "+".join(shared(cards)), str(settings.home)]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS_TO_MEASURE, check=False, cwd=CHECKOUT
        )
        if asked.returncode:
            said = (asked.stderr.strip().splitlines() or [str(asked.returncode)])[-1]
            _log.warning("What the cards gain together cannot be measured, so each makes shots: %s", said)
            return None
        return CardsMeasured.from_json(json.loads(asked.stdout))
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("What the cards gain together cannot be measured, so each makes shots: %s", first_line(error))
        return None


def shared(cards: Sequence[str]) -> tuple[str, ...]:
    """Those of ``cards`` that make a shot together, where they do."""
    return tuple(cards[: as_many_as_share(len(cards))])


class CardChoice:
    """The choice for ``cards``, two or more of one computer, of which ``measured`` says what they gain together."""

    def __init__(self, settings: StudioSettings, cards: Sequence[str], measured: CardsMeasured | None) -> None:
        self._settings = settings
        self._cards = tuple(cards)
        self._shared = shared(cards)
        self._measured = measured
        self._database: sa.Engine | None = None
        self._lost = float("-inf")

    def workers(self, layout: Layout) -> tuple[str, ...]:
        """The devices of workers: each card, or those that make a shot together and what is left over."""
        if layout == "each":
            return tuple(dict.fromkeys(self._cards))  # the processor is one however often it is named
        return ("+".join(self._shared), *self._cards[len(self._shared) :])

    def note_loss(self) -> None:
        """One of the cards that made a shot together was lost to the others."""
        self._lost = time.monotonic()

    def layout(self, now: Layout) -> Layout:
        """What is best for what is ordered; ``now`` where that cannot be seen."""
        if self._measured is None or time.monotonic() - self._lost < SECONDS_AFTER_A_LOSS:
            return "each"
        if not self._measured.pays:
            return "each"
        try:
            if self._database is None:
                self._database = open_database(self._settings)
            with session_for(self._database) as session:
                return self._best(session, now, self._measured.gain)
        except (*AWAY, StudioError) as error:
            _log.warning("The database does not answer (%s); it is asked again.", first_line(error))
            return now

    def _best(self, session: Session, now: Layout, gain: float) -> Layout:
        seen = overview(session=session, settings=self._settings, patience=_PATIENCE)
        orders = [one for one in seen.orders if not one.order.paused]
        # A film would have to be made again.
        if not orders or seen.paused or any(one.film.status == "working" for one in seen.films):
            return now
        first = orders[0].order
        checkpoint = checkpoint_of(session.get_one(Project, first.project_id), first.made_for)
        if checkpoint_named(checkpoint).embedded:
            return "each"  # it is so small that it only waits for what is exchanged
        foreteller = Foreteller(session=session, settings=self._settings, workers=live_workers(session=session))
        seconds = foreteller.loading(checkpoint).likely + SECONDS_TO_START
        section = section_seconds(orders) * (gain if now == "all" else 1.0)
        switch = seconds / section if section else 0.0
        return layout_for(waiting_in(seen), len(self._shared), gain, now=now, switch=switch)


def waiting_in(seen: Overview) -> Waiting:
    """What the queue still has to make. Somebody waits to see a section where a shot is directed."""
    orders = [one for one in seen.orders if not one.order.paused]
    chains = tuple(count for one in orders if one.forecast is not None for count in one.forecast.chains)
    return Waiting(chains, interactive=bool(orders) and orders[0].order.direction is not None)


def section_seconds(orders: Sequence[Listed]) -> float:
    """How long a section of ``orders`` takes in the mean, as far as that is foretold; 0 where none is."""
    foretold = [one.forecast for one in orders if one.forecast is not None]
    sections = sum(one.sections for one in foretold)
    return sum(one.lasts.likely for one in foretold) / sections if sections else 0.0
