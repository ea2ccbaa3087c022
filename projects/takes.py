"""Takes: which sections a storyboard asks for, which takes hold them, and what is stale. It renders nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from framepack.checkpoints import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.keys import PlannedShot, plan_chain
from framepack.request import Settings, ShotRequest
from projects.errors import NotFound
from projects.models import Project, Shot, Take, TakeStatus, now
from projects.sampling import project_settings
from projects.storyboard import project_with_shots

ShotState = Literal["empty", "never rendered", "stale", "done"]


@dataclass(frozen=True)
class ShotPlan:
    """One shot as the storyboard asks for it now.

    ``planned`` is what its sections would be, or ``problem`` is the one sentence why there can be none. ``chain`` are
    the planned shots of its chain, up to and with its own. ``state`` says how ``chosen``, its chosen take, stands to
    that: "done" holds exactly what is asked for, "stale" something else; without one the shot was "never rendered", or
    is "empty" where it cannot be. ``found`` is a finished take that holds exactly what is asked for, chosen or not: it
    can simply be chosen and need not be rendered.
    """

    shot: Shot
    planned: PlannedShot | None
    problem: str | None
    chain: tuple[PlannedShot, ...]
    state: ShotState
    chosen: Take | None
    found: Take | None


# --- planning ---------------------------------------------------------------------------------------------------------


def chains(shots: Sequence[Shot]) -> list[list[Shot]]:
    """Shots in order, cut into runs: each begins with a cut (or with the very first shot) and goes on with continuing
    ones."""
    runs: list[list[Shot]] = []
    for shot in shots:
        if shot.start == "cut" or not runs:
            runs.append([])
        runs[-1].append(shot)
    return runs


def plan_project(*, project: Project, shots: Sequence[Shot], takes: Sequence[Take], identity: str) -> list[ShotPlan]:
    """What every shot asks for, and how its takes stand to that. ``identity`` names the checkpoint's weights."""
    settings = project_settings(project)
    plans: list[ShotPlan] = []
    for run in chains(shots):
        requests: list[ShotRequest] = []
        problems: list[str] = []
        for place, shot in enumerate(run):
            if problems:
                problems.append(f"{run[place - 1].label}, which it continues, cannot be rendered yet.")
                continue
            request = _request(shot, settings, identity, opens=place == 0)
            if isinstance(request, str):
                problems.append(request)
            else:
                requests.append(request)
        planned = plan_chain(requests)
        for place, shot in enumerate(run):
            own = [take for take in takes if take.shot_id == shot.id]
            if place < len(planned):
                plans.append(_plan(shot, own, planned[: place + 1], None))
            else:
                plans.append(_plan(shot, own, (), problems[place - len(planned)]))
    return plans


