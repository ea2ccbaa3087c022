"""The inspector: everything there is to see and to say of the one selected shot, beside the board.

Boxes for typing are a component of their own that saves by itself; the rest are ordinary controls, and each click
calls one verb.
"""

from __future__ import annotations

import functools
import html
from dataclasses import asdict

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from framepack.shots.beat_text import written_beats
from framepack.shots.prompts import PROMPT_TOKENS, PromptReading
from framepack.shots.request import MAX_SEED
from framepack.shots.spans import MAX_SECONDS
from pages.board.foretold import order_forecast
from pages.board.reading import Board, standing
from pages.board.rows import row
from pages.guests.notes import notes_of_shot
from pages.inspector.directing import begin_directing, directing, directing_of
from pages.inspector.fields import Bounds, typing_boxes
from pages.inspector.history import shot_history
from pages.inspector.own_settings import shot_settings
from pages.inspector.picture import shot_picture
from pages.inspector.strip import strip_of
from pages.inspector.takes import shot_takes
from pages.inspector.video import shot_video_box
from pages.inspector.words import ENGLISH as WORDS
from pages.look.language import language, t, words
from pages.look.text import said, seconds_text
from pages.look.theme import chip, css_fit, picture, placeholder, player, ratio_of, told
from pages.orders.report import report_link
from pages.serving.files import picture_url, take_url
from pages.session.bound import bound
from pages.session.database import settings
from pages.session.state import do, edit, edited
from pages.session.view import show_none
from pages.writing.phrases import PHRASES
from pages.writing.rewriting import rewriting_offered
from projects.database.tables import Pass, ShotUpdate, Start
from projects.queue.orders import enqueue_render, order_other_takes
from projects.storyboard.beats import within_words
from projects.storyboard.loras import added_words, chosen_loras, takes_loras
from projects.storyboard.shots import beats_from_prompt, edit_shot
from projects.storyboard.videos import picture_shown
from projects.takes.again import put_back
from projects.takes.remarks import prompt_reading, remarks_on
from projects.takes.staleness import ShotPlan

SHORTEST_SECONDS = 0.1
FIELDS = ("prompt", "beats", "name", "seconds", "seed", "dialogue", "notes")
BOUNDS = {"seconds": Bounds(SHORTEST_SECONDS, MAX_SECONDS), "seed": Bounds("0", str(MAX_SEED))}
# A prompt longer than CLIP reads is usual, and the strip shows which beats change nothing.
_UNSAID = frozenset({"prompt-not-read-by-clip", "beats-past-the-end"})
STARTS: tuple[Start, ...] = ("cut", "continue")


def inspector(board: Board, plan: ShotPlan) -> None:
    """Draw everything about the shot of ``plan``; every box and button has the same key whichever shot it is."""
    reading = prompt_reading(plan.shot.prompt, board.project.checkpoint, settings().engine.models)
    with st.container(key="inspected", gap="small"):
        _head(board, plan)
        _shown(board, plan)
        _orders(board, plan)
        _why(board, plan)
        with st.container(key="guest-notes", gap="small"):
            notes_of_shot(plan.shot.id)
        typing_boxes(
            asdict(row(board, plan)),
            project_id=board.project.id,
            fields=FIELDS,
            bounds=BOUNDS,
            strip=strip_of(board, plan),
            counter=_counter(plan, reading),
            unread=reading.unread if reading else "",
            phrases=PHRASES,
            rewriting=rewriting_offered(),
            words=words("inspector", WORDS),
            lang=language().tag,
            api="/api",
            key=f"boxes-{board.project.id}",
            on_saved=lambda _: None,
        )
        _remarks(board, plan)
        _start(board, plan)
        takes, looks, own, history = st.tabs([t("Takes"), t("Picture"), t("Settings"), t("History")], key="shot-tabs")
        with takes:
            shot_takes(board, plan)
        with looks:
            shot_picture(board, plan)
        with own:
            shot_settings(board, plan)
        with history:
            shot_history(board, plan)


def _head(board: Board, plan: ShotPlan) -> None:
    shot, doing = plan.shot, standing(board, plan)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.html(
            f'<h2 class="fs-inspected"><span class="fs-number">{shot.label}</span> {chip(doing.word, doing.tone)}</h2>',
            width="content",
        )
        with st.container(key="icons-inspector", width="content"):
            st.button(t("Close"), key="close-inspector", icon=":material/close:", type="tertiary", on_click=show_none)


def _shown(board: Board, plan: ShotPlan) -> None:
    """The take where there is one, else the picture, else what is needed."""
    shot, take = plan.shot, plan.chosen
    ratio = ratio_of(board.project.width, board.project.height)
    if take is not None and take.status == "done":
        label = t("Take {number} of {shot}").format(number=take.number, shot=shot.label)
        st.html(player(take_url(take.id), ratio=ratio_of(take.width, take.height), label=label))
        frames = plan.frames if plan.state == "done" else take.frames
        facts = t("Take {number} · {length}, {frames} frames").format(
            number=take.number, length=seconds_text(frames / take.fps), frames=frames
        )
        st.html(f'<div class="fs-soft">{html.escape(facts)}</div>')
    elif (begins_with := picture_shown(shot)) is not None:
        alt = t("The picture of {shot}").format(shot=shot.label)
        st.html(picture(picture_url(begins_with), alt, ratio=ratio, fit=css_fit(board.project.fit)))
    elif shot.start == "continue" and shot.position > 0:
        before = board.plans[shot.position - 1].shot.label
        st.html(placeholder("→", t("Goes on from {shot}; needs no picture").format(shot=before), ratio=ratio))
    else:
        st.html(placeholder("▱", t("Needs a picture to start from: drop one here or choose one below"), ratio=ratio))


