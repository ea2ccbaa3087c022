"""The panel that shows a render at work: which shot, how far, how long still, and the picture as it grows.

It is a fragment that looks at the database once a second while there is work, less often where many pages are, and
is not there when there is none. It never waits for the generator; when a shot is done or the work ends it has the whole
page drawn afresh.
"""

from __future__ import annotations

import base64
import functools
import html
import time

import psutil
import streamlit as st
from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from pages.board.reading import Board
from pages.look.language import t
from pages.look.text import said, wait_text
from pages.look.theme import chip, ratio_of, told
from pages.session.database import session, settings
from pages.session.state import do
from pages.session.viewers import look_every
from pages.session.weights import BEING_NAMED, weights_name
from projects.database.tables import Phase, Progress, Render
from projects.messages import read
from projects.queue.orders import active_renders, cancel_render, live_workers, progress_of
from projects.storage.places import preview_path
from projects.takes.takes import takes_of_project

EVERY_SECONDS = 1.0
EVERY_SECONDS_WITHOUT_WORKER = 3.0
STARTING_SECONDS = 45.0
# The messages that say what the generator is at.
PHASES: dict[Phase, str] = {
    "loading": "phase-loading",
    "encoding": "phase-encoding",
    "compiling": "phase-compiling",
    "sampling": "phase-sampling",
    "decoding": "phase-decoding",
    "finishing": "phase-finishing",
}


def rendering_panel(board: Board) -> None:
    """Show the work under way, or what became of the last; nothing where there is nothing to say."""
    if not board.renders:
        if board.last is not None and board.last.status == "failed":
            told(said(read(board.last.error) if board.last.error else Message("render-failed")), "bad")
        return
    sections = {plan.shot.id: len(plan.planned.sections) for plan in board.plans if plan.planned is not None}
    labels = {plan.shot.id: plan.shot.label for plan in board.plans}
    with session() as opened:
        drawn = _signature(opened, board.project.id)
    ratio = ratio_of(board.project.width, board.project.height)
    live = st.fragment(_live, run_every=look_every(EVERY_SECONDS))
    live(board.project.id, drawn, labels, sections, ratio)


def weights_watch(board: Board) -> None:
    """Say why nothing can be rendered with the project's model; while its weights are named, look again by itself."""
    if board.is_naming_weights:
        st.fragment(_naming, run_every=look_every(EVERY_SECONDS))(board.project.checkpoint)
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
    _say_absent()


def _say_absent() -> None:
    # The local worker is started with this process and needs a moment to come up.
    if time.time() - psutil.Process().create_time() < STARTING_SECONDS:
        told(said(Message("generator-starts")))
    else:
        told(said(Message("generator-away", {"logs": str(settings().logs_dir)})), "warn")


def _live(
    project_id: str, drawn: tuple[object, ...], labels: dict[str, str], sections: dict[str, int], ratio: str
) -> None:
    look_every(EVERY_SECONDS)  # so that this page counts for as long as it looks
    with session() as opened:
        renders = active_renders(session=opened, project_id=project_id)
        progress = progress_of(session=opened, render_id=renders[0].id) if renders else None
        alive = bool(live_workers(session=opened))
        changed = _signature(opened, project_id) != drawn
    if changed:
        st.rerun()
    with (
        st.container(border=True, key="rendering", gap=None),
        st.container(horizontal=True, vertical_alignment="center", gap="medium"),
    ):
        if picture := _growing(renders[0], ratio):
            st.html(picture, width="content")
        with st.container(gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                where = html.escape(_where(progress, labels))
                st.html(f'<div class="fs-row">{chip(t("Working"), "busy")}<b>{where}</b></div>')
                st.button(
                    t("Cancel"),
                    key="cancel",
                    icon=":material/close:",
                    on_click=_cancel,
                    args=([render.id for render in renders],),
                    help=t("Stops at once. Finished parts are kept and found again when you go on."),
                )
            if not alive:
                _say_absent()
            st.progress(_share(progress))
            how_far = html.escape(_how_far(progress)) + _left(progress, renders, sections)
            st.html(f'<div class="fs-soft">{how_far}</div>')


def _signature(opened: Session, project_id: str) -> tuple[object, ...]:
    """What the rest of the page is drawn from: when it changes the page must be drawn afresh."""
    renders = active_renders(session=opened, project_id=project_id)
    progress = progress_of(session=opened, render_id=renders[0].id) if renders else None
    done = sum(take.status == "done" for take in takes_of_project(session=opened, project_id=project_id))
    return ([render.id for render in renders], progress.shot_id if progress else None, done)


def _growing(render: Render, ratio: str) -> str:
    """The preview as it is now, as HTML; it is small and changes with each step, so it travels inside the page."""
    try:
        encoded = base64.b64encode(preview_path(settings(), render.id).read_bytes()).decode()
    except FileNotFoundError:
        return ""  # before the first step
    return (
        f'<div class="fs-growing"><img style="aspect-ratio:{ratio}" src="data:image/webp;base64,{encoded}" '
        f'alt="{html.escape(t("The picture as it grows"))}"></div>'
    )


def _where(progress: Progress | None, labels: dict[str, str]) -> str:
    if progress is None or progress.shot_id is None:
        return t("Waiting for the generator") if progress is None else said(Message(PHASES[progress.phase]))
    shot = labels.get(progress.shot_id) or t("a shot")
    if progress.shot_count == 1:
        return t("Rendering {shot}").format(shot=shot)
    return t("Rendering {shot} (shot {n} of {shots})").format(
        shot=shot, n=progress.shot_index, shots=progress.shot_count
    )


def _how_far(progress: Progress | None) -> str:
    if progress is None:
        return t("It begins within a few seconds.")
    parts = [said(Message(PHASES[progress.phase]))]
    if progress.phase in ("sampling", "decoding") and progress.sections:
        parts.append(t("section {n} of {sections}").format(n=progress.section, sections=progress.sections))
    if progress.phase == "sampling" and progress.steps:
        parts.append(t("step {n} of {steps}").format(n=progress.step, steps=progress.steps))
    return t(", ").join(parts)


def _share(progress: Progress | None) -> float:
    """How much of the shot at work is done, 0 to 1."""
    if progress is None or not progress.sections:
        return 0.0
    step = progress.step / progress.steps if progress.steps else (1.0 if progress.phase == "decoding" else 0.0)
    share = (progress.section - 1 + step) / progress.sections
    return 1.0 if progress.phase == "finishing" else min(max(share, 0.0), 1.0)


def _left(progress: Progress | None, renders: list[Render], sections: dict[str, int]) -> str:
    """How long the order will still take, from the speed of the steps so far; "" while that is not known."""
    if progress is None or progress.seconds_per_step is None or not progress.steps:
        return ""
    steps = progress.steps - progress.step + (progress.sections - progress.section) * progress.steps
    wanted = renders[0].shot_ids
    if progress.shot_id in wanted:
        later = wanted[wanted.index(progress.shot_id) + 1 :]
        steps += progress.steps * sum(sections.get(shot_id, 0) for shot_id in later)
    return " · " + t("{wait} left").format(wait=wait_text(steps * progress.seconds_per_step))


def _cancel(render_ids: list[str]) -> None:
    for render_id in render_ids:
        do(functools.partial(_call_off, render_id), Message("render-cancelled"))


def _call_off(render_id: str, opened: Session) -> None:
    cancel_render(session=opened, settings=settings(), render_id=render_id)
