"""One shot as a card: its picture or take, its prompt and figures, its state, and what can be done with it.

Each click calls one verb; the text boxes show what the database holds and save what is changed in them.
"""

from __future__ import annotations

import functools
import html
from typing import Any

import streamlit as st
from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message, Value
from framepack.shots.prompts import PROMPT_TOKENS
from framepack.shots.request import MAX_PROMPT_CHARACTERS
from framepack.shots.spans import MAX_SECONDS
from pages.board.reading import Board, standing
from pages.look.text import said, seconds_text
from pages.look.theme import chip, css_fit, picture, placeholder, player, ratio_of, told
from pages.parts.shot_details import picture_box, shot_details
from pages.serving.files import picture_url, take_url
from pages.session.bound import bound
from pages.session.database import settings
from pages.session.state import attempt, do
from pages.session.weights import weights_name
from projects.database.tables import ShotUpdate
from projects.errors import StoryboardProblem
from projects.queue.orders import enqueue_render, render_changed
from projects.storyboard.reading import get_project
from projects.storyboard.shots import add_shot, delete_shot, duplicate_shot, edit_shot, move_shot, restore_shot
from projects.takes.remarks import prompt_reading, remarks_on
from projects.takes.staleness import ShotPlan

START = {"cut": "Cut", "continue": "Continue"}
START_HELP = (
    "**Cut**: the shot starts from its own picture.\n\n"
    "**Continue**: the shot goes on from the last moment of the shot before it, so the movement flows through. "
    "It needs no picture of its own."
)
PROMPT_EXAMPLE = "What happens, in a sentence. For example: The camera pans slowly to the right while waves roll in."
SHORTEST_SECONDS = 0.1
MENU = {"after": "Add a shot after this one", "duplicate": "Duplicate", "delete": "Delete"}


def shot_card(board: Board, place: int) -> None:
    """Draw the card of the shot at ``place`` (0 is first)."""
    plan = board.plans[place]
    shot = plan.shot
    with st.container(border=True, key=f"shot-{shot.id}"):
        left, right = st.columns([5, 8], gap="medium")
        with left:
            _shown(board, place)
        with right:
            _head(board, place)
            _prompt(plan)
            _remarks(board, plan)
            with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
                _figures(plan, place)
                _actions(board, plan)
        if st.session_state.get(f"open-{shot.id}"):
            shot_details(board, plan)


def _shown(board: Board, place: int) -> None:
    """The take where there is one, else the picture, else what is needed."""
    plan = board.plans[place]
    shot = plan.shot
    ratio = ratio_of(board.project.width, board.project.height)
    poster = picture_url(shot.media_id) if shot.media_id else None
    if plan.chosen is not None and plan.chosen.status == "done":
        ratio = ratio_of(plan.chosen.width, plan.chosen.height)
        st.html(
            player(
                take_url(plan.chosen.id), poster=poster, ratio=ratio, label=f"Take {plan.chosen.number} of {shot.label}"
            )
        )
        takes = board.takes.get(shot.id, [])
        of = f" of {len(takes)}" if len(takes) > 1 else ""
        frames = plan.frames if plan.state == "done" else plan.chosen.frames
        length = seconds_text(frames / plan.chosen.fps)
        st.html(f'<div class="fs-soft">Take {plan.chosen.number}{of} · {length}, {frames} frames</div>')
    elif poster:
        st.html(picture(poster, f"The picture of {shot.label}", ratio=ratio, fit=css_fit(board.project.fit)))
    elif shot.start == "continue" and place > 0:
        before = board.plans[place - 1].shot.label
        st.html(placeholder("→", f"Goes on from {before}; needs no picture", ratio=ratio))
    else:
        st.html(placeholder("▱", "Needs a picture to start from", ratio=ratio))
        picture_box(shot.id, "Choose a picture")


def _head(board: Board, place: int) -> None:
    """Number, state, and the small buttons on the right."""
    plan = board.plans[place]
    shot, doing = plan.shot, standing(board, plan)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.html(
            f'<div class="fs-row"><span class="fs-number">{shot.label}</span>{chip(doing.word, doing.tone)}</div>',
            width="content",
        )
        with st.container(horizontal=True, gap=None, width="content", key=f"icons-{shot.id}"):
            for name, icon, to in (("Move up", "arrow_upward", place - 1), ("Move down", "arrow_downward", place + 1)):
                st.button(
                    name,
                    icon=f":material/{icon}:",
                    key=f"{name.lower().replace(' ', '-')}-{shot.id}",
                    help=name,
                    type="tertiary",
                    disabled=not 0 <= to < len(board.plans),
                    on_click=move,
                    args=(shot.id, to),
                )
            st.menu_button(
                "More for this shot",
                list(MENU),
                format_func=MENU.__getitem__,
                icon=":material/more_horiz:",
                type="tertiary",
                key=f"menu-{shot.id}",
                on_click=_chosen,
                args=(board.project.id, shot.id, shot.label),
            )
    # The container is always there: a box below that moves while somebody types in it would lose what is typed.
    with st.container(key=f"told-{shot.id}"):
        if doing.message is not None:
            told(said(doing.message), doing.tone)


