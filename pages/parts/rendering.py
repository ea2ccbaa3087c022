"""The panel that shows a render at work: which shot, how far, how long still, and the picture as it grows.

It is a fragment that looks at the database once a second while there is work, less often where many pages are, and
is not there when there is none. It never waits for the generator; when a shot is done or the work ends it has the whole
page drawn afresh.
"""

from __future__ import annotations

import functools
import html

import streamlit as st
from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from pages.board.reading import Board, is_starting
from pages.board.rows import render_row
from pages.look.language import t
from pages.look.text import said
from pages.look.theme import chip, ratio_of, told
from pages.orders.report import report_link
from pages.session.database import session, settings
from pages.session.state import do
from pages.session.viewers import look_every
from pages.session.weights import BEING_NAMED, weights_name
from projects.messages import read
from projects.queue.orders import active_renders, cancel_render, live_workers, progress_of, stop_after_section
from projects.storyboard.project_settings import checkpoint_of
from projects.takes.takes import takes_of_project

EVERY_SECONDS = 1.0
EVERY_SECONDS_WITHOUT_WORKER = 3.0


def rendering_panel(board: Board) -> None:
    """Show the work under way, or what became of the last; nothing where there is nothing to say."""
    if not board.renders:
        if board.last is not None and board.last.status == "failed":
            told(said(read(board.last.error) if board.last.error else Message("render-failed")), "bad")
            report_link(board.last.id)
        return
    with session() as opened:
        *_, done = _signature(opened, board.project.id)
    # As the page was drawn: what has ended since is a reason to draw it afresh.
    drawn = ([render.id for render in board.renders], board.progress.shot_id if board.progress else None, done)
    st.fragment(_live, run_every=look_every(EVERY_SECONDS))(board, drawn)


def weights_watch(board: Board) -> None:
    """Say why nothing can be rendered with the project's model; while its weights are named, look again by itself."""
    if board.is_naming_weights:
        st.fragment(_naming, run_every=look_every(EVERY_SECONDS))(checkpoint_of(board.project, board.made_for))
    elif board.weights_problem:
        told(said(board.weights_problem), "bad")


def _naming(checkpoint: str) -> None:
    _, problem = weights_name(checkpoint_named(checkpoint), settings().engine.models)
    if problem != BEING_NAMED:
        st.rerun()  # the whole page, and this fragment looks no more
    told(said(BEING_NAMED))


def worker_watch(board: Board) -> None:
    """Say so while no generator runs; it looks again by itself until one does."""
    if not board.worker_alive and not board.renders:
        st.fragment(_absent, run_every=look_every(EVERY_SECONDS_WITHOUT_WORKER))()


def _absent() -> None:
    with session() as opened:
        alive = bool(live_workers(session=opened))
    if alive:
        st.rerun()  # the whole page, and this fragment looks no more
    say_worker_absent()


def say_worker_absent() -> None:
    """Say that no generator runs, or that it is just being started."""
    # The local worker is started with this process and needs a moment to come up.
    if is_starting():
        told(said(Message("generator-starts")))
    else:
        told(said(Message("generator-away", {"logs": str(settings().logs_dir)})), "warn")


def _live(board: Board, drawn: tuple[object, ...]) -> None:
    look_every(EVERY_SECONDS)  # so that this page counts for as long as it looks
    project_id = board.project.id
    with session() as opened:
        renders = active_renders(session=opened, project_id=project_id)
        progress = progress_of(session=opened, render_id=renders[0].id) if renders else None
        alive = bool(live_workers(session=opened))
        changed = _signature(opened, project_id) != drawn
    if changed or not renders:
        st.rerun()
    row = render_row(board, renders[0], progress)
    with (
        st.container(border=True, key="rendering", gap=None),
        st.container(horizontal=True, vertical_alignment="center", gap="medium"),
    ):
        if row.preview is not None:
            ratio = ratio_of(board.project.width, board.project.height)
            st.html(
                f'<div class="fs-growing"><img style="aspect-ratio:{ratio}" src="{html.escape(row.preview)}" '
                f'alt="{html.escape(t("The picture as it grows"))}"></div>',
                width="content",
            )
        with st.container(gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.html(f'<div class="fs-row">{chip(t("Working"), "busy")}<b>{html.escape(row.words)}</b></div>')
                st.button(
                    t("Stops after this section") if renders[0].stopping else t("Stop after this section"),
                    key="stop-after",
                    icon=":material/content_cut:",
                    disabled=renders[0].stopping,
                    on_click=do,
                    args=(functools.partial(_stop, renders[0].id),),
                    help=t("What there is of the shot by then is kept as a take of that length."),
                )
                st.button(
                    t("Cancel"),
                    key="cancel",
                    icon=":material/close:",
                    on_click=_cancel,
                    args=([render.id for render in renders],),
                    help=t("Stops at once. Finished parts are kept and found again when you go on."),
                )
            if not alive:
                say_worker_absent()
            st.progress(row.share)
            if progress is None:
                left = t("It begins within a few seconds.")
            else:
                left = t("{wait} left").format(wait=row.left) if row.left else ""
            st.html(f'<div class="fs-soft">{html.escape(left)}</div>')


def _signature(opened: Session, project_id: str) -> tuple[object, ...]:
    """What the rest of the page is drawn from: when it changes the page must be drawn afresh."""
    renders = active_renders(session=opened, project_id=project_id)
    progress = progress_of(session=opened, render_id=renders[0].id) if renders else None
    done = sum(take.status == "done" for take in takes_of_project(session=opened, project_id=project_id))
    return ([render.id for render in renders], progress.shot_id if progress else None, done)


def _cancel(render_ids: list[str]) -> None:
    for render_id in render_ids:
        do(functools.partial(_call_off, render_id), Message("render-cancelled"))


def _stop(render_id: str, opened: Session) -> None:
    stop_after_section(session=opened, render_id=render_id)


def _call_off(render_id: str, opened: Session) -> None:
    cancel_render(session=opened, settings=settings(), render_id=render_id)
