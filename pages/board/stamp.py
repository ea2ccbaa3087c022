"""A short name for the state of a board: while it is the same, the board is. It plans nothing, so that it is cheap."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlmodel import Session, col, select

from framepack.checkpoints.table import checkpoint_named
from pages.board.reading import is_starting
from pages.session.database import settings
from pages.session.weights import weights_name, weights_names
from projects.database.tables import Pass, Progress, Project, Shot, Take
from projects.queue.orders import active_renders, latest_render, live_workers
from projects.storyboard.project_settings import checkpoint_of
from projects.storyboard.reading import get_project


def board_stamp(session: Session, project_id: str, made_for: Pass, language: str) -> str:
    """The name of the state of a project's board as a reader of ``language`` sees it.

    Raises NotFound, and StoryboardProblem where the project has no such pass.
    """
    project = get_project(session=session, project_id=project_id)
    renders = active_renders(session=session, project_id=project_id)
    last = latest_render(session=session, project_id=project_id)
    alive = bool(live_workers(session=session))
    known = (
        *(language, made_for, project.version, project.updated_at),
        _weights(session, project, made_for),
        _shots(session, project_id),
        _takes(session, project_id),
        [(render.id, render.status) for render in (*renders, *([last] if last else []))],
        _progress(session, [render.id for render in renders]),
        (alive, is_starting() and not alive),
        # It changes when a file comes or goes.
        settings().takes_dir.stat().st_mtime_ns if settings().takes_dir.exists() else 0,
    )
    return hashlib.sha256(repr(known).encode()).hexdigest()[:32]


def _weights(session: Session, project: Project, made_for: Pass) -> object:
    models = settings().engine.models
    own = sa.select(col(Shot.checkpoint)).where(col(Shot.project_id) == project.id, col(Shot.checkpoint).is_not(None))
    others = {str(name) for name in session.execute(own).scalars()}
    of_pass = weights_name(checkpoint_named(checkpoint_of(project, made_for)), models)
    return of_pass, sorted(weights_names(others, models).items())


def _shots(session: Session, project_id: str) -> object:
    # The generator chooses takes without a new version.
    facts = sa.select(
        *(col(Shot.id), col(Shot.version), col(Shot.chosen_draft_id), col(Shot.chosen_real_id)),
        *(col(Shot.position), col(Shot.number), col(Shot.updated_at)),
    )
    kept = facts.where(col(Shot.project_id) == project_id, col(Shot.deleted_at).is_(None))
    return [tuple(row) for row in session.execute(kept.order_by(col(Shot.id)))]


def _takes(session: Session, project_id: str) -> object:
    done = sa.func.sum(sa.case((col(Take.status) == "done", 1), else_=0))
    facts = sa.select(
        *(sa.func.count(), done, sa.func.count(col(Take.deleted_at))),
        *(sa.func.max(col(Take.created_at)), sa.func.max(col(Take.finished_at))),
    )
    own = facts.join(Shot, col(Take.shot_id) == col(Shot.id)).where(col(Shot.project_id) == project_id)
    return tuple(session.execute(own).one())


def _progress(session: Session, render_ids: list[str]) -> object:
    found = session.exec(select(Progress).where(col(Progress.render_id).in_(render_ids))).all()
    return sorted((one.render_id, one.shot_id, one.phase, one.section, one.step, one.updated_at) for one in found)