def _prompt(plan: ShotPlan) -> None:
    key = f"prompt-{plan.shot.id}"
    st.text_area(
        f"What happens in {plan.shot.label}",
        plan.shot.prompt,
        key=key,
        placeholder=PROMPT_EXAMPLE,
        max_chars=MAX_PROMPT_CHARACTERS,
        height=92,
        label_visibility="collapsed",
        on_change=bound(key, plan.shot.prompt, functools.partial(edit, plan.shot.id, "prompt")),
    )


def _remarks(board: Board, plan: ShotPlan) -> None:
    """How much of the prompt is read, and what else is to be said of the shot; the container is always there."""
    checkpoint, models = board.project.checkpoint, settings().engine.models
    with st.container(key=f"remarks-{plan.shot.id}", gap=None):
        reading = prompt_reading(plan.shot.prompt, checkpoint, models)
        if reading is not None and plan.shot.prompt.strip():
            values: dict[str, Value] = {"tokens": reading.tokens, "most": PROMPT_TOKENS}
            st.html(f'<div class="fs-soft">{html.escape(said(Message("prompt-count", values)))}</div>')
        for remark in remarks_on(plan, checkpoint, models):
            # A prompt longer than CLIP reads is usual; on the page it is no remark.
            if remark.id != "prompt-not-read-by-clip":
                told(said(remark), "quiet")


def _figures(plan: ShotPlan, place: int) -> None:
    shot = plan.shot
    key = f"seconds-{shot.id}"
    st.number_input(
        "Length (seconds)",
        min(SHORTEST_SECONDS, shot.seconds),
        MAX_SECONDS,
        float(shot.seconds),
        step=0.5,
        format="%.1f",
        key=key,
        width=150,
        on_change=bound(key, float(shot.seconds), functools.partial(edit, shot.id, "seconds")),
    )
    key = f"start-{shot.id}"
    st.segmented_control(
        "Start",
        list(START),
        default=shot.start,
        format_func=START.__getitem__,
        required=True,
        key=key,
        help=START_HELP,
        disabled=place == 0 and shot.start == "cut",
        on_change=bound(key, shot.start, functools.partial(edit, shot.id, "start")),
    )


def _actions(board: Board, plan: ShotPlan) -> None:
    shot = plan.shot
    key = f"open-{shot.id}"
    st.button(
        "Rendered" if plan.state == "done" else "Render this shot",
        key=f"render-{shot.id}",
        icon=":material/play_arrow:",
        disabled=plan.planned is None or bool(board.weights_problem) or board.is_waiting(shot) or plan.state == "done",
        help="It is up to date. Change its text, length or seed to render another take."
        if plan.state == "done"
        else None,
        on_click=render_one,
        args=(board.project.id, shot.id),
    )
    st.button(
        "Less" if st.session_state.get(key) else "More",
        key=f"toggle-{shot.id}",
        icon=":material/expand_less:" if st.session_state.get(key) else ":material/expand_more:",
        type="tertiary",
        help="Takes, picture, seed and earlier wordings",
        on_click=_toggle,
        args=(key,),
    )


# --- clicks -----------------------------------------------------------------------------------------------------------


def render_one(project_id: str, shot_id: str) -> None:
    """Order one shot from the generator."""
    do(lambda opened: enqueue_render(session=opened, settings=settings(), project_id=project_id, shot_ids=[shot_id]))


def render_all(project_id: str) -> None:
    """Order from the generator what is out of date at this moment, whatever the page showed when it was drawn."""

    def order(opened: Session) -> None:
        project = get_project(session=opened, project_id=project_id)
        identity, problem = weights_name(checkpoint_named(project.checkpoint), settings().engine.models)
        if problem is not None:
            raise StoryboardProblem(problem)
        render_changed(session=opened, settings=settings(), project_id=project_id, identity=identity)

    do(order)


def move(shot_id: str, to: int) -> None:
    """Move a shot to another place (0 is first)."""
    do(lambda opened: move_shot(session=opened, shot_id=shot_id, to_position=to))


def edit(shot_id: str, field: str, value: Any) -> bool:
    """Change one field of a shot."""
    changes = ShotUpdate.model_validate({field: value})
    return attempt(lambda opened: edit_shot(session=opened, shot_id=shot_id, changes=changes))


def _chosen(project_id: str, shot_id: str, label: str) -> None:
    what = st.session_state[f"menu-{shot_id}"]
    if what == "after":
        do(lambda opened: add_shot(session=opened, project_id=project_id, after=shot_id, start="continue"))
    elif what == "duplicate":
        do(lambda opened: duplicate_shot(session=opened, shot_id=shot_id), Message("duplicated", {"name": label}))
    elif what == "delete":
        do(
            lambda opened: delete_shot(session=opened, shot_id=shot_id),
            Message("deleted", {"name": label}),
            lambda opened: restore_shot(session=opened, shot_id=shot_id),
        )


def _toggle(key: str) -> None:
    st.session_state[key] = not st.session_state.get(key)
