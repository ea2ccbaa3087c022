"""The render queue as pages and commands see it: order a render, call it off, see how far it is. It renders nothing.

The truth a page shows lies in the studio's own tables; the queue's database (DBOS) only makes sure that an ordered
render is carried out, also when a worker dies over it.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from filelock import FileLock
from sqlmodel import Session, col, select

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from projects.database.opening import database_time
from projects.database.tables import Film, Pass, PictureOrder, Progress, Render, Worker, now
from projects.database.viewers import everybodys
from projects.errors import NotFound, StoryboardProblem
from projects.settings import StudioSettings
from projects.storyboard.project_settings import checkpoint_of
from projects.storyboard.reading import get_project, get_shot, shots_of
from projects.storyboard.shots import new_seed
from projects.takes.staleness import NO_OTHERS, ShotPlan, plan_for, said_of
from projects.takes.takes import takes_of
from projects.takes.variants import Variant

APPLICATION = "framepack-studio"
# Raised only when the order of the workflows' steps changes: jobs of another version are left alone for ever.
APPLICATION_VERSION = "1"
RENDERS = "renders"
CHAINS = "chains"
RENDER_WORKFLOW = "render"
ALIVE_SECONDS = 10.0
UNFINISHED = ("queued", "running")
MOST_OTHER_TAKES = 8


def enqueue_render(
    *,
    session: Session,
    project_id: str,
    shot_ids: Sequence[str],
    made_for: Pass = "draft",
) -> Render:
    """Order shots of a project in a pass; a worker begins within a fraction of a second of the commit.

    What is already rendered is found and not made again. Raises NotFound, and StoryboardProblem where no shot is named
    or the project has no such pass.
    """
    project = get_project(session=session, project_id=project_id)
    checkpoint_of(project, made_for)
    if not shot_ids:
        raise StoryboardProblem(Message("nothing-to-render"))
    known = {shot.id for shot in shots_of(session=session, project_id=project_id)}
    for shot_id in shot_ids:
        if shot_id not in known:
            raise NotFound("shot", shot_id)
    render = Render(project_id=project_id, shot_ids=list(shot_ids), made_for=made_for, urgent=is_urgent(made_for))
    return add_order(session=session, render=render)


def order_other_takes(*, session: Session, shot_id: str, count: int, made_for: Pass = "draft") -> Render:
    """Order ``count`` more takes of a shot, each with a seed that none of its takes has.

    The shot stays as it is, seed and take, until one of them is chosen. Raises NotFound, StoryboardProblem where the
    project has no such pass, and InvalidRequest where ``count`` is not between 1 and 8.
    """
    shot = get_shot(session=session, shot_id=shot_id)
    checkpoint_of(get_project(session=session, project_id=shot.project_id), made_for)
    if not 1 <= count <= MOST_OTHER_TAKES:
        raise InvalidRequest("count", Message("not-between", {"value": count, "least": 1, "most": MOST_OTHER_TAKES}))
    had = {shot.seed, *(take.request.get("seed") for take in takes_of(session=session, shot_id=shot_id))}
    seeds: list[int] = []
    while len(seeds) < count:
        seed = new_seed()
        if seed not in had and seed not in seeds:
            seeds.append(seed)
    variants = {shot_id: [Variant(seed=seed).stored() for seed in seeds]}
    render = Render(project_id=shot.project_id, shot_ids=[shot_id], made_for=made_for, variants=variants)
    render.urgent = is_urgent(made_for)
    return add_order(session=session, render=render)


def is_urgent(made_for: Pass) -> bool:
    """Whether somebody waits for it at the screen: a draft is looked at at once, the real pass is a night's work."""
    return made_for == "draft"


def add_order(*, session: Session, render: Render) -> Render:
    """Put an order behind the others that are as urgent; a worker hands it over when its turn comes."""
    render.place = last_place(session, Render) + 1.0
    session.add(render)
    session.flush()
    return render


def last_place(session: Session, table: type[Render | Film | PictureOrder]) -> float:
    """The place of the last of its like, whosesoever it is."""
    with everybodys(session) as whole:
        return whole.exec(select(sa.func.max(col(table.place)))).one() or 0.0


def render_changed(
    *,
    session: Session,
    settings: StudioSettings,
    project_id: str,
    identity: str,
    made_for: Pass = "draft",
    others: Mapping[str, str] = NO_OTHERS,
) -> Render:
    """Order every shot that is not done in a pass, can be rendered and is not ordered yet.

    ``identity`` and ``others`` name the weights, as for ``plan_for``. Raises NotFound, and StoryboardProblem where
    there is no such shot.
    """
    plans = plan_for(
        session=session,
        settings=settings,
        project_id=project_id,
        identity=identity,
        made_for=made_for,
        others=others,
    )
    wanted = what_changed(plans, active_renders(session=session, project_id=project_id), made_for)
    problems = [said_of(plan.shot, plan.problem) for plan in plans if plan.problem]
    if not wanted and problems:
        raise StoryboardProblem(problems[0])
    return enqueue_render(session=session, project_id=project_id, shot_ids=wanted, made_for=made_for)


