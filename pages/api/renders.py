"""What the interface does with renders: order one, see how far it is, call it off."""

from __future__ import annotations

from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from pages.api.answers import BranchAnswer, RenderAnswer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import MoreTakes, NewBranches, NewRender
from pages.board.reading import read_board_of
from pages.board.rows import render_row
from pages.look.text import said
from pages.session.database import settings
from pages.session.weights import weights_name, weights_names
from projects.database.tables import Pass, ProjectUpdate, Render
from projects.errors import StoryboardProblem
from projects.forecast.asking import preset_field
from projects.messages import read
from projects.queue.branches import BranchOrder, Way, order_branches
from projects.queue.orders import (
    UNFINISHED,
    cancel_render,
    enqueue_render,
    get_render,
    order_other_takes,
    progress_of,
    render_changed,
    stop_after_section,
)
from projects.storyboard.journal import journaled
from projects.storyboard.project_settings import checkpoint_of
from projects.storyboard.projects import edit_project
from projects.storyboard.reading import get_project, get_shot, shots_of
from projects.takes.staleness import own_checkpoints


def order(asked: Asked[NewRender, Query]) -> RenderAnswer:
    """Order shots, or all that changed by now."""
    session, body = asked.session, asked.body
    identity = weights_needed(session, asked.id, body.pass_)
    if body.preset is not None:
        changes = ProjectUpdate.model_validate({preset_field(body.pass_): body.preset})
        with journaled(session=session, project_id=asked.id, kind="edit-project"):
            edit_project(session=session, project_id=asked.id, changes=changes)
    if body.shots is None:
        shots = shots_of(session=session, project_id=asked.id)
        render = render_changed(
            session=session,
            settings=settings(),
            project_id=asked.id,
            identity=identity,
            made_for=body.pass_,
            others=weights_names(own_checkpoints(shots), settings().engine.models),
        )
    else:
        render = enqueue_render(session=session, project_id=asked.id, shot_ids=body.shots, made_for=body.pass_)
    return render_answer(session, render)


def one(asked: Asked[Nothing, Query]) -> RenderAnswer:
    """An order, and how far it is."""
    return render_answer(asked.session, get_render(session=asked.session, render_id=asked.id))


def cancel(asked: Asked[Nothing, Query]) -> RenderAnswer:
    """Call an order off; what is finished is kept."""
    render = cancel_render(session=asked.session, settings=settings(), render_id=asked.id)
    return render_answer(asked.session, render)


def stop(asked: Asked[Nothing, Query]) -> RenderAnswer:
    """Let an order end with the section that is being made; what there is becomes a take."""
    return render_answer(asked.session, stop_after_section(session=asked.session, render_id=asked.id))


def another(asked: Asked[MoreTakes, Query]) -> RenderAnswer:
    """Order more takes of a shot, each with a seed of its own."""
    session, body = asked.session, asked.body
    shot = get_shot(session=session, shot_id=asked.id)
    weights_needed(session, shot.project_id, body.pass_)
    render = order_other_takes(session=session, shot_id=shot.id, count=body.count, made_for=body.pass_)
    return render_answer(session, render)


def branches(asked: Asked[NewBranches, Query]) -> BranchAnswer:
    """Order takes that go on from a take, and share with it all that was before."""
    ordered = order_branches(
        session=asked.session,
        settings=settings(),
        take_id=asked.id,
        at=asked.body.at,
        ways=[Way(way.prompt, way.seed) for way in asked.body.ways],
    )
    return branch_answer(asked.session, ordered)


def branch_answer(session: Session, ordered: BranchOrder) -> BranchAnswer:
    """An order of takes that go on from a take as the interface says it."""
    return BranchAnswer(
        render=render_answer(session, ordered.render),
        at=ordered.at,
        frame=ordered.frame,
        new_sections=ordered.new_sections,
        sections=ordered.sections,
    )


def render_answer(session: Session, render: Render) -> RenderAnswer:
    """A render as the interface says it."""
    progress = None
    if render.status in UNFINISHED:
        board = read_board_of(session, render.project_id, render.shot_ids, render.made_for)
        progress = render_row(board, render, progress_of(session=session, render_id=render.id))
    return RenderAnswer(
        id=render.id,
        project_id=render.project_id,
        status=render.status,
        pass_=render.made_for,
        shot_ids=render.shot_ids,
        problem=said(read(render.error)) if render.error else None,
        progress=progress,
        ordered_at=render.created_at,
        started_at=render.started_at,
        finished_at=render.finished_at,
    )


def weights_needed(session: Session, project_id: str, made_for: Pass) -> str:
    """The name of the weights that a pass of a project is rendered with. Raises StoryboardProblem without them."""
    project = get_project(session=session, project_id=project_id)
    identity, problem = weights_name(checkpoint_named(checkpoint_of(project, made_for)), settings().engine.models)
    if problem is not None:
        raise StoryboardProblem(problem)
    return identity
