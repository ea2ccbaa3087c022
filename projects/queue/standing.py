"""How whole projects stand, for a list of all of them: rendered, out of date, or being rendered.

What was found out of a project is remembered for as long as nothing of it changes. It looks at no files.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from projects.database.tables import Pass, Project, Render, Shot, Take
from projects.queue.orders import UNFINISHED
from projects.storyboard.project_settings import checkpoint_of, passes_of
from projects.storyboard.reading import chosen_id
from projects.takes.staleness import own_checkpoints, plan_project

Standing = Literal["empty", "not rendered", "rendering", "out of date", "partly rendered", "drafted", "done"]
REMEMBERED = 10_000
_AT_ONCE = 500
_remembered: OrderedDict[str, tuple[int, ProjectStanding]] = OrderedDict()


@dataclass(frozen=True)
class ProjectStanding:
    """How a project stands. ``current`` and ``stale`` are its shots with a take that is, or is not, what is asked for.

    They are told of its draft, and once all of that is current and it has a real pass, of that one. "drafted": the
    draft is current and nothing is rendered for real.
    """

    standing: Standing
    shots: int
    current: int
    stale: int


def standings_of(
    *, session: Session, projects: Sequence[Project], weights: Mapping[str, str]
) -> dict[str, ProjectStanding]:
    """How each of ``projects`` stands, by id. ``weights`` names those of checkpoints, as far as they are known.

    Of other checkpoints it goes by those that the takes were made with.
    """
    # Columns only: rows of all shots there are would take long to make.
    fields = (Shot.project_id, Shot.id, Shot.updated_at, Shot.position, Shot.chosen_draft_id, Shot.chosen_real_id)
    columns = sa.select(*(col(field) for field in fields)).where(col(Shot.deleted_at).is_(None))
    rows: dict[str, list[tuple[object, ...]]] = {}
    for row in session.connection().execute(columns.order_by(col(Shot.id))):
        rows.setdefault(str(row[0]), []).append(tuple(row))
    names = tuple(sorted(weights.items()))
    states = {
        project.id: hash((project.version, project.updated_at, names, tuple(rows.get(project.id, ()))))
        for project in projects
    }
    unknown = [project for project in projects if _remembered.get(project.id, (None,))[0] != states[project.id]]
    for first in range(0, len(unknown), _AT_ONCE):
        _find_out(session, unknown[first : first + _AT_ONCE], states, weights)
    rendering = set(session.exec(select(Render.project_id).where(col(Render.status).in_(UNFINISHED))).all())
    found = {}
    for project in projects:
        _, standing = _remembered[project.id]
        found[project.id] = replace(standing, standing="rendering") if project.id in rendering else standing
    while len(_remembered) > REMEMBERED:
        _remembered.popitem(last=False)
    return found


def _find_out(
    session: Session, projects: Sequence[Project], states: Mapping[str, int], weights: Mapping[str, str]
) -> None:
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
    for project in projects:
        standing = _standing(project, shots.get(project.id, []), takes.get(project.id, []), weights)
        _remembered[project.id] = (states[project.id], standing)
        _remembered.move_to_end(project.id)


def _standing(
    project: Project, shots: Sequence[Shot], takes: Sequence[Take], weights: Mapping[str, str]
) -> ProjectStanding:
    if not shots:
        return ProjectStanding("empty", 0, 0, 0)
    counted = {made_for: _count(project, shots, takes, weights, made_for) for made_for in passes_of(project)}
    current, stale = counted["draft"]
    standing: Standing = "done"
    if "real" in counted and current == len(shots):
        current, stale = counted["real"]
        if current == stale == 0:
            return ProjectStanding("drafted", len(shots), len(shots), 0)
    if stale:
        standing = "out of date"
    elif current < len(shots):
        standing = "partly rendered" if current else "not rendered"
    return ProjectStanding(standing, len(shots), current, stale)


def _count(
    project: Project, shots: Sequence[Shot], takes: Sequence[Take], weights: Mapping[str, str], made_for: Pass
) -> tuple[int, int]:
    """How many shots show a take in a pass that is what is asked for, and how many another."""
    if not any(chosen_id(shot, made_for) for shot in shots):
        return 0, 0
    made_with = {str(take.request["settings"]["checkpoint"]): str(take.request["identity"]) for take in takes}
    names = {**made_with, **weights}
    usual = checkpoint_of(project, made_for)
    others = {name: names[name] for name in own_checkpoints(shots) if name in names}
    plans = plan_project(
        project=project, shots=shots, takes=takes, identity=names.get(usual, ""), made_for=made_for, others=others
    )
    states = [plan.state for plan in plans]
    return states.count("done"), states.count("stale")