def plan_for(*, session: Session, project_id: str, identity: str) -> list[ShotPlan]:
    """``plan_project`` for a stored project. Raises NotFound."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    takes = takes_of_project(session=session, project_id=project_id)
    return plan_project(project=project, shots=shots, takes=takes, identity=identity)


def _request(shot: Shot, settings: Settings | None, identity: str, *, opens: bool) -> ShotRequest | str:
    """What a shot asks of the engine, or the sentence why it cannot be asked."""
    if opens and shot.start == "continue":
        return "There is no shot before it to continue from; let it start with a cut."
    if opens and (shot.media_id is None or settings is None):
        return "It has no picture yet, and a shot that starts with a cut begins with one."
    assert settings is not None, "a continuing shot follows one that has a picture, so the size is known"
    if not opens and checkpoint_named(settings.checkpoint).direction == "inverted":
        return f"'{settings.checkpoint}' works backwards and cannot continue a shot; let it start with a cut."
    try:
        return ShotRequest(
            settings=settings,
            identity=identity,
            prompt=shot.prompt,
            seed=shot.seed,
            seconds=shot.seconds,
            image=shot.media_id,
        )
    except InvalidRequest as problem:
        return f"Its {problem}."


def _plan(shot: Shot, takes: Sequence[Take], chain: tuple[PlannedShot, ...], problem: str | None) -> ShotPlan:
    done = sorted((take for take in takes if take.status == "done"), key=lambda take: -take.number)
    chosen = next((take for take in done if take.id == shot.chosen_take_id), None)
    planned = chain[-1] if chain else None
    found = None
    if planned is not None:
        same = [take for take in done if take.units == planned.units]
        found = chosen if chosen in same else next(iter(same), None)
    state: ShotState = "done" if found is chosen else "stale"
    if chosen is None:
        state = "never rendered" if planned else "empty"
    return ShotPlan(shot=shot, planned=planned, problem=problem, chain=chain, state=state, chosen=chosen, found=found)


# --- the life of a take -----------------------------------------------------------------------------------------------


def takes_of(*, session: Session, shot_id: str) -> list[Take]:
    """All takes of a shot, the latest first."""
    return list(session.exec(select(Take).where(Take.shot_id == shot_id).order_by(col(Take.number).desc())).all())


def takes_of_project(*, session: Session, project_id: str) -> list[Take]:
    """All takes of a project's shots, the latest of each first."""
    own = select(Take).join(Shot, col(Take.shot_id) == col(Shot.id)).where(Shot.project_id == project_id)
    return list(session.exec(own.order_by(col(Take.shot_id), col(Take.number).desc())).all())


def get_take(*, session: Session, take_id: str) -> Take:
    """The take. Raises NotFound."""
    take = session.get(Take, take_id)
    if take is None:
        raise NotFound("take", take_id)
    return take


def next_take_number(*, session: Session, shot_id: str) -> int:
    """The number a shot's next take gets, from 1."""
    last = session.exec(select(func.max(Take.number)).where(Take.shot_id == shot_id)).one()
    return (last or 0) + 1


def record_take(*, session: Session, shot_id: str, planned: PlannedShot, render_id: str | None = None) -> Take:
    """A take that is being rendered, with what it is made from.

    The take that the same render has begun for the same sections, before it was killed, goes on instead.
    """
    keys: list[list[object]] = [[key, frames] for key, frames in planned.units]
    if render_id is not None:
        begun = select(Take).where(Take.shot_id == shot_id, Take.render_id == render_id, Take.status == "rendering")
        for take in session.exec(begun).all():
            if take.units == planned.units:
                return take
    settings = planned.request.settings
    take = Take(
        shot_id=shot_id,
        number=next_take_number(session=session, shot_id=shot_id),
        keys=keys,
        frames=planned.span.frames,
        width=settings.width,
        height=settings.height,
        fps=checkpoint_named(settings.checkpoint).fps,
        request={**asdict(planned.request), "start": "cut" if planned.span.opens else "continue"},
        render_id=render_id,
    )
    session.add(take)
    session.flush()
    return take


def finish_take(*, session: Session, take_id: str, seconds_spent: float) -> Take:
    """A take is done: from now on it is the one its shot shows."""
    take = _ended(session, take_id, "done")
    take.seconds_spent = seconds_spent
    shot = session.get(Shot, take.shot_id)
    assert shot is not None, "a take's shot is never removed"
    shot.chosen_take_id = take.id
    session.flush()
    return take


def fail_take(*, session: Session, take_id: str, error: str) -> Take:
    """A take could not be made; ``error`` is the sentence why."""
    take = _ended(session, take_id, "failed")
    take.error = error
    session.flush()
    return take


def cancel_take(*, session: Session, take_id: str) -> Take:
    """A take was given up before it was done."""
    take = _ended(session, take_id, "cancelled")
    session.flush()
    return take


def _ended(session: Session, take_id: str, status: TakeStatus) -> Take:
    take = get_take(session=session, take_id=take_id)
    take.status = status
    take.finished_at = now()
    return take
