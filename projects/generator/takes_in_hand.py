"""The takes that a worker makes, as the database has them: begun, gone on with, given up, called off.

It renders nothing. Every verb may be called again after a kill: the take that was begun goes on. What is written of a
take that another worker has taken up since raises Fenced instead.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session

from framepack.files.manifest import sum_of
from framepack.media.joins import Join
from framepack.messages import Message
from framepack.store.section_store import SectionStore
from projects.database.leases import Fenced, check_held, take_up
from projects.database.opening import AWAY, session_for
from projects.database.patience import insist
from projects.database.tables import Render, Shot, Take
from projects.failures import CALLED_OFF
from projects.films.stitching import join_take, take_is_whole
from projects.generator.orders_in_hand import CalledOff, Order, ShotDeleted, is_run, plan_if_wanted
from projects.messages import read, stored
from projects.settings import StudioSettings
from projects.storage.finished import aside_of, put_file_in_place
from projects.storage.places import take_path
from projects.storage.shared import publish_shared, publishing, share_contents
from projects.storyboard.choosing import is_other
from projects.storyboard.reading import chosen_id
from projects.takes.render_plan import missing_units
from projects.takes.staleness import holds
from projects.takes.takes import (
    begun_take,
    cancel_take,
    delete_take,
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
T = TypeVar("T")

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

    def begin(self, render_id: str, number: int, place: int, run: str) -> Order | Message | None:
        """The order of one shot, for the workflow ``run``; or None where nothing is to be made, or why it cannot be."""
        return insist(self._database, lambda session: self._begin(session, render_id, number, place, run))

    def held(self, session: Session, order: Order) -> None:
        """Raise Fenced unless this worker is the latest that took the take up; it stays so to the session's end."""
        check_held(session=session, table=Take, id=order.take.id, lease=order.lease)

    def put_together(self, order: Order, take: Take) -> None:
        """Make the file of ``take``, the order's as it is now, from its sections where it is not whole already.

        In a shared store are then its sections and, by who has the take, its file. Raises TakeLost where the sections
        are not all there, and StoreAway.
        """
        for key, _ in take.units:
            self._store.share(key)
        path = take_path(self._settings, take.id)
        if take_is_whole(settings=self._settings, take=take):
            self._publish(order, path, path, lambda _: publish_shared(self._settings, path))
            return
        with aside_of(path) as aside:
            frames = join_take(settings=self._settings, take=take, out=aside)
            sum_of(aside)  # it is remembered, so that nobody waits for it

            def put(session: Session) -> None:  # noqa: ARG001
                put_file_in_place(aside, path, frames)
                publish_shared(self._settings, path)

            self._publish(order, path, aside, put)

    def finish(self, order: Order, seconds_spent: float, join: Join | None) -> None:
        """A take is whole; ``join`` is what was measured where it goes on from a video."""

        twin = insist(self._database, lambda session: self._twin(session, order.take))

        def end(session: Session) -> None:
            take = finish_take(session=session, take_id=order.take.id, seconds_spent=seconds_spent, join=join)
            if twin is not None and chosen_id(session.get_one(Shot, take.shot_id), take.made_for) == take.id:
                show_take(session=session, take=session.get_one(Take, twin), made_for=take.made_for, is_other=False)
                delete_take(session=session, take_id=take.id)

        self._write(order, end)

    def _twin(self, session: Session, take: Take) -> str | None:
        """The whole take of the very same sections that was there before, by id.

        Then this one was made for its sections alone, which a later shot goes on from and which were gone or damaged.
        """
        for made in takes_of(session=session, shot_id=take.shot_id):
            is_twin = made.id != take.id and made.status == "done" and made.units == take.units
            if is_twin and take_is_whole(settings=self._settings, take=made):
                return made.id
        return None

    def fail(self, order: Order, reason: Message) -> None:
        """A take cannot be made."""
        self._write(order, lambda session: fail_take(session=session, take_id=order.take.id, error=reason))

    def cancel(self, order: Order) -> None:
        """Nobody wants a take any more."""

        def cancel(session: Session) -> None:
            # Somebody may have ended it already.
            if session.get_one(Take, order.take.id).status == "rendering":
                cancel_take(session=session, take_id=order.take.id)

        self._write(order, cancel)

    def forgive(self, order: Order) -> None:
        """Do not count an attempt at a take: the worker ends on purpose, not because of it."""
        with session_for(self._glances) as session, contextlib.suppress(Fenced):
            self.held(session, order)
            take = session.get_one(Take, order.take.id)
            take.attempts = max(0, take.attempts - 1)
            session.commit()

    def note_success(self, order: Order) -> None:
        """A section was finished, so what killed the worker before does not kill it every time."""
        try:
            with session_for(self._glances) as session:
                self.held(session, order)
                noted = session.get_one(Take, order.take.id)
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

        return self._write(order, end)

    def note_fault(self, order: Order, fault: Message) -> None:
        """The accelerator was lost over a take; nothing is noted of one that another worker has."""

        def note(session: Session) -> None:
            session.get_one(Take, order.take.id).error = stored(fault)

        with contextlib.suppress(Fenced):
            self._write(order, note)

    def _publish(self, order: Order, path: Path, file: Path, put: Callable[[Session], None]) -> None:
        """Have ``put`` show others the take's file, which lies in ``file``. Raises Fenced and StoreAway.

        What takes long is done before: while the lease is asked for nobody waits for a store.
        """
        publishing(
            lambda: share_contents(self._settings, path, file if file.is_file() else path),
            lambda: self._write(order, put),
        )

    def _write(self, order: Order, work: Callable[[Session], T]) -> T:
        """What ``work`` gives, committed while nobody else has the take. Raises Fenced."""

        def held(session: Session) -> T:
            self.held(session, order)
            return work(session)

        return insist(self._database, held)

    def _begin(self, session: Session, render_id: str, number: int, place: int, run: str) -> Order | Message | None:
        try:
            plan = plan_if_wanted(session=session, render_id=render_id, number=number, place=place)
        except CalledOff:
            return CALLED_OFF
        except ShotDeleted:
            return None
        planned = plan.planned(number)[place]
        render = session.get_one(Render, render_id)
        if not is_run(render, run):
            return CALLED_OFF
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
            loras=shot.loras,
        )
        lease = take_up(session=session, row=take)
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
        return Order(render_id, plan, number, place, take, lease)
