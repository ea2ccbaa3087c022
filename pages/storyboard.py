"""The page of one storyboard: its shots as cards, what is being rendered, and the ways to add shots."""

import functools
import html

import streamlit as st
from sqlmodel import Session

from framepack.checkpoints.table import CHECKPOINTS, checkpoint_named
from pages.board.reading import Board, read_board, standing
from pages.board.strip import Tile, shot_strip
from pages.look.text import count, natural, seconds_text
from pages.look.theme import chip, css_fit, empty_state, masthead, ratio_of
from pages.parts.project_settings import project_settings_box
from pages.parts.rendering import rendering_panel, weights_watch, worker_watch
from pages.parts.shot_card import move, render_all, shot_card
from pages.serving.files import picture_url
from pages.session.database import session, settings
from pages.session.state import Notice, carried_out, do, open_project, say, show_notices
from projects.storage.pictures import add_picture
from projects.storyboard.shots import add_shot


def head(board: Board) -> None:
    """Name, figures, the order to the generator, and the work under way."""
    project = board.project
    draft = checkpoint_named(project.checkpoint).embedded
    model = (
        chip("Draft: rough animatic", "warn", "Small and rough, made on any computer: to see timing and movement.")
        if draft
        else chip(CHECKPOINTS[project.checkpoint].title)
    )
    size = f" · {project.width} × {project.height} pixels" if project.width else ""
    figures = f"{count(len(board.plans), 'shot')} · {seconds_text(board.seconds)}{size}"
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="head"):
        st.html(
            f'<h1 class="fs-title">{html.escape(project.name)}</h1>'
            f'<div class="fs-row"><span class="fs-soft">{html.escape(figures)}</span>{model}</div>',
            width="content",
        )
        with st.container(horizontal=True, width="content", key="orders"):
            label, icon = order_button(board)
            st.button(
                label,
                key="render-changed",
                type="primary",
                icon=icon,
                disabled=not board.to_render,
                on_click=render_all,
                args=(project.id,),
                help="Only shots that are new or out of date are made; what is finished stays.",
            )
            project_settings_box(board)
    # In containers that are always there, so that the shots below keep their places when one of these comes or goes.
    with st.container(key="problems"):
        weights_watch(board)
        worker_watch(board)
    with st.container(key="work"):
        rendering_panel(board)


def order_button(board: Board) -> tuple[str, str]:
    """What the order button says, and its symbol."""
    if board.to_render:
        return f"Render what changed ({len(board.to_render)})", ":material/play_arrow:"
    if board.renders:
        return "Rendering", ":material/hourglass_top:"
    if board.plans and all(plan.state == "done" for plan in board.plans):
        return "Everything is rendered", ":material/check:"
    if board.is_naming_weights:
        return "Not known yet", ":material/hourglass_top:"
    return "Nothing to render yet", ":material/play_arrow:"


def strip(board: Board) -> None:
    """The small pictures in order."""
    tiles = []
    for place, plan in enumerate(board.plans):
        doing = standing(board, plan)
        tiles.append(
            Tile(
                id=plan.shot.id,
                label=plan.shot.label,
                picture=picture_url(plan.shot.media_id, 160) if plan.shot.media_id else None,
                length=seconds_text(plan.shot.seconds),
                state=doing.word,
                tone=doing.tone,
                joined=plan.shot.start == "continue" and place > 0,
            )
        )
    ratio = ratio_of(board.project.width, board.project.height)
    shot_strip(tiles, ratio=ratio, fit=css_fit(board.project.fit), key=f"strip-{board.project.id}", on_move=move)


def adding(board: Board) -> None:
    """The ways to add shots: many pictures at once, or one shot that goes on from the last."""
    turn = st.session_state.setdefault("uploads", 0)
    key = f"pictures-{board.project.id}-{turn}"
    with st.container(border=True, key="adding"):
        st.html('<div class="fs-name">Add shots</div>')
        st.file_uploader(
            "Pictures (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF): each becomes a shot of its own, in the "
            "order of their names",
            accept_multiple_files=True,
            key=key,
            on_change=add_pictures,
            args=(board.project.id, key),
        )
        if board.plans:
            last = board.plans[-1].shot.label
            st.button(
                f"Add a shot that continues {last}",
                key="add-continuing",
                icon=":material/arrow_forward:",
                help="It needs no picture: it goes on from the last moment of the shot before.",
                on_click=do,
                args=(lambda opened: add_shot(session=opened, project_id=board.project.id, start="continue"),),
            )


def add_pictures(project_id: str, key: str) -> None:
    """The callback of the box for pictures: one shot per picture; what is to be said of each is said."""
    uploads = sorted(st.session_state[key] or [], key=lambda upload: natural(upload.name))
    st.session_state["uploads"] += 1  # an empty box next time
    st.session_state["notices"] = []
    for upload in uploads:
        carried_out(functools.partial(add_shot_of, project_id, upload.getvalue(), upload.name))


def add_shot_of(project_id: str, data: bytes, name: str, opened: Session) -> None:
    """One shot that starts from the picture in ``data``; what there is to remark about the picture is said."""
    added = add_picture(session=opened, settings=settings(), data=data, name=name)
    add_shot(session=opened, project_id=project_id, media_id=added.media.id)
    for remark in added.remarks:
        say(Notice(remark, "quiet"))


project = open_project()
masthead(project_id=project.id if project else None, here="storyboard")
show_notices("storyboard")
if project is None:
    empty_state("No project is open", "Choose one on the page of all projects, or create one there.")
    st.page_link("project_list.py", label="All projects", icon=":material/arrow_back:")
    st.stop()

with session() as opened:
    board = read_board(opened, project.id)
head(board)
if board.plans:
    strip(board)
else:
    empty_state(
        "No shots yet",
        "Put in one picture per shot below. Then say in a sentence what happens in each, and render them.",
    )
for place in range(len(board.plans)):
    shot_card(board, place)
adding(board)
