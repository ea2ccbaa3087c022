"""Makes the shots of a render one by one: plans, samples, records takes, and puts faults into words for who waits.

It knows the tables and the store of sections, but not the queue that calls it nor how the engine comes to life. Every
verb may be called again after a kill: what is finished is found, and the take that was begun goes on.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa
from sqlmodel import Session

from framepack.device.faults import accelerator_lost
from framepack.errors import FramepackError, ImageRejected, RankLost
from framepack.messages import Message, joined
from framepack.shots.events import Notice, SectionDone, Step
from framepack.store.section_store import SectionStore
from projects.database.opening import AWAY, make_engine, session_for
from projects.database.tables import Media, Render, Take, now
from projects.failures import CALLED_OFF, first_line, foreseen, message_for
from projects.films.stitching import conform_take, take_is_whole
from projects.generator.orders_in_hand import CalledOff, Order, ShotDeleted, check_wanted, plan_if_wanted
from projects.generator.patience import CallOffWatch, insist
from projects.generator.planning import plan_of_render
from projects.messages import in_english, read, stored
from projects.queue.orders import UNFINISHED
from projects.queue.progress import Place, ProgressWriter
from projects.settings import StudioSettings
from projects.storage.places import picture_path, preview_path
from projects.storyboard.choosing import is_other
from projects.takes.render_plan import RenderPlan, missing_units
from projects.takes.staleness import holds
from projects.takes.takes import (
    cancel_take,
    fail_take,
    finish_take,
    record_take,
    reopen_take,
    show_take,
    takes_of,
)

if TYPE_CHECKING:
    from projects.generator.engine_holder import EngineHolder, OpenEngine

MAX_ATTEMPTS = 3
MAX_ATTEMPTS_AFTER_A_FAULT = 2
SECONDS_TO_WAIT_FOR_A_GLANCE = 1.0
SECONDS_TO_WAIT_FOR_THE_COMMIT = 10.0
# So much of the disk is left free, so that what went wrong can still be written down.
RESERVED_BYTES = 64 * 2**20

# Faults of what one shot is made from; whatever else goes wrong concerns every shot.
_ONES_OWN = (FramepackError, OSError)

_log = logging.getLogger(__name__)


class ShotRenderer:
    """What a worker does for the queue. ``room`` lends it the engine, ``executor`` is the worker's name.

    ``begin_afresh`` ends the process, so that another takes up the work: where the accelerator is lost to this one, or
    where it does not hear that it was called off, or where one of several cards at work on a shot is lost.
    """

    def __init__(
        self,
        *,
        settings: StudioSettings,
        database: sa.Engine,
        room: EngineHolder,
        executor: str,
        begin_afresh: Callable[[], NoReturn],
    ) -> None:
        self._settings = settings
        self._database = database
        # For what may fail: it must not hold up the work.
        self._glances = make_engine(settings.database_url, busy_seconds=SECONDS_TO_WAIT_FOR_A_GLANCE)
        self._room = room
        self._executor = executor
        self._begin_afresh = begin_afresh
        self._store = SectionStore(settings.sections_dir)
        self._take_id: str | None = None

    def plan(self, render_id: str) -> list[list[int]]:
        """Begin a render: keep the storyboard as it is now. Returns for each chain the places of shots to make."""

        def begin(session: Session) -> dict[str, Any] | None:
            render = self._await_row(session, render_id)
            if render is None or render.status not in UNFINISHED:
                return None
            if render.plan is None:
                render.plan = self._plan_of(session, render).to_json()
                render.status, render.started_at, render.executor = "running", now(), self._executor
            return render.plan

        plan = insist(self._database, begin)
        chains = RenderPlan.from_json(plan).chains if plan is not None else ()
        return [[place for place, shot in enumerate(chain) if shot.index is not None] for chain in chains]

    def make(self, render_id: str, number: int, place: int) -> Message | None:
        """Make the shot at ``place`` of the chain ``number``. Returns None, or why it is not made."""
        order = insist(self._database, lambda session: self._begin(session, render_id, number, place))
        if order is None or isinstance(order, Message):
            return order
        self._take_id = order.take.id
        try:
            return self._make(order)
        finally:
            self._take_id = None

    def forgive(self) -> None:
        """Do not count this attempt at the shot under way: the worker ends on purpose, not because of it."""
        with session_for(self._glances) as session:
            take = session.get(Take, self._take_id) if self._take_id else None
            if take is not None and take.attempts > 0:
                take.attempts -= 1
                session.commit()

    def settle(self, render_id: str, problems: Sequence[Message]) -> None:
        """End a render; ``problems`` say why shots were not made."""

        def end(session: Session) -> None:
            render = session.get(Render, render_id)
            if render is not None and render.status in UNFINISHED:
                planned = RenderPlan.from_json(render.plan).problems if render.plan else ()
                # What several chains say is said once.
                said: list[Message] = []
                for problem in (*planned, *problems):
                    if problem not in said:
                        said.append(problem)
                render.status = "failed" if said else "done"
                render.error = stored(joined(said, "sentences")) if said else None
                render.finished_at = now()

        insist(self._database, end)
        preview_path(self._settings, render_id).unlink(missing_ok=True)

    def _await_row(self, session: Session, render_id: str) -> Render | None:
        # The order is queued a moment before its row is committed.
        deadline = time.monotonic() + SECONDS_TO_WAIT_FOR_THE_COMMIT
        while True:
            render = session.get(Render, render_id)
            if render is not None or time.monotonic() > deadline:
                return render
            session.rollback()
            time.sleep(0.02)

    def _plan_of(self, session: Session, render: Render) -> RenderPlan:
        try:
            return plan_of_render(session=session, settings=self._settings, store=self._store, render=render)
        except Exception as error:
            _report(error)
            return RenderPlan((), (message_for(error),))

    def _begin(self, session: Session, render_id: str, number: int, place: int) -> Order | Message | None:
        """The order of one shot; or None where nothing is to be made, or why it cannot be made."""
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
        for made in takes_of(session=session, shot_id=shot_id):
            if made.status != "done" or not holds(made, planned, planned.span.frames):
                continue
            if take_is_whole(settings=self._settings, take=made):
                if not lacking:
                    other = is_other(render, shot_id, planned.request.seed)
                    show_take(session=session, take=made, made_for=render.made_for, is_other=other)
                    return None
            elif made.units == planned.units:
                reopen_take(session=session, take_id=made.id, render_id=render_id)
        take = record_take(
            session=session,
            shot_id=shot_id,
            planned=planned,
            render_id=render_id,
            made_for=render.made_for,
            own=shot.own or None,
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

    def _make(self, order: Order) -> Message | None:
        """Make a shot. Returns None, or why it is not made."""
        began = time.monotonic()
        take_id = order.take.id
        try:
            self._fill(order)
            spent = time.monotonic() - began
            insist(self._database, lambda session: finish_take(session=session, take_id=take_id, seconds_spent=spent))
        except CalledOff:
            self._cancel(order)
            return CALLED_OFF
        except ShotDeleted:
            self._cancel(order)
        # The one place where whatever went wrong is put into words; the next shot or render goes on.
        except Exception as error:
            _report(error)
            if isinstance(error, RankLost):
                self._note_fault(take_id, error.message)
                self._begin_afresh()
            if accelerator_lost(error):
                self._note_fault(take_id, Message("accelerator-lost", {"said": first_line(error)}))
                self._begin_afresh()
            said = message_for(self._named(error))
            insist(self._database, lambda session: fail_take(session=session, take_id=take_id, error=said))
            return said
        return None

    def _fill(self, order: Order) -> None:
        """Make what the take lacks and put its file together. Raises CalledOff, and whatever goes wrong."""
        shot = order.plan.chains[order.number][order.place]
        progress = ProgressWriter(
            settings=self._settings,
            database=self._glances,
            place=Place(
                render_id=order.render_id,
                shot_id=shot.shot_id,
                shot_index=shot.index or 0,
                shot_count=order.plan.shot_count,
                sections=len(order.planned.sections),
            ),
        )
        if missing_units(order.planned, self._store):
            self._sample(order, progress)
        insist(self._database, lambda session: check_wanted(session=session, order=order))
        progress.enter("finishing")
        conform_take(settings=self._settings, take=order.take)

    def _sample(self, order: Order, progress: ProgressWriter) -> None:
        """Have the engine make the sections, up to the end or until the render is called off."""
        pictures = self._pictures(order.plan)
        request = order.planned.request
        self._check_disk()
        progress.enter("loading")
        with (
            CallOffWatch(is_wanted=lambda: self._is_wanted(order), give_up=lambda: self._give_up(order)) as watch,
            self._room.engine(request.settings.checkpoint, request.identity) as engine,
        ):
            progress.enter("encoding")
            self._encode(order.plan, engine, pictures)
            if watch.called_off:
                return
            with contextlib.closing(engine.render(order.chain, order.place, pictures, self._store)) as events:
                for event in events:
                    progress.follow(event)
                    if isinstance(event, Step):
                        watch.hears = True
                    if isinstance(event, Notice):
                        _log.info("%s", in_english(event.message))
                    if isinstance(event, SectionDone) and event.number and event.seconds:
                        _log.info("Made section %s in %.1f s.", event.key[:12], event.seconds)
                        self._note_success(order.take)
                        self._check_disk()
                    if watch.called_off:
                        return

    def _encode(self, plan: RenderPlan, engine: OpenEngine, pictures: dict[str, Path]) -> None:
        """Encode everything the whole render needs before the transformer is loaded, once.

        What cannot be encoded is the fault of the shots that need it, which ask for it again; the others go on.
        """
        shots = [shot for number in range(len(plan.chains)) for shot in plan.planned(number)]
        try:
            engine.prepare(shots, pictures)
        except _ONES_OWN:
            for shot in shots:
                try:
                    engine.prepare([shot], pictures)
                except _ONES_OWN as error:
                    _log.warning("A shot of this render cannot be made: %s", error)

    def _pictures(self, plan: RenderPlan) -> dict[str, Path]:
        asked = [shot.request for chain in plan.chains for shot in chain]
        images = {image for request in asked for image in (request.image, *(beat.image for beat in request.beats))}
        return {image: picture_path(self._settings, image) for image in images if image}

    def _is_wanted(self, order: Order) -> bool:
        try:
            with session_for(self._glances) as session:
                check_wanted(session=session, order=order)
        except (CalledOff, ShotDeleted):
            return False
        return True

    def _give_up(self, order: Order) -> None:
        """End the process over a shot that nobody wants any more, and that does not hear of it."""
        _log.warning("What was called off does not end; beginning afresh.")
        self._cancel(order)
        self._begin_afresh()

    def _cancel(self, order: Order) -> None:
        def cancel(session: Session) -> None:
            # Somebody may have ended it already, and begun another in its place.
            take = session.get(Take, order.take.id)
            if take is not None and take.status == "rendering":
                cancel_take(session=session, take_id=take.id)

        insist(self._database, cancel)
        preview_path(self._settings, order.render_id).unlink(missing_ok=True)

    def _note_success(self, take: Take) -> None:
        """A section was finished, so what killed the worker before does not kill it every time."""
        try:
            with session_for(self._glances) as session:
                noted = session.get_one(Take, take.id)
                noted.attempts, noted.error = 0, None
                session.commit()
        except AWAY as error:
            _log.warning("The database does not answer (%s); the next section tells as much.", error)

    def _note_fault(self, take_id: str, fault: Message) -> None:
        def note(session: Session) -> None:
            session.get_one(Take, take_id).error = stored(fault)

        insist(self._database, note)

    def _named(self, error: Exception) -> Exception:
        """``error``; where it is about a picture, with the name that a person gave it, not the one it is kept under."""
        if isinstance(error, ImageRejected):
            name = error.name
            media = insist(self._database, lambda session: session.get(Media, name))
            if media is not None:
                return ImageRejected(media.name, error.reason)
        return error

    def _check_disk(self) -> None:
        if shutil.disk_usage(self._settings.home).free < RESERVED_BYTES:
            raise OSError(errno.ENOSPC, "No space left on device", str(self._settings.home))


def _report(error: Exception) -> None:
    if foreseen(error):
        _log.warning("%s", in_english(message_for(error)))
    else:
        _log.error("Unforeseen fault", exc_info=error)