def _orders(board: Board, plan: ShotPlan) -> None:
    """Render the shot, or make more takes of it; never dead, for what is typed counts when the click arrives."""
    shot = plan.shot
    now = directing_of(board, plan)
    if now is not None:
        directing(board, plan, now)
    with st.container(horizontal=True, gap="small", key="shot-orders"):
        if plan.state == "done":
            for count, label in ((1, t("Another take")), (3, t("3 more"))):
                st.button(
                    label,
                    key=f"another-{count}",
                    icon=":material/casino:" if count == 1 else None,
                    help=t("The same shot with another seed. What the film shows stays until you choose."),
                    on_click=_another,
                    args=(shot.id, count, board.made_for),
                )
        else:
            st.button(
                t("Render this shot"),
                key="render-shot",
                icon=":material/play_arrow:",
                type="primary",
                on_click=_render,
                args=(board.project.id, shot.id, board.made_for),
                help=order_forecast(board, [plan.shot.id]),
            )
        if now is None and plan.planned is not None:
            begin_directing(board, plan)


def _why(board: Board, plan: ShotPlan) -> None:
    """Why the take is out of date or the shot not ready; the container is always there, so that nothing jumps."""
    data, doing = row(board, plan), standing(board, plan)
    with st.container(key="why", gap="small"):
        for sentence in data.why:
            told(sentence, doing.tone)
        if doing.tone == "bad" and (order_id := board.failed_orders.get(plan.shot.id)) is not None:
            report_link(order_id)
        if plan.chosen is not None and plan.state == "stale":
            st.button(
                t("Put back what the take was made from"),
                key="put-back",
                icon=":material/undo:",
                type="tertiary",
                on_click=edit,
                args=(
                    board.project.id,
                    "put-back",
                    lambda opened: put_back(session=opened, shot_id=plan.shot.id, made_for=board.made_for),
                ),
            )


def _counter(plan: ShotPlan, reading: PromptReading | None) -> str:
    if reading is None or not plan.shot.prompt.strip():
        return ""
    return said(Message("prompt-count", {"tokens": reading.tokens, "most": PROMPT_TOKENS}))


def _remarks(board: Board, plan: ShotPlan) -> None:
    with st.container(key="remarks", gap=None):
        _lora_words(board, plan)
        for remark in remarks_on(plan, board.project.checkpoint, settings().engine.models):
            if remark.id not in _UNSAID:
                told(said(remark), "quiet")
        if written_beats(plan.shot.prompt) is not None:
            st.button(
                t("Make beats of them"),
                key="make-beats",
                icon=":material/splitscreen_left:",
                type="tertiary",
                help=t("What stands in the brackets is then said at its time, and can be moved in the strip."),
                on_click=edit,
                args=(
                    board.project.id,
                    "make-beats",
                    lambda opened: beats_from_prompt(session=opened, shot_id=plan.shot.id),
                ),
            )


def _lora_words(board: Board, plan: ShotPlan) -> None:
    """What is put before the prompt for its LoRAs, or that they are left out."""
    if plan.planned is not None:
        words = added_words(plan.loras, within_words(board.project, (), plan.shot.prompt))
        if words:
            told(said(Message("lora-words-added", {"words": ", ".join(words)})), "quiet")
    checkpoint = plan.planned.request.settings.checkpoint if plan.planned else board.project.checkpoint
    if chosen_loras(board.project, plan.shot) and not takes_loras(checkpoint):
        told(said(Message("loras-left-out")), "quiet")


def _start(board: Board, plan: ShotPlan) -> None:
    shot = plan.shot
    names = {"cut": t("Cut"), "continue": t("Continue")}
    key = f"start-{shot.id}"
    st.segmented_control(
        t("Start"),
        STARTS,
        default=shot.start,
        format_func=names.__getitem__,
        required=True,
        key=key,
        help=t(
            "**Cut**: the shot starts from its own picture, or goes on from a video.\n\n**Continue**: the shot goes on "
            "from the last moment of the shot before it, so the movement flows through. It needs no picture of its own."
        ),
        disabled=shot.position == 0 and shot.start == "cut",
        on_change=bound(key, shot.start, functools.partial(_set_start, board.project.id, shot.id)),
    )
    shot_video_box(board, plan)


# --- clicks -----------------------------------------------------------------------------------------------------------


def _set_start(project_id: str, shot_id: str, start: Start) -> bool:
    changes = ShotUpdate(start=start)
    return edited(project_id, "edit-shot", lambda opened: edit_shot(session=opened, shot_id=shot_id, changes=changes))


def _render(project_id: str, shot_id: str, made_for: Pass) -> None:
    def order(opened: Session) -> None:
        enqueue_render(session=opened, project_id=project_id, shot_ids=[shot_id], made_for=made_for)

    do(order)


def _another(shot_id: str, count: int, made_for: Pass) -> None:
    def order(opened: Session) -> None:
        order_other_takes(session=opened, shot_id=shot_id, count=count, made_for=made_for)

    do(order)
