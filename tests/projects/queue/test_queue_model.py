"""The queue and its takes against a small model: orders, steering, workers that die and come back."""

from __future__ import annotations

import contextlib
import functools
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import SQLModel, select

from framepack.messages import Message
from framepack.store.section_store import SectionStore
from projects.database.leases import Fenced, Job
from projects.database.opening import session_for
from projects.database.tables import Render, Shot, Take
from projects.errors import StoryboardProblem
from projects.failures import CALLED_OFF
from projects.forecast.crowding import Alone
from projects.generator.orders_in_hand import Order, PutBack, check_not_put_back
from projects.generator.shot_rendering import ShotRenderer
from projects.generator.takes_in_hand import MAX_ATTEMPTS, TakesInHand
from projects.queue.orders import cancel_render, enqueue_render, hand_over
from projects.queue.steering import (
    is_paused,
    move_order,
    pause_order,
    pause_queue,
    resume_order,
    resume_queue,
    take_next,
    unfinished,
)
from projects.settings import StudioSettings
from tests.support.rendering import PaintingRoom, small_project
from tests.support.studio_at_work import begin_afresh

WORKERS = 2
FRAME = np.full((64, 64, 3), 128, np.uint8)
LATENTS = np.zeros((1, 16, 1, 8, 8), np.float32)


@functools.cache
def folder_of_all() -> tempfile.TemporaryDirectory[str]:
    """Sections are named by what they are made from, so that all examples share them."""
    return tempfile.TemporaryDirectory(prefix="queue-")


class Jobs:
    """Stands where the queue's database does: which job there is, who has it, and whether it is over."""

    def __init__(self) -> None:
        self.owners: dict[str, str | None] = {}
        self.orders: dict[str, str] = {}

    def enqueue(self, options: dict[str, Any], render_id: str) -> None:
        if options["workflow_id"] not in self.orders:
            self.owners[options["workflow_id"]] = None
            self.orders[options["workflow_id"]] = render_id

    def cancel_workflow(self, name: str, *, cancel_children: bool = False) -> None:  # noqa: ARG002
        self.owners.pop(name, None)

    def waiting(self) -> list[str]:
        return [name for name, owner in self.owners.items() if owner is None]


@dataclass
class Hand:
    """What one worker has, or believes to have: ``owner`` is its name with the job, new each time."""

    owner: str
    run: str
    order: Order
    jobs: Jobs = field(repr=False)

    def is_ours(self) -> bool:
        return self.jobs.owners.get(self.run) == self.owner