def what_changed(plans: Sequence[ShotPlan], renders: Sequence[Render], made_for: Pass = "draft") -> list[str]:
    """The ids of the shots that can be rendered and are not as the storyboard asks for in a pass.

    Those that ``renders``, the work under way, will make anyway are left out.
    """
    ordered = {
        shot_id
        for render in renders
        if render.made_for == made_for and not render.variants
        for shot_id in render.shot_ids
    }
    return [
        plan.shot.id
        for plan in plans
        if plan.planned is not None and plan.state != "done" and plan.shot.id not in ordered
    ]


def cancel_render(*, session: Session, settings: StudioSettings, render_id: str) -> Render:
    """Call a render off. A worker that is at it stops within one sampling step; finished sections are kept."""
    render = get_render(session=session, render_id=render_id)
    if render.status in UNFINISHED:
        render.status = "cancelled"
        render.finished_at = now()
        session.add(render)
        session.flush()
        if render.handed_over:
            with queue_client(settings) as client:
                client.cancel_workflow(render.workflow_id, cancel_children=True)
    return render


def stop_after_section(*, session: Session, render_id: str) -> Render:
    """Let a render end with the section that is being made: what there is of its shot becomes a take of that length.

    Raises NotFound, and StoryboardProblem where the model makes sections from the end.
    """
    render = get_render(session=session, render_id=render_id)
    project = get_project(session=session, project_id=render.project_id)
    checkpoint = checkpoint_named(checkpoint_of(project, render.made_for))
    if checkpoint.direction == "inverted":
        raise StoryboardProblem(Message("stop-backwards", {"checkpoint": checkpoint.name}))
    if render.status in UNFINISHED:
        render.stopping = True
        session.flush()
    return render


def hand_over(client: DBOSClient, render: Render) -> None:
    """Give an order that was marked for it to the queue's database; again under the same name it is no second one."""
    client.enqueue(
        {
            "workflow_name": RENDER_WORKFLOW,
            "queue_name": RENDERS,
            "workflow_id": render.workflow_id,
            "app_version": APPLICATION_VERSION,
        },
        render.id,
    )


def get_render(*, session: Session, render_id: str) -> Render:
    """The render ``render_id``. Raises NotFound."""
    render = session.get(Render, render_id)
    if render is None:
        raise NotFound("render", render_id)
    return render


def active_renders(*, session: Session, project_id: str) -> list[Render]:
    """The renders of a project that are not finished, the one that is (or comes) first in front."""
    query = select(Render).where(Render.project_id == project_id, col(Render.status).in_(UNFINISHED))
    found = session.exec(query.order_by(col(Render.created_at))).all()
    return sorted(found, key=lambda render: render.status != "running")


def latest_render(*, session: Session, project_id: str) -> Render | None:
    """The render of a project that was ordered last, whatever became of it."""
    query = select(Render).where(Render.project_id == project_id).order_by(col(Render.created_at).desc())
    return session.exec(query).first()


def progress_of(*, session: Session, render_id: str) -> Progress | None:
    """How far a render is; None before its first sign of life."""
    return session.get(Progress, render_id)


def live_workers(*, session: Session) -> list[Worker]:
    """The workers that gave a sign of life lately; without one nothing is rendered."""
    # Not by this computer's clock: workers on others give their signs by the database's, too.
    since = database_time(session) - dt.timedelta(seconds=ALIVE_SECONDS)
    return list(session.exec(select(Worker).where(col(Worker.beat_at) > since)).all())


@contextmanager
def queue_client(settings: StudioSettings) -> Iterator[DBOSClient]:
    """A connection to the queue's database, which is made where there is none."""
    prepare_queue_database(settings)
    client = DBOSClient(system_database_url=settings.queue_database_url, application_name=APPLICATION)
    try:
        yield client
    finally:
        client.destroy()


def prepare_queue_database(settings: StudioSettings) -> None:
    """Make the queue's database where there is none and bring it up to date."""
    url = sa.make_url(settings.queue_database_url)
    with FileLock(settings.home / "queue.lock"):
        if url.get_backend_name() == "sqlite" and url.database:
            connection = sqlite3.connect(url.database, timeout=30)
            try:
                # The mode stays with the file. Without it an open cursor makes every writer wait.
                connection.execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()
        DBOS.migrate(settings.queue_database_url)
