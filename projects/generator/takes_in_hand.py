"""The takes that a worker makes, as the database has them: begun, gone on with, given up, called off.

It renders nothing. Every verb may be called again after a kill: the take that was begun goes on.
"""

from __future__ import annotations

import logging

import sqlalchemy as sa
from sqlmodel import Session

from framepack.messages import Message
from framepack.store.section_store import SectionStore
from projects.database.opening import AWAY, session_for
from projects.database.patience import insist
from projects.database.tables import Render, Take
from projects.failures import CALLED_OFF
from projects.films.stitching import take_is_whole
from projects.generator.orders_in_hand import CalledOff, Order, ShotDeleted, plan_if_wanted
from projects.messages import read, stored
from projects.settings import StudioSettings
from projects.storyboard.choosing import is_other
from projects.takes.render_plan import missing_units
from projects.takes.staleness import holds
from projects.takes.takes import (
    begun_take,
    cancel_take,
    end_take_after,
    fail_take,
    finish_take,
    record_take,
    reopen_take,
    show_take,
    takes_of,
)

MAX_ATTEMPTS = 3
MAX_ATTEMPTS_AFTER_A_FAULT = 2

_log = logging.getLogger(__name__)


class TakesInHand:
    """Keeps what becomes of takes; ``glances`` is for what must not hold up the work, ``executor`` is the worker."""

    def __init__(
        self,
        *,
        settings: StudioSettings,
        database: sa.Engine,
        glances: sa.Engine,
        store: SectionStore,
        executor: str,
    ) -> None:
        self._settings = settings
        self._database = database
        self._glances = glances
        self._store = store
        self._executor = executor

    def begin(self, render_id: str, number: int, place: int) -> Order | Message | None:
        """The order of one shot; or None where nothing is to be made, or why it cannot be made."""
        return insist(self._database, lambda session: self._begin(session, render_id, number, place))

    def finish(self, take_id: str, seconds_spent: float) -> None:
        """A take is whole."""
        insist(
            self._database,
            lambda session: finish_take(session=session, take_id=take_id, seconds_spent=seconds_spent),
        )

    def fail(self, take_id: str, reason: Message) -> None:
        """A take cannot be made."""
        insist(self._database, lambda session: fail_take(session=session, take_id=take_id, error=reason))

    def cancel(self, take_id: str) -> None:
        """Nobody wants a take any more."""

        def cancel(session: Session) -> None:
            # Somebody may have ended it already, and begun another in its place.
            take = session.get(Take, take_id)
            if take is not None and take.status == "rendering":
                cancel_take(session=session, take_id=take.id)

        insist(self._database, cancel)

    def forgive(self, take_id: str) -> None:
        """Do not count an attempt at a take: the worker ends on purpose, not because of it."""
        with session_for(self._glances) as session:
            take = session.get(Take, take_id)
            if take is not None and take.attempts > 0:
                take.attempts -= 1
                session.commit()

    def note_success(self, take: Take) -> None:
        """A section was finished, so what killed the worker before does not kill it every time."""
        try:
            with session_for(self._glances) as session:
                noted = session.get_one(Take, take.id)
                noted.attempts, noted.error = 0, None
                session.commit()
        except AWAY as error:
            _log.warning("The database does not answer (%s); the next section tells as much.", error)

    def end_if_asked(self, order: Order, section: int) -> Take | None:
        """The take, ended after its section ``section`` (1 is the first), where no more of it is wanted."""
        units = section + (1 if order.planned.start else 0)

        def end(session: Session) -> Take | None:
            stops = session.get_one(Render, order.render_id).stopping and units < len(order.planned.units)
            return end_take_after(session=session, take_id=order.take.id, units=units) if stops else None

        return insist(self._database, end)

    def note_fault(self, take_id: str, fault: Message) -> None:
        """The accelerator was lost over a take."""

        def note(session: Session) -> None:
            session.get_one(Take, take_id).error = stored(fault)

        insist(self._database, note)

    def _begin(self, session: Session, render_id: str, number: int, place: int) -> Order | Message | None:
        try:
            plan = plan_if_wanted(session=session, render_id=render_id, number=number, place=place)
        except CalledOff:
            return CALLED_OFF
        except ShotDeleted:
            return None
        planned = plan.planned(number)[place]
        render = session.get_one(Render, render_id)
        shot = plan.chains[number][place]
        shot_id = shot.shot_id
        # What a later shot is continued from are the sections, whether or not there is a take of them.
        goes_on = any(later.index is not None for later in plan.chains[number][place + 1 :])
        lacking = goes_on and bool(missing_units(planned, self._store))
        other = is_other(render, shot_id)
        for made in takes_of(session=session, shot_id=shot_id):
            # Another take is wanted as long as it is asked for, whatever a longer one holds.
            found = made.units == planned.units if other else holds(made, planned, planned.span.frames)
            if made.status != "done" or not found:
                continue
            if take_is_whole(settings=self._settings, take=made):
                if not lacking:
                    show_take(session=session, take=made, made_for=render.made_for, is_other=other)
                    return None
            elif made.units == planned.units:
                reopen_take(session=session, take_id=made.id, render_id=render_id)
        begun = begun_take(session=session, shot_id=shot_id, render_id=render_id)
        if render.stopping and begun is None:
            return None
        # One that was ended early is not planned any more as it is now.
        ended = begun if render.stopping else None
        take = ended or record_take(
            session=session,
            shot_id=shot_id,
            planned=planned,
            render_id=render_id,
            made_for=render.made_for,
            own=shot.own or None,
            branch_of=shot.branch_of,
        )
        take.attempts += 1
        render.executor = self._executor
        # A take that is still being made has an error only where the accelerator was lost over it.
        given_up = None
        if take.error is not None and take.attempts > MAX_ATTEMPTS_AFTER_A_FAULT:
            given_up = read(take.error)
        elif take.attempts > MAX_ATTEMPTS:
            given_up = Message("died-too-often", {"attempts": MAX_ATTEMPTS})
        if given_up is not None:
            fail_take(session=session, take_id=take.id, error=given_up)
            return given_up
        return Order(render_id, plan, number, place, take)
