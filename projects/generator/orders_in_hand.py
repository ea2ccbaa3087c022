"""What a worker was asked for, one shot at a time, and whether it is still wanted. It renders nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from framepack.shots.keys import PlannedShot
from projects.database.leases import Fenced
from projects.database.tables import Project, Render, Shot, Take
from projects.queue.orders import UNFINISHED, get_render
from projects.takes.render_plan import RenderPlan


class CalledOff(Exception):
    """The person does not want the render any more."""


class ShotDeleted(Exception):
    """The person has taken the shot out of the storyboard, and no other shot that is wanted builds on it."""


class PutBack(Exception):
    """The order waits again: a more urgent one came, or the person has it pause. What is finished of it is kept."""


@dataclass(frozen=True)
class Order:
    """One shot to be made: its place in the plan, and the take that will hold it, by the worker's ``lease`` of it."""

    render_id: str
    plan: RenderPlan
    number: int
    place: int
    take: Take
    lease: int

    @property
    def chain(self) -> tuple[PlannedShot, ...]:
        return self.plan.planned(self.number)

    @property
    def planned(self) -> PlannedShot:
        return self.chain[self.place]


def is_run(render: Render, workflow_id: str) -> bool:
    """Whether a workflow is the one by which a render is carried out now: it may have been put back since."""
    return render.handed_over and render.workflow_id == workflow_id


def plan_if_wanted(*, session: Session, render_id: str, number: int, place: int) -> RenderPlan:
    """The plan of a render. Raises CalledOff, and ShotDeleted for the shot at ``place`` of the chain ``number``."""
    render = get_render(session=session, render_id=render_id)
    project = session.get_one(Project, render.project_id)
    if render.status not in UNFINISHED or project.deleted_at is not None:
        raise CalledOff
    assert render.plan is not None, "a render is planned before its shots are made"
    plan = RenderPlan.from_json(render.plan)
    to_come = [shot.shot_id for shot in plan.chains[number][place:] if shot.index is not None]
    if all(session.get_one(Shot, shot_id).deleted_at is not None for shot_id in to_come):
        raise ShotDeleted
    return plan


def check_wanted(*, session: Session, order: Order) -> None:
    """Raise CalledOff or ShotDeleted where ``order`` need not be carried out any more, Fenced where another does so."""
    take = session.get(Take, order.take.id)
    if take is None or take.lease != order.lease:
        raise Fenced
    plan_if_wanted(session=session, render_id=order.render_id, number=order.number, place=order.place)


def check_not_put_back(*, session: Session, order: Order) -> None:
    """Raise PutBack where ``order`` waits again."""
    if get_render(session=session, render_id=order.render_id).status == "queued":
        raise PutBack