class QueueAgainstModel(RuleBasedStateMachine):
    """``alive`` are the orders that are not over, ``latest`` says by take who took it up last."""

    folder: tempfile.TemporaryDirectory[str]

    @initialize()
    def begin(self) -> None:
        self.database = sa.create_engine(
            "sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
        )
        Render.metadata.create_all(self.database)
        self.studio = StudioSettings.from_environment({"STUDIO_HOME": folder_of_all().name})
        self.studio.make_folders()
        self.store = SectionStore(self.studio.sections_dir)
        self.jobs = Jobs()
        self.alive: list[str] = []
        self.latest: dict[str, str] = {}
        self.finished: list[str] = []
        self.hands: list[Hand | None] = [None] * WORKERS
        self.cut_off: list[Hand] = []
        self.taken_up = 0
        self.deaths: Counter[str] = Counter()
        with session_for(self.database) as session:
            self.project, self.shots = small_project(session, self.studio, ("cut", 0.5), ("cut", 1.0))
            session.commit()
        self.renderer = ShotRenderer(
            settings=self.studio,
            database=self.database,
            room=PaintingRoom(),  # type: ignore[arg-type]
            executor="w",
            hardware="painted",
            crowd=Alone(),
            begin_afresh=begin_afresh,
            leave=threading.Event(),
        )
        self.takes = TakesInHand(
            settings=self.studio, database=self.database, glances=self.database, store=self.store, executor="w"
        )

        for shot in (0, 1):
            self.order(shot)
        self.take()

    def teardown(self) -> None:
        if hasattr(self, "takes"):
            self.everything_comes_to_an_end()
            self.database.dispose()

    # --- what people do ---

    @rule(shot=st.integers(0, 1))
    def order(self, shot: int) -> None:
        with session_for(self.database) as session:
            ids = [self.shots[shot].id]
            order = enqueue_render(session=session, project_id=self.project.id, shot_ids=ids)
            session.commit()
            self.alive.append(order.id)

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(self.alive))
        with self.steering() as session, pytest.MonkeyPatch.context() as patch:
            patch.setattr("projects.queue.orders.queue_client", lambda _: contextlib.nullcontext(self.jobs))
            cancel_render(session=session, settings=self.studio, render_id=id)
        self.alive.remove(id)

    @precondition(lambda self: self.alive)
    @rule(data=st.data(), verb=st.sampled_from([pause_order, resume_order]))
    def pause_or_resume(self, data: st.DataObject, verb: Callable[..., Render]) -> None:
        with self.steering() as session:
            verb(session=session, render_id=data.draw(st.sampled_from(self.alive)))

    @rule(verb=st.sampled_from([pause_queue, resume_queue]))
    def pause_or_resume_all(self, verb: Callable[..., None]) -> None:
        with self.steering() as session:
            verb(session=session)

    @precondition(lambda self: len(self.alive) > 1)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        one, other = (data.draw(st.sampled_from(self.alive)) for _ in range(2))
        with self.steering() as session:
            waits = {order.id for order in unfinished(session=session) if not order.handed_over}
            if not {one, other} <= waits:
                with pytest.raises(StoryboardProblem):
                    move_order(session=session, render_id=one, before=other)
                return
            listed = move_order(session=session, render_id=one, before=other)
            assert set(listed) == waits
            assert one == other or listed.index(other) - listed.index(one) == 1

    # --- what workers do ---

    @rule()
    def hand_over(self) -> None:
        with session_for(self.database) as session:
            orders = unfinished(session=session)
            taken = take_next(session=session, orders=orders, workers=WORKERS)
            assert not taken or not is_paused(session=session)
            assert not any(order.paused for order in taken)
            session.commit()
            for order in orders:
                if order.earlier_workflow_id:
                    self.jobs.cancel_workflow(order.earlier_workflow_id)
            for order in taken:
                hand_over(self.jobs, order)  # type: ignore[arg-type]

    @precondition(lambda self: None in self.hands and (self.jobs.waiting() or self.alive))
    @rule()
    def take(self) -> None:
        """An idle worker takes the next job, and begins the shot."""
        if not self.jobs.waiting():
            self.hand_over()
        worker, waiting = self.hands.index(None), self.jobs.waiting()
        if not waiting:
            return
        run, self.taken_up = waiting[0], self.taken_up + 1
        owner = f"{worker}-{self.taken_up}"
        self.jobs.owners[run] = owner
        render_id = self.jobs.orders[run]
        job = Job(run, lambda: self.jobs.owners.get(run) == owner)
        with self.steering() as session:
            # So that there is something to make for each order.
            for shot in self.shots:
                session.get_one(Shot, shot.id).seed = self.taken_up
        if not self.renderer.plan(render_id, job):
            self.end(run, render_id, [])
            return
        begun = self.takes.begin(render_id, 0, 0, run)
        if isinstance(begun, Order):
            self.latest[begun.take.id] = owner
            self.hands[worker] = Hand(owner, run, begun, self.jobs)
        else:
            self.end(run, render_id, [] if begun is None else [begun])

    @precondition(lambda self: any(self.hands))
    @rule(worker=st.integers(0, WORKERS - 1))
    def make_sections(self, worker: int) -> None:
        hand = self.hands[worker]
        if hand is None:
            return
        planned = hand.order.planned
        for number, (key, _) in enumerate(planned.units):
            if not self.store.has(key):
                self.store.publish(key, LATENTS, [FRAME] * (36 if number else 1), 30)
        if not self.stays_with(hand, self.takes.note_success, hand.order):
            self.hands[worker] = None
            return
        with session_for(self.database) as session:
            try:
                check_not_put_back(session=session, order=hand.order)
            except PutBack:
                self.takes.forgive(hand.order)
                self.hands[worker] = None

    @precondition(lambda self: any(self.hands))
    @rule(worker=st.integers(0, WORKERS - 1))
    def finish(self, worker: int) -> None:
        hand = self.hands[worker]
        if hand is not None and all(self.store.has(key) for key in hand.order.planned.sections):
            self.hands[worker] = None
            self.put_together_and_finish(hand)

    @precondition(lambda self: any(self.hands))
    @rule(worker=st.integers(0, WORKERS - 1))
    def stop(self, worker: int) -> None:
        """A worker is cut off from the others, who take it for dead: its job waits for another."""
        hand, self.hands[worker] = self.hands[worker], None
        if hand is not None:
            self.cut_off.append(hand)
            self.deaths[hand.order.render_id] += 1
            if hand.is_ours():
                self.jobs.owners[hand.run] = None

    @precondition(lambda self: any(self.hands))
    @rule(worker=st.integers(0, WORKERS - 1), sections=st.booleans(), data=st.data())
    def another_goes_on(self, worker: int, sections: bool, data: st.DataObject) -> None:
        """What it is all about, which chance alone seldom brings about."""
        self.stop(worker)
        if None in self.hands:
            self.take()
        if sections:
            self.make_sections(worker)
        if self.cut_off:
            self.come_back(data)

    @precondition(lambda self: self.cut_off)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        """One that was cut off goes on where it was, whatever that is, and is only told afterwards."""
        hand = self.cut_off.pop(data.draw(st.integers(0, len(self.cut_off) - 1)))
        problem = Message("out-of-memory")
        ways: list[Callable[[], object]] = [
            lambda: self.stays_with(hand, self.takes.note_success, hand.order),
            lambda: self.stays_with(hand, self.takes.end_if_asked, hand.order, 1),
            lambda: self.put_together_and_finish(hand),
            lambda: self.renderer.settle(hand.order.render_id, [problem], Job(f"{hand.run}-before", hand.is_ours)),
            lambda: self.takes.forgive(hand.order),
            lambda: self.takes.note_fault(hand.order, problem),
        ]
        if self.latest[hand.order.take.id] != hand.owner:
            before = self.rows()
            for way in ways:
                way()
            self.stays_with(hand, self.takes.fail, hand.order, problem)
            self.stays_with(hand, self.takes.cancel, hand.order)
            assert self.rows() == before
        else:
            ways[data.draw(st.integers(0, 2))]()

    # --- what follows from it ---

    def put_together_and_finish(self, hand: Hand) -> None:
        if not all(self.store.has(key) for key in hand.order.planned.sections):
            return
        if self.stays_with(hand, self.takes.put_together, hand.order, hand.order.take) and self.stays_with(
            hand, self.takes.finish, hand.order, 1.0, None
        ):
            self.finished.append(hand.order.take.id)
            if hand.is_ours():
                self.end(hand.run, hand.order.render_id, [])

    def stays_with(self, hand: Hand, verb: Callable[..., object], *arguments: Any) -> bool:
        """Whether a verb is carried out: just where nobody has taken the take up since."""
        if self.latest[hand.order.take.id] == hand.owner:
            verb(*arguments)
            return True
        with pytest.raises(Fenced):
            verb(*arguments)
        return False

    def end(self, run: str, render_id: str, problems: list[Message]) -> None:
        """The job is over, and settles its order where it is still the one that carries it out."""
        owner = self.jobs.owners.pop(run)
        with session_for(self.database) as session:
            render = session.get_one(Render, render_id)
            is_run = render.handed_over and render.workflow_id == run
        self.renderer.settle(render_id, problems, Job(run, lambda: owner is not None))
        given_up = any(problem.id == "died-too-often" for problem in problems)
        assert not given_up or self.deaths[render_id] >= MAX_ATTEMPTS
        assert not is_run or given_up or problems in ([], [CALLED_OFF])
        if is_run and render_id in self.alive:
            self.alive.remove(render_id)

    def everything_comes_to_an_end(self) -> None:
        """Once nothing is paused and a worker goes on, every order that was not called off is done."""
        with self.steering() as session:
            resume_queue(session=session)
            for id in self.alive:
                resume_order(session=session, render_id=id)
        wanted = list(self.alive)
        for worker in range(WORKERS):
            self.stop(worker)
        for _ in range(4 * len(wanted) + 4):
            self.hand_over()
            if None in self.hands:
                self.take()
            for worker in range(WORKERS):
                self.make_sections(worker)
                self.finish(worker)
        assert self.alive == []
        with session_for(self.database) as session:
            for id in wanted:
                order = session.get_one(Render, id)
                if order.status == "failed":
                    assert self.deaths[id] >= MAX_ATTEMPTS
                    continue
                assert order.status == "done"
                done = select(Take).where(Take.shot_id == order.shot_ids[0], Take.status == "done")
                assert session.exec(done).first() is not None

    @contextlib.contextmanager
    def steering(self) -> Iterator[Any]:
        with session_for(self.database) as session:
            yield session
            session.commit()

    def rows(self) -> list[dict[str, object]]:
        tables: tuple[type[SQLModel], ...] = (Render, Take, Shot)
        with session_for(self.database) as session:
            rows = [row.model_dump() for table in tables for row in session.exec(select(table)).all()]
        files = [{str(path): path.stat().st_mtime_ns} for path in sorted(Path(self.studio.takes_dir).iterdir())]
        return [*rows, *files]

    @invariant()
    def no_order_is_lost_and_no_take_finished_twice(self) -> None:
        if not hasattr(self, "takes"):
            return
        with session_for(self.database) as session:
            assert {order.id for order in unfinished(session=session)} == set(self.alive)
            for order in unfinished(session=session):
                # It waits for its turn, or the queue has it.
                assert not order.handed_over or order.workflow_id in self.jobs.owners
                assert not (order.paused and order.handed_over)
            assert not is_paused(session=session) or not any(one.handed_over for one in unfinished(session=session))
        assert len(self.finished) == len(set(self.finished))


TestQueueAgainstModel = QueueAgainstModel.TestCase
TestQueueAgainstModel.settings = settings(max_examples=15, stateful_step_count=30)
