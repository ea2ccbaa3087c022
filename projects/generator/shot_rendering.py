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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import Session

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import ImageRejected
from framepack.messages import Message, joined
from framepack.shots.events import Notice, SectionDone
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.database.opening import session_for
from projects.database.tables import Media, Project, Render, Shot, Take, now
from projects.failures import CALLED_OFF, foreseen, message_for
from projects.films.stitching import conform_take
from projects.messages import in_english, stored
from projects.queue.orders import UNFINISHED, get_render
from projects.queue.progress import Place, ProgressWriter
from projects.settings import StudioSettings
from projects.storage.places import picture_path, preview_path, take_path
from projects.storyboard.reading import get_project
from projects.takes.render_plan import RenderPlan, missing_units, plan_render
from projects.takes.staleness import holds, plan_for
from projects.takes.takes import cancel_take, fail_take, finish_take, record_take, takes_of

if TYPE_CHECKING:
    from projects.generator.engine_holder import EngineHolder

MAX_ATTEMPTS = 3
SECONDS_BETWEEN_POLLS = 0.2
SECONDS_BETWEEN_TRIES = 1.0
SECONDS_TO_WAIT_FOR_THE_COMMIT = 10.0
# So much of the disk is left free, so that what went wrong can still be written down.
RESERVED_BYTES = 64 * 2**20

_log = logging.getLogger(__name__)


class _CalledOff(Exception):
    """The person does not want the render any more."""


@dataclass(frozen=True)
class _Order:
    """One shot to be made: its place in the plan, and the take that will hold it."""

    render_id: str
    plan: RenderPlan
    number: int
    place: int
    take: Take

    @property
    def chain(self) -> tuple[PlannedShot, ...]:
        return self.plan.planned(self.number)

    @property
    def planned(self) -> PlannedShot:
        return self.chain[self.place]


