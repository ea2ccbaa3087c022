"""How whole projects stand, for a list of all of them: rendered, out of date, or being rendered.

To judge a project its shots have to be planned. What was found out is remembered for as long as nothing of it changes.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from projects.database.tables import Pass, Project, Render, Shot, Take
from projects.queue.orders import UNFINISHED
from projects.settings import StudioSettings
from projects.storage.places import take_path
from projects.storage.shared import is_kept
from projects.storyboard.project_settings import checkpoint_of, passes_of
from projects.storyboard.reading import chosen_id
from projects.takes.staleness import own_checkpoints, plan_project, takes_there

Standing = Literal["empty", "not rendered", "rendering", "failed", "out of date", "partly rendered", "drafted", "done"]
REMEMBERED = 10_000
_AT_ONCE = 20
_guard = threading.Lock()
_remembered: OrderedDict[str, tuple[int, ProjectStanding]] = OrderedDict()


@dataclass(frozen=True)
class ProjectStanding:
    """How a project stands. ``current`` and ``stale`` are its shots with a take that is, or is not, what is asked for.

    ``failed`` are those that are not current and whose newest take failed. They are told of its draft, and once all of
    that is current and it has a real pass, of that one. "drafted": the draft is current and nothing is rendered for
    real. ``take`` is the first that it shows; that of the real pass before that of the draft.
    """

    standing: Standing
    shots: int
    current: int
    stale: int
    failed: int
    take: str | None


def standings_of(
    *,
    session: Session,
    settings: StudioSettings,
    projects: Sequence[Project],
    weights: Mapping[str, str],
    patience: float = math.inf,
) -> dict[str, ProjectStanding]:
    """How each of ``projects`` stands, by id. ``weights`` names those of checkpoints, as far as they are known.

    Of other checkpoints it goes by those that the takes were made with. A take whose file is gone counts for nothing.
    Those that are not found out after ``patience`` seconds are left out.
    """
    until = time.monotonic() + patience
    states = _states(session, settings, projects, weights)
    found: dict[str, ProjectStanding] = {}
    unknown = []
    for project in projects:
        with _guard:
            state, standing = _remembered.get(project.id, (None, None))
        if standing is not None and state == states[project.id]:
            found[project.id] = standing
        else:
            unknown.append(project)
    for first in range(0, len(unknown), _AT_ONCE):
        if time.monotonic() < until:
            found |= _find_out(session, settings, unknown[first : first + _AT_ONCE], states, weights, until)
    rendering = set(session.exec(select(Render.project_id).where(col(Render.status).in_(UNFINISHED))).all())
    return {
        id: replace(standing, standing="rendering") if id in rendering else standing for id, standing in found.items()
    }


def _states(
    session: Session, settings: StudioSettings, projects: Sequence[Project], weights: Mapping[str, str]
) -> dict[str, int]:
    """For each project something that is another as soon as it may stand otherwise; it plans nothing."""
    names = tuple(sorted(weights.items()))
    # All names at once: asking for each would take long.
    files = {path.name for path in settings.takes_dir.iterdir()} if settings.takes_dir.exists() else set()
    states = {}
    for first in range(0, len(projects), 500):
        some = projects[first : first + 500]
        ids = [project.id for project in some]
        # Columns only: rows of all shots there are would take long to make.
        fields = (Shot.project_id, Shot.id, Shot.updated_at, Shot.position, Shot.chosen_draft_id, Shot.chosen_real_id)
        shots = sa.select(*(col(field) for field in fields)).where(
            col(Shot.project_id).in_(ids), col(Shot.deleted_at).is_(None)
        )
        rows = _grouped(session, shots.order_by(col(Shot.id)))
        ended = sa.select(col(Shot.project_id), col(Take.status), sa.func.count(), sa.func.max(col(Take.created_at)))
        takes = _grouped(
            session,
            ended.join(Shot, col(Take.shot_id) == col(Shot.id))
            .where(col(Shot.project_id).in_(ids), col(Take.deleted_at).is_(None))
            .group_by(col(Shot.project_id), col(Take.status))
            .order_by(col(Take.status)),
        )
        for project in some:
            own = tuple(rows.get(project.id, ()))
            shown = {str(take) for row in own for take in row[-2:] if take is not None}
            gone = tuple(sorted(take for take in shown if _is_gone(settings, take, files)))
            made = tuple(takes.get(project.id, ()))
            states[project.id] = hash((project.version, project.updated_at, names, own, made, gone))
    return states


def _is_gone(settings: StudioSettings, take_id: str, files: Collection[str]) -> bool:
    path = take_path(settings, take_id)
    return path.name not in files and not is_kept(settings, path)


def _grouped(session: Session, query: sa.Executable) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for project_id, *rest in session.execute(query):
        found.setdefault(str(project_id), []).append(tuple(rest))
    return found


def _find_out(
    session: Session,
    settings: StudioSettings,
    projects: Sequence[Project],
    states: Mapping[str, int],
    weights: Mapping[str, str],
    until: float,
) -> dict[str, ProjectStanding]:
    ids = [project.id for project in projects]
    shots: dict[str, list[Shot]] = {}
    kept = select(Shot).where(col(Shot.project_id).in_(ids), col(Shot.deleted_at).is_(None))
    for shot in session.exec(kept.order_by(col(Shot.position), col(Shot.number), col(Shot.id))).all():
        shots.setdefault(shot.project_id, []).append(shot)
    shown = col(Take.id).in_([col(Shot.chosen_draft_id), col(Shot.chosen_real_id)])
    takes: dict[str, list[Take]] = {}
    query = select(Take, Shot.project_id).join(Shot, col(Take.shot_id) == col(Shot.id))
    for take, project_id in session.exec(query.where(col(Shot.project_id).in_(ids), shown)).all():
        takes.setdefault(project_id, []).append(take)
    failed = _failed(session, ids)
    found = {}
    for project in projects:
        if time.monotonic() > until:
            break
        there = takes_there(settings, takes.get(project.id, []))
        found[project.id] = _standing(project, shots.get(project.id, []), there, weights, failed)
        with _guard:
            _remembered[project.id] = (states[project.id], found[project.id])
            _remembered.move_to_end(project.id)
            while len(_remembered) > REMEMBERED:
                _remembered.popitem(last=False)
    return found


def _failed(session: Session, project_ids: Collection[str]) -> set[tuple[str, str]]:
    """The shots, with the passes, whose newest take failed."""
    newest = (
        sa.select(col(Take.shot_id), col(Take.made_for), sa.func.max(col(Take.number)).label("number"))
        .join(Shot, col(Take.shot_id) == col(Shot.id))
        .where(col(Shot.project_id).in_(project_ids), col(Take.deleted_at).is_(None))
        .group_by(col(Take.shot_id), col(Take.made_for))
        .subquery()
    )
    same = sa.and_(col(Take.shot_id) == newest.c.shot_id, col(Take.number) == newest.c.number)
    query = select(Take.shot_id, Take.made_for).join(newest, same).where(col(Take.status) == "failed")
    return set(session.exec(query).all())


def _standing(
    project: Project,
    shots: Sequence[Shot],
    takes: Sequence[Take],
    weights: Mapping[str, str],
    failed: Collection[tuple[str, str]],
) -> ProjectStanding:
    there = {take.id for take in takes}
    shown = (chosen_id(shot, made_for) for shot in shots for made_for in reversed(passes_of(project)))
    take = next((id for id in shown if id in there), None)
    if not shots:
        return ProjectStanding("empty", 0, 0, 0, 0, None)
    counted = {made_for: _count(project, shots, takes, weights, made_for, failed) for made_for in passes_of(project)}
    current, stale, lost = counted["draft"]
    standing: Standing = "done"
    if "real" in counted and current == len(shots):
        current, stale, lost = counted["real"]
        if current == stale == lost == 0:
            return ProjectStanding("drafted", len(shots), len(shots), 0, 0, take)
    if lost:
        standing = "failed"
    elif stale:
        standing = "out of date"
    elif current < len(shots):
        standing = "partly rendered" if current else "not rendered"
    return ProjectStanding(standing, len(shots), current, stale, lost, take)


def _count(
    project: Project,
    shots: Sequence[Shot],
    takes: Sequence[Take],
    weights: Mapping[str, str],
    made_for: Pass,
    failed: Collection[tuple[str, str]],
) -> tuple[int, int, int]:
    """How many shots show a take in a pass that is what is asked for, how many another, and of how many it failed."""
    lost = {shot.id for shot in shots if (shot.id, made_for) in failed}
    if not any(chosen_id(shot, made_for) for shot in shots):
        return 0, 0, len(lost)
    made_with = {str(take.request["settings"]["checkpoint"]): str(take.request["identity"]) for take in takes}
    names = {**made_with, **weights}
    usual = checkpoint_of(project, made_for)
    others = {name: names[name] for name in own_checkpoints(shots) if name in names}
    plans = plan_project(
        project=project, shots=shots, takes=takes, identity=names.get(usual, ""), made_for=made_for, others=others
    )
    states = [plan.state for plan in plans]
    undone = sum(plan.shot.id in lost for plan in plans if plan.state != "done")
    return states.count("done"), states.count("stale"), undone
