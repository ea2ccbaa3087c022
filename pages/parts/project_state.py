"""How whole projects are doing, for the list of them: judged again only where something changed, and never for long.

To judge a project its shots have to be planned. What a page does not get to it leaves open, and looks again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, col

from framepack.checkpoints.table import checkpoint_named
from pages.board.reading import Board, Tone, read_board
from pages.look.language import t
from pages.session.database import settings
from pages.session.weights import weights_name
from projects.database.tables import Project, Render, Shot, Take
from projects.queue.orders import UNFINISHED
from projects.storyboard.project_settings import has_real

Kind = Literal["empty", "rendering", "unknown", "no-weights", "failed", "stale", "lacking", "new", "drafted", "done"]
# As long as a page may plan before it draws what it has.
PATIENCE_SECONDS = 0.25


@dataclass(frozen=True)
class ProjectState:
    """How a project is doing: ``count`` of its ``shots`` are so. ``take`` is the first that it shows."""

    kind: Kind
    count: int
    shots: int
    take: str | None

    @property
    def settled(self) -> bool:
        """Whether it stays so until somebody does something."""
        return self.kind not in ("rendering", "unknown")


class _Kept:
    """What was judged of projects last, with what it was judged from."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._by_project: dict[str, tuple[object, ProjectState]] = {}

    def get(self, project_id: str, stamp: object) -> ProjectState | None:
        with self._guard:
            known = self._by_project.get(project_id)
        return known[1] if known is not None and known[0] == stamp else None

    def put(self, project_id: str, stamp: object, state: ProjectState) -> None:
        with self._guard:
            self._by_project[project_id] = (stamp, state)


_kept = _Kept()


def states_of(
    session: Session, projects: Sequence[Project], *, patience: float = PATIENCE_SECONDS
) -> dict[str, ProjectState]:
    """How ``projects`` are doing, by id; those that it takes too long to judge now are left out."""
    until = time.monotonic() + patience
    stamps = _stamps(session, projects)
    states = {}
    for project in projects:
        stamp = stamps[project.id]
        state = _kept.get(project.id, stamp)
        if state is None and time.monotonic() < until:
            state = state_of(read_board(session, project.id))
            _kept.put(project.id, stamp, state)
        if state is not None:
            states[project.id] = state
    return states


def state_of(board: Board) -> ProjectState:
    """How the project of ``board`` is doing: what wants somebody's eye first."""
    shots = len(board.plans)
    undone = [plan for plan in board.plans if plan.state != "done"]
    failed = sum(plan.shot.id in board.failures for plan in undone)
    stale = sum(plan.chosen is not None for plan in undone)
    take = next((plan.chosen.id for plan in board.plans if plan.chosen is not None), None)
    kind: Kind = "done"
    count = 0
    if board.renders:
        kind = "rendering"
    elif not shots:
        kind = "empty"
    elif board.is_naming_weights and stale:
        kind = "unknown"
    elif board.weights_problem is not None and stale:
        kind = "no-weights"
    elif failed:
        kind, count = "failed", failed
    elif stale:
        kind, count = "stale", stale
    elif undone:
        kind, count = "new" if len(undone) == shots else "lacking", len(undone)
    elif has_real(board.project) and any(plan.shot.chosen_real_id is None for plan in board.plans):
        kind = "drafted"
    return ProjectState(kind, count, shots, take)


def state_words(state: ProjectState) -> tuple[str, Tone]:
    """What to say of a state, and its colour."""
    n, shots = state.count, state.shots
    words: dict[Kind, tuple[str, Tone]] = {
        "empty": (t("No shots yet"), "quiet"),
        "rendering": (t("Rendering"), "busy"),
        "unknown": (t("Not known yet"), "quiet"),
        "no-weights": (t("Its model is not on this computer"), "quiet"),
        "failed": (t("{n} of {shots} failed").format(n=n, shots=shots), "bad"),
        "stale": (t("{n} of {shots} out of date").format(n=n, shots=shots), "warn"),
        "lacking": (t("{n} of {shots} not rendered").format(n=n, shots=shots), "quiet"),
        "new": (t("Not rendered yet"), "quiet"),
        "drafted": (t("Drafted"), "good"),
        "done": (t("Done"), "good"),
    }
    return words[state.kind]


def _stamps(session: Session, projects: Sequence[Project]) -> dict[str, object]:
    """For each project something that is another as soon as its state may be another; it plans nothing."""
    ids = [project.id for project in projects]
    shots = _grouped(
        session,
        sa.select(
            *(col(Shot.project_id), sa.func.count(), sa.func.sum(col(Shot.version)), sa.func.sum(col(Shot.position))),
            sa.func.max(col(Shot.updated_at)),
        )
        .where(col(Shot.project_id).in_(ids), col(Shot.deleted_at).is_(None))
        .group_by(col(Shot.project_id)),
    )
    takes = _grouped(
        session,
        sa.select(
            *(col(Shot.project_id), col(Take.status), sa.func.count(), sa.func.count(col(Take.deleted_at))),
            *(sa.func.max(col(Take.created_at)), sa.func.max(col(Take.finished_at))),
        )
        .join(Shot, col(Take.shot_id) == col(Shot.id))
        .where(col(Shot.project_id).in_(ids))
        .group_by(col(Shot.project_id), col(Take.status))
        .order_by(col(Take.status)),
    )
    renders = _grouped(
        session,
        sa.select(col(Render.project_id), col(Render.id))
        .where(col(Render.project_id).in_(ids), col(Render.status).in_(UNFINISHED))
        .order_by(col(Render.id)),
    )
    # It changes when a file comes or goes.
    files = settings().takes_dir
    changed = files.stat().st_mtime_ns if files.exists() else 0
    return {
        project.id: (
            *(project.version, project.updated_at, _weights(project), changed),
            *(shots.get(project.id), takes.get(project.id), renders.get(project.id)),
        )
        for project in projects
    }


def _grouped(session: Session, query: sa.Executable) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for project_id, *rest in session.connection().execute(query):
        found.setdefault(project_id, []).append(tuple(rest))
    return found


def _weights(project: Project) -> object:
    return weights_name(checkpoint_named(project.checkpoint), settings().engine.models)