class ShotRenderer:
    """What a worker does for the queue. ``room`` lends it the engine, ``executor`` is the worker's name."""

    def __init__(self, *, settings: StudioSettings, database: sa.Engine, room: EngineHolder, executor: str) -> None:
        self._settings = settings
        self._database = database
        self._room = room
        self._executor = executor
        self._store = SectionStore(settings.sections_dir)

    def plan(self, render_id: str) -> list[list[int]]:
        """Begin a render: keep the storyboard as it is now. Returns for each chain the places of shots to make."""
        with session_for(self._database) as session:
            render = self._await_row(session, render_id)
            if render is None or render.status not in UNFINISHED:
                return []
            if render.plan is None:
                render.plan = self._plan_of(session, render).to_json()
                render.status, render.started_at, render.executor = "running", now(), self._executor
                session.commit()
            chains = RenderPlan.from_json(render.plan).chains
        return [[place for place, shot in enumerate(chain) if shot.index is not None] for chain in chains]

    def make(self, render_id: str, number: int, place: int) -> Message | None:
        """Make the shot at ``place`` of the chain ``number``. Returns None, or why it is not made."""
        began = time.monotonic()
        order = self._begin(render_id, number, place)
        if order is None or isinstance(order, Message):
            return order
        take = order.take
        try:
            self._fill(order)
            with session_for(self._database) as session:
                finish_take(session=session, take_id=take.id, seconds_spent=time.monotonic() - began)
                session.commit()
        except _CalledOff:
            self._write_down(lambda session: cancel_take(session=session, take_id=take.id))
            preview_path(self._settings, render_id).unlink(missing_ok=True)
            return CALLED_OFF
        # The one place where whatever went wrong is put into words; the next shot or render goes on.
        except Exception as error:
            _report(error)
            return self._fail(take, message_for(self._named(error)))
        return None

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

        self._write_down(end)
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
            project = get_project(session=session, project_id=render.project_id)
            identity = checkpoint_identity(checkpoint_named(project.checkpoint), self._settings.engine.models)
            plans = plan_for(session=session, project_id=project.id, identity=identity)
            return plan_render(plans=plans, wanted=render.shot_ids, store=self._store)
        except Exception as error:
            _report(error)
            return RenderPlan((), (message_for(error),))

    def _begin(self, render_id: str, number: int, place: int) -> _Order | Message | None:
        """The order of one shot; or None where it is already made, or why it cannot be made."""
        with session_for(self._database) as session:
            render = get_render(session=session, render_id=render_id)
            if render.status not in UNFINISHED:
                return CALLED_OFF
            assert render.plan is not None, "a render is planned before its shots are made"
            plan = RenderPlan.from_json(render.plan)
            planned = plan.planned(number)[place]
            shot_id = plan.chains[number][place].shot_id
            for made in takes_of(session=session, shot_id=shot_id):
                if (
                    made.status == "done"
                    and holds(made, planned, planned.span.frames)
                    and take_path(self._settings, made.id).is_file()
                ):
                    session.get_one(Shot, shot_id).chosen_take_id = made.id
                    session.commit()
                    return None
            take = record_take(session=session, shot_id=shot_id, planned=planned, render_id=render_id)
            take.attempts += 1
            attempts = take.attempts
            render.executor = self._executor
            session.commit()
        if attempts > MAX_ATTEMPTS:
            return self._fail(take, Message("died-too-often", {"attempts": MAX_ATTEMPTS}))
        return _Order(render_id, plan, number, place, take)

    def _fill(self, order: _Order) -> None:
        """Make what the take lacks and put its file together. Raises _CalledOff, and whatever goes wrong."""
        shot = order.plan.chains[order.number][order.place]
        progress = ProgressWriter(
            settings=self._settings,
            database=self._database,
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
        if self._is_called_off(order.render_id):
            raise _CalledOff
        progress.enter("finishing")
        conform_take(settings=self._settings, take=order.take)

    def _sample(self, order: _Order, progress: ProgressWriter) -> None:
        """Have the engine make the sections, up to the end or until the render is called off."""
        chains = [order.plan.planned(number) for number in range(len(order.plan.chains))]
        pictures = self._pictures(order.plan)
        self._check_disk()
        progress.enter("loading")
        with self._room.engine(order.planned.request.settings.checkpoint) as engine:
            progress.enter("encoding")
            # Everything the whole render needs is encoded before the transformer is loaded, once.
            for chain in chains:
                if self._is_called_off(order.render_id):
                    return
                engine.prepare(chain, pictures)
            polled = time.monotonic()
            with contextlib.closing(engine.render(order.chain, order.place, pictures, self._store)) as events:
                for event in events:
                    progress.follow(event)
                    if isinstance(event, Notice):
                        _log.info("%s", event.sentence)
                    if isinstance(event, SectionDone) and event.number and event.seconds:
                        _log.info("Made section %s in %.1f s.", event.key[:12], event.seconds)
                        self._note_success(order.take)
                        self._check_disk()
                    if time.monotonic() - polled >= SECONDS_BETWEEN_POLLS:
                        if self._is_called_off(order.render_id):
                            return
                        polled = time.monotonic()

    def _pictures(self, plan: RenderPlan) -> dict[str, Path]:
        used = {shot.request.image for chain in plan.chains for shot in chain if shot.request.image}
        return {image: picture_path(self._settings, image) for image in used}

    def _is_called_off(self, render_id: str) -> bool:
        with session_for(self._database) as session:
            render = get_render(session=session, render_id=render_id)
            project = session.get_one(Project, render.project_id)
            return render.status not in UNFINISHED or project.deleted_at is not None

    def _note_success(self, take: Take) -> None:
        """A section was finished, so what killed the worker before does not kill it every time."""
        with session_for(self._database) as session:
            session.get_one(Take, take.id).attempts = 0
            session.commit()

    def _fail(self, take: Take, error: Message) -> Message:
        self._write_down(lambda session: fail_take(session=session, take_id=take.id, error=error))
        return error

    def _named(self, error: Exception) -> Exception:
        """``error``; where it is about a picture, with the name that a person gave it, not the one it is kept under."""
        if isinstance(error, ImageRejected):
            with session_for(self._database) as session:
                media = session.get(Media, error.name)
            if media is not None:
                return ImageRejected(media.name, error.reason)
        return error

    def _write_down(self, change: Callable[[Session], object]) -> None:
        """Commit ``change``, however long it takes until the database can be written."""
        while True:
            try:
                with session_for(self._database) as session:
                    change(session)
                    session.commit()
                return
            except sa.exc.OperationalError as error:
                _log.warning("The database cannot be written (%s); trying again.", error.orig)
                time.sleep(SECONDS_BETWEEN_TRIES)

    def _check_disk(self) -> None:
        if shutil.disk_usage(self._settings.home).free < RESERVED_BYTES:
            raise OSError(errno.ENOSPC, "No space left on device", str(self._settings.home))


def _report(error: Exception) -> None:
    if foreseen(error):
        _log.warning("%s", in_english(message_for(error)))
    else:
        _log.error("Unforeseen fault", exc_info=error)
