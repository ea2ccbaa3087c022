"""What the queue runs: one workflow a render, one a chain, one step a shot; one workflow a film, of one step.

The order of steps is part of ``queue.orders.APPLICATION_VERSION``. Arguments are ids, numbers and stored
messages, never tensors.
"""

from __future__ import annotations

from collections.abc import Callable

from dbos import DBOS, SetWorkflowID, _sys_db

from projects.database.faults import cannot_be_written
from projects.database.leases import Job
from projects.delivery.film_process import FilmMaker
from projects.generator.shot_rendering import ShotRenderer
from projects.imaging.process import PictureMaker
from projects.messages import read, stored
from projects.queue.film_orders import FILM_WORKFLOW
from projects.queue.orders import CHAINS, RENDER_WORKFLOW
from projects.queue.picture_steering import PICTURE_WORKFLOW

POLLING_SECONDS = 0.2


def register_workflows(shots: ShotRenderer, films: FilmMaker, pictures: PictureMaker, executor: str) -> None:
    """Tell DBOS what this process, the worker ``executor``, can run; to be called before it is launched."""

    def job(run: str) -> Job:
        own = _own_id()

        def is_ours() -> bool:
            (found,) = DBOS.list_workflows(workflow_ids=[own], load_input=False, load_output=False)
            return found.status == "PENDING" and found.executor_id == executor

        return Job(run, is_ours)

    # A render that was put back is carried out by another workflow later; the one before finds nothing to do.
    @DBOS.step(name="plan")
    def plan(render_id: str, run: str) -> list[list[int]]:
        return shots.plan(render_id, job(run))

    @DBOS.step(name="make")
    def make(render_id: str, number: int, place: int, run: str) -> str | None:
        problem = shots.make(render_id, number, place, job(run))
        return None if problem is None else stored(problem)

    @DBOS.step(name="settle")
    def settle(render_id: str, problems: list[str], run: str) -> None:
        shots.settle(render_id, [read(problem) for problem in problems], job(run))

    # Recovery is not limited here: a take counts the deaths of its workers since its last finished section.
    @DBOS.workflow(name="chain", max_recovery_attempts=None)
    def chain(render_id: str, number: int, places: list[int]) -> str | None:
        run = _own_id().removesuffix(f"-{number}")
        for place in places:
            problem = make(render_id, number, place, run)
            if problem is not None:
                return problem
        return None

    @DBOS.workflow(name=RENDER_WORKFLOW, max_recovery_attempts=None)
    def render(render_id: str) -> None:
        run = _own_id()
        handles = []
        for number, places in enumerate(plan(render_id, run)):
            # Chains are independent of each other: whichever worker is free takes the next one.
            with SetWorkflowID(f"{run}-{number}"):
                handles.append(DBOS.enqueue_workflow(CHAINS, chain, render_id, number, places))
        problems = [handle.get_result(polling_interval_sec=POLLING_SECONDS) for handle in handles]
        settle(render_id, [problem for problem in problems if problem is not None], run)

    @DBOS.step(name="compose")
    def compose(film_id: str, run: str) -> None:
        films.make(film_id, job(run))

    # Recovery is not limited here either: a film counts how often it was begun.
    @DBOS.workflow(name=FILM_WORKFLOW, max_recovery_attempts=None)
    def film(film_id: str) -> None:
        compose(film_id, _own_id())

    @DBOS.step(name="imagine")
    def imagine(order_id: str, run: str) -> None:
        pictures.make(order_id, job(run))

    @DBOS.workflow(name=PICTURE_WORKFLOW, max_recovery_attempts=None)
    def make_pictures(order_id: str) -> None:
        imagine(order_id, _own_id())


def wait_until_the_queue_can_be_written() -> None:
    """Have DBOS wait where its SQLite file cannot be written, a full disk, say, as it does where that is locked.

    Else the outcome of a workflow is lost then, and it counts as under way for as long as this worker lives.
    """
    own: Callable[[Exception], bool] = _sys_db.retriable_sqlite_exception  # type: ignore[attr-defined]

    def passes(e: Exception) -> bool:
        return own(e) or cannot_be_written(e)

    _sys_db.retriable_sqlite_exception = passes  # type: ignore[attr-defined]


def _own_id() -> str:
    own = DBOS.workflow_id
    assert own is not None, "asked within a workflow"
    return own
