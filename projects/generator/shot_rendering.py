"""Makes the shots of a render one by one: plans, samples, and puts faults into words for who waits.

It knows the tables and the store of sections, but not the queue that calls it nor how the engine comes to life. Every
verb may be called again after a kill: what is finished is found, and the take that was begun goes on.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa
from sqlmodel import Session

from framepack.conditioning.names import conditioning_of
from framepack.device.faults import accelerator_lost
from framepack.errors import FramepackError, ImageRejected, LoraMissing, RankLost, VideoRejected
from framepack.media.joins import Join
from framepack.messages import Message, joined
from framepack.shots.events import Notice, SectionDone, Step
from framepack.store.connection import StoreAway
from framepack.store.join_reading import measured_join
from projects.database.leases import Fenced, Job
from projects.database.opening import AWAY, hold, make_engine, session_for
from projects.database.patience import await_row, insist
from projects.database.tables import Lora, Media, Render, Take, now
from projects.errors import StoryboardProblem
from projects.failures import CALLED_OFF, first_line, foreseen, message_for
from projects.forecast.crowding import Crowd
from projects.forecast.foretelling import Foreteller
from projects.forecast.noting import SpeedNotes
from projects.forecast.timing import StageClock
from projects.generator.orders_in_hand import (
    CalledOff,
    Order,
    PutBack,
    ShotDeleted,
    check_not_put_back,
    check_wanted,
    is_run,
)
from projects.generator.patience import SECONDS_BETWEEN_LOOKS, CallOffWatch
from projects.generator.planning import plan_of_render
from projects.generator.takes_in_hand import TakesInHand
from projects.logs.hiding import in_log
from projects.logs.records import at_work_on
from projects.messages import stored
from projects.queue.orders import UNFINISHED, live_workers
from projects.queue.progress import Place, ProgressWriter
from projects.settings import StudioSettings
from projects.storage.places import encoded_path, preview_path
from projects.storage.shared import picture_file, section_store
from projects.takes.render_plan import RenderPlan, missing_units

if TYPE_CHECKING:
    from projects.generator.engine_holder import EngineHolder, OpenEngine

SECONDS_TO_WAIT_FOR_A_GLANCE = 1.0
# So much of the disk is left free, so that what went wrong can still be written down.
RESERVED_BYTES = 64 * 2**20

# Faults of what one shot is made from; whatever else goes wrong concerns every shot.
_ONES_OWN = (FramepackError, OSError)

_log = logging.getLogger(__name__)


class ShotRenderer:
    """What a worker does for the queue. ``room`` lends it the engine, ``executor`` is the worker's name.

    ``hardware`` is what its device is sold as, and ``crowd`` says who else uses it, for forecasts.

    ``begin_afresh`` ends the process, so that another takes up the work: where the accelerator is lost to this one, or
    where it does not hear that it was called off, or where one of several cards at work on a shot is lost. Once
    ``leave`` is set nothing is begun any more, neither a shot nor a section: the process is about to end.
    """

    def __init__(
        self,
        *,
        settings: StudioSettings,
        database: sa.Engine,
        room: EngineHolder,
        executor: str,
        hardware: str,
        crowd: Crowd,
        begin_afresh: Callable[[], NoReturn],
        leave: threading.Event,
    ) -> None:
        self._settings = settings
        self._database = database
        # For what may fail: it must not hold up the work.
        self._glances = make_engine(settings.database_url, busy_seconds=SECONDS_TO_WAIT_FOR_A_GLANCE)
        self._room = room
        self._executor = executor
        self._begin_afresh = begin_afresh
        self._leave = leave
        self._rests = threading.Event()
        self._store = section_store(settings)
        self._takes = TakesInHand(
            settings=settings, database=database, glances=self._glances, store=self._store, executor=executor
        )
        self._notes = SpeedNotes(glances=self._glances, hardware=hardware, crowd=crowd)
        # An order that was put back ends its section while the next one is taken up already.
        self._turn = threading.Lock()
        self._order: Order | None = None
        self._at: tuple[str, str] | None = None

    def plan(self, render_id: str, job: Job) -> list[list[int]]:
        """Begin a render: keep the storyboard as it is now. Returns for each chain the places of shots to make."""

        def begin(session: Session) -> dict[str, Any] | None:
            render = await_row(session, Render, render_id)
            if render is None or not _is_to_be_made(render, job):
                return None
            if render.plan is None:
                plan = self._plan_of(session, render)
                workers = live_workers(session=session)
                foreteller = Foreteller(session=session, settings=self._settings, workers=workers)
                planned, forecast = plan.to_json(), foreteller.foretell(plan).to_json()
                hold(session=session, row=render)
                session.refresh(render)
                if render.plan is None:
                    render.plan, render.forecast, render.started_at = planned, forecast, now()
                else:  # another worker was quicker: its plan counts, and what was decided for this one is undone
                    session.rollback()
            hold(session=session, row=render)
            session.refresh(render, ["status", "handed_over", "runs"])
            if not _is_to_be_made(render, job) or not job.is_ours():
                session.rollback()
                return None
            render.status, render.executor = "running", self._executor
            return render.plan

        plan = insist(self._database, begin)
        chains = RenderPlan.from_json(plan).chains if plan is not None else ()
        return [[place for place, shot in enumerate(chain) if shot.index is not None] for chain in chains]

    def make(self, render_id: str, number: int, place: int, job: Job) -> Message | None:
        """Make the shot at ``place`` of the chain ``number``. Returns None, or why it is not made."""
        with self._turn, at_work_on("render", render_id):
            while job.is_ours():
                self._rest_if_leaving()
                self._notes.begin(render_id)
                try:
                    order = self._takes.begin(render_id, number, place, job.run)
                except StoreAway as away:
                    return away.message
                if order is None or isinstance(order, Message):
                    return order
                # Asked once more: only now does whoever has it by right find out who took it up last.
                if not job.is_ours():
                    self._takes.forgive(order)
                    break
                with contextlib.suppress(Fenced):
                    return self._make_and_note(order)
                # Whoever took it up may have lost it long ago, and found that out in the meantime.
                _log.warning("Another worker took up shot %s of order %s.", order.take.shot_id, render_id)
        _log.warning("Order %s is not this worker's any more; it goes on with what else there is.", render_id)
        return CALLED_OFF

    def _make_and_note(self, order: Order) -> Message | None:
        """Make a shot, and keep how long it took. Returns None, or why it is not made. Raises Fenced."""
        self._order, self._at = order, (order.render_id, order.take.shot_id)
        clock = StageClock(order.planned.request.settings)
        problem: Message | None = CALLED_OFF
        is_fenced = False
        try:
            problem = self._make(order, clock)
        except Fenced:
            # Its clock went on while it stood still.
            is_fenced = True
            raise
        finally:
            self._order = self._at = None
            if not is_fenced:
                self._notes.end(clock, whole=problem is None)
        return problem

    def await_rest(self) -> None:
        """Wait until nothing is under way; to be called once ``leave`` is set."""
        while not self._rests.wait(SECONDS_BETWEEN_LOOKS):
            if self._turn.acquire(blocking=False):
                # Whoever wants to begin now finds that the worker leaves.
                self._turn.release()
                return

    @property
    def at(self) -> tuple[str, str] | None:
        """The render and the shot under way, by id; None between shots."""
        return self._at

    def forgive(self) -> None:
        """Do not count this attempt at the shot under way: the worker ends on purpose, not because of it."""
        order = self._order
        if order is not None:
            self._takes.forgive(order)

    def settle(self, render_id: str, problems: Sequence[Message], job: Job) -> None:
        """End a render; ``problems`` say why shots were not made."""

        def end(session: Session) -> bool:
            render = session.get(Render, render_id)
            if render is not None:
                hold(session=session, row=render)
                session.refresh(render)
            is_to_end = render is not None and _is_to_be_made(render, job)
            if render is not None and is_to_end:
                planned = RenderPlan.from_json(render.plan).problems if render.plan else ()
                # What several chains say is said once.
                said: list[Message] = []
                for problem in (*planned, *problems):
                    if problem not in said:
                        said.append(problem)
                render.status = "failed" if said else "done"
                render.error = stored(joined(said, "sentences")) if said else None
                render.finished_at = now()
            return is_to_end

        if insist(self._database, end):
            preview_path(self._settings, render_id).unlink(missing_ok=True)

    def _plan_of(self, session: Session, render: Render) -> RenderPlan:
        try:
            return plan_of_render(session=session, settings=self._settings, store=self._store, render=render)
        except Exception as error:
            _report(error)
            return RenderPlan((), (message_for(error),))

    def _make(self, order: Order, clock: StageClock) -> Message | None:
        """Make a shot. Returns None, or why it is not made. Raises Fenced."""
        began = time.monotonic()
        try:
            self._fill(order, clock)
            self._takes.finish(order, time.monotonic() - began, self._join_of(order))
        except CalledOff:
            self._cancel(order)
            return CALLED_OFF
        except ShotDeleted:
            self._cancel(order)
        except PutBack:
            self._takes.forgive(order)
            return CALLED_OFF
        except Fenced:
            raise
        # The one place where whatever went wrong is put into words; the next shot or render goes on.
        except Exception as error:
            _report(error)
            if isinstance(error, RankLost):
                self._takes.note_fault(order, error.message)
                self._begin_afresh()
            if accelerator_lost(error):
                self._takes.note_fault(order, Message("accelerator-lost", {"said": first_line(error)}))
                self._begin_afresh()
            said = message_for(self._named(error))
            self._takes.fail(order, said)
            return said
        return None

    def _fill(self, order: Order, clock: StageClock) -> None:
        """Make what the take lacks and put its file together.

        Raises CalledOff, PutBack, Fenced, and whatever goes wrong.
        """
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
            held=lambda session: self._takes.held(session, order),
        )
        take = order.take
        # One that was ended early has fewer units than are planned.
        if take.units == order.planned.units and missing_units(order.planned, self._store):
            take = self._sample(order, progress, clock) or take
        insist(self._database, lambda session: check_wanted(session=session, order=order))
        progress.enter("finishing")
        self._takes.put_together(order, take)

    def _join_of(self, order: Order) -> Join | None:
        """What there is to see where a shot goes on from a video."""
        planned = order.planned
        if planned.start is None or planned.request.past is None:
            return None
        return measured_join(self._store, planned.start, planned.sections[0])

    def _sample(self, order: Order, progress: ProgressWriter, clock: StageClock) -> Take | None:
        """Have the engine make the sections, up to the end or until the render is called off or put back.

        Returns the take as it is where it was ended early, after a section.
        """
        pictures = self._pictures(order.plan)
        request = order.planned.request
        self._check_disk()
        progress.enter("loading")
        with (
            CallOffWatch(is_wanted=lambda: self._is_wanted(order), give_up=lambda: self._give_up(order)) as watch,
            self._room.engine(request.settings.checkpoint, request.identity) as engine,
        ):
            clock.loaded(is_fresh=engine.is_fresh)
            progress.enter("encoding")
            clock.encoded(self._encode(order.plan, engine, pictures))
            if watch.called_off:
                return None
            with contextlib.closing(engine.render(order.chain, order.place, pictures, self._store)) as events:
                for event in events:
                    progress.follow(event)
                    clock.follow(event)
                    if isinstance(event, Step):
                        watch.hears = True
                    if isinstance(event, Notice):
                        _log.info("%s", in_log(event.message))
                    if isinstance(event, SectionDone) and event.number and event.seconds:
                        _log.info("Made section %s in %.1f s.", event.key[:12], event.seconds)
                        self._takes.note_success(order)
                        self._check_disk()
                        if ended := self._takes.end_if_asked(order, event.number):
                            return ended
                        self._check_not_put_back(order)
                        self._rest_if_leaving()
                    if watch.called_off:
                        return None
        return None

    def _encode(self, plan: RenderPlan, engine: OpenEngine, pictures: dict[str, Path]) -> int:
        """Encode everything the whole render needs before the transformer is loaded, once; returns how much that was.

        What cannot be encoded is the fault of the shots that need it, which ask for it again; the others go on.
        """
        shots = [shot for number in range(len(plan.chains)) for shot in plan.planned(number)]
        names = {name for shot in shots for name in conditioning_of(shot)}
        missing = sum(not encoded_path(self._settings, name).is_file() for name in names)
        try:
            engine.prepare(shots, pictures, self._store)
        except _ONES_OWN:
            for shot in shots:
                try:
                    engine.prepare([shot], pictures, self._store)
                except _ONES_OWN as error:
                    _log.warning("A shot of this render cannot be made: %s", in_log(message_for(error)))
        return missing

    def _rest_if_leaving(self) -> None:
        """Go no further where the worker leaves; whoever takes up the work finds what is finished."""
        if self._leave.is_set():
            self._rests.set()
            threading.Event().wait()

    def _check_not_put_back(self, order: Order) -> None:
        """Raise PutBack where the order waits again and lacks more than its file."""
        if missing_units(order.planned, self._store):
            with contextlib.suppress(*AWAY), session_for(self._glances) as session:
                check_not_put_back(session=session, order=order)

    def _pictures(self, plan: RenderPlan) -> dict[str, Path]:
        asked = [shot.request for chain in plan.chains for shot in chain]
        images = {image for request in asked for image in (request.image, *(beat.image for beat in request.beats))}
        images |= {request.past.video for request in asked if request.past}
        images |= {request.end for request in asked}
        return {image: picture_file(self._settings, image) for image in images if image}

    def _is_wanted(self, order: Order) -> bool:
        try:
            with session_for(self._glances) as session:
                check_wanted(session=session, order=order)
        except (CalledOff, ShotDeleted, Fenced):
            return False
        return True

    def _give_up(self, order: Order) -> None:
        """End the process over a shot that nobody wants any more, and that does not hear of it."""
        try:
            self._cancel(order)
        except Fenced:
            return  # it will hear of it, and this process can go on with other work
        _log.warning("What was called off does not end; beginning afresh.")
        self._begin_afresh()

    def _cancel(self, order: Order) -> None:
        self._takes.cancel(order)
        preview_path(self._settings, order.render_id).unlink(missing_ok=True)

    def _named(self, error: Exception) -> Exception:
        """``error``; where it is about a picture, video or LoRA, with the name that a person gave it."""
        if isinstance(error, ImageRejected | VideoRejected):
            name = error.name
            media = insist(self._database, lambda session: session.get(Media, name))
            if media is not None:
                return type(error)(media.name, error.reason)
        if isinstance(error, LoraMissing):
            sha256 = error.sha256
            lora = insist(self._database, lambda session: session.get(Lora, sha256))
            if lora is not None:
                return StoryboardProblem(Message("lora-not-here", {"name": lora.name}))
        return error

    def _check_disk(self) -> None:
        if shutil.disk_usage(self._settings.home).free < RESERVED_BYTES:
            raise OSError(errno.ENOSPC, "No space left on device", str(self._settings.home))


def _is_to_be_made(render: Render, job: Job) -> bool:
    return render.status in UNFINISHED and is_run(render, job.run)


def _report(error: Exception) -> None:
    if foreseen(error):
        _log.warning("%s", in_log(message_for(error)))
    else:
        _log.error("Unforeseen fault", exc_info=error)
