"""The page of a project's films: the newest to watch, what the next one lacks, handing it on, and the others."""

import html
from collections.abc import Sequence

import streamlit as st
from sqlmodel import Session

from pages.board.foretold import order_forecast
from pages.board.reading import Board, read_board
from pages.filming.delivery import delivery
from pages.filming.film_card import film_facts, film_player, is_shown
from pages.filming.under_way import films_panel
from pages.finishing.finishing import finishing
from pages.handing.editions import shown_edition
from pages.handing.sections import editions, handing_on
from pages.look.language import number_text, t
from pages.look.text import seconds_text, shots_text
from pages.look.theme import empty_state, masthead
from pages.parts.film_contents import contents, film_problems, lacking, stale
from pages.parts.pass_switch import pass_switch
from pages.parts.rendering import rendering_panel, weights_watch, worker_watch
from pages.session.database import session
from pages.session.state import do, open_project, show_notices
from pages.session.view import shown_pass
from projects.database.tables import Film, Pass
from projects.errors import StoryboardProblem
from projects.films.films import films_of
from projects.films.material import film_of
from projects.films.timeline import Timeline
from projects.queue.orders import enqueue_render

# Of the others so many are drawn at once.
OTHERS_AT_ONCE = 10


def render(project_id: str, made_for: Pass) -> None:
    """The callback of the order: what is missing or out of date at this moment, whatever the page showed."""

    def order(opened: Session) -> None:
        board = read_board(opened, project_id, made_for)
        if board.weights_problem is not None:
            raise StoryboardProblem(board.weights_problem)
        enqueue_render(session=opened, project_id=project_id, shot_ids=board.to_render, made_for=made_for)

    do(order)


def head(board: Board, timeline: Timeline) -> None:
    """The project's name, how much of its film there is, and the switch between its passes."""
    rendered = t("{length} of film rendered").format(length=seconds_text(timeline.seconds))
    figures = f"{shots_text(len(board.plans))} · {rendered}"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="film-head"):
        st.html(
            f'<h1 class="fs-title"><bdi>{html.escape(board.project.name)}</bdi></h1>'
            f'<div class="fs-row fs-soft">{html.escape(figures)}</div>',
            width="content",
        )
        pass_switch(board.project, board.made_for)


def to_render(board: Board) -> None:
    """What the film lacks, and the button that orders it."""
    film_problems(board)
    count = len(board.to_render)
    if not count:
        return
    amount = number_text(count)
    missing = t("Render what is missing ({n})").format(n=amount)
    st.button(
        missing if lacking(board) else t("Render what changed ({n})").format(n=amount),
        key="render-missing",
        type="primary",
        icon=":material/play_arrow:",
        help=order_forecast(board, board.to_render),
        on_click=render,
        args=(board.project.id, board.made_for),
    )


def others(films: Sequence[Film]) -> None:
    """The other films and files that were made, the newest first, each with its figures."""
    if not films:
        return
    st.html(f'<h2 class="fs-name">{html.escape(t("Other films and files"))}</h2>')
    shown = st.session_state.get("films-shown", OTHERS_AT_ONCE)
    for film in films[:shown]:
        with st.container(border=True, key=f"film-{film.id}"):
            film_facts(film)
            if is_shown(film):
                with st.expander(t("Watch"), key=f"watch-{film.id}", on_change="rerun") as watching:
                    if watching.open:
                        film_player(film)
    if len(films) > shown:
        st.button(t("Show more"), key="more-films", on_click=show_more)


def show_more() -> None:
    """The callback below them."""
    st.session_state["films-shown"] = st.session_state.get("films-shown", OTHERS_AT_ONCE) + OTHERS_AT_ONCE


project = open_project()
masthead(project_id=project.id if project else None, here="film")
show_notices("film")
if project is None:
    empty_state(t("No project is open"), t("Choose one on the page of all projects, or create one there."))
    st.page_link("project_list.py", label=t("All projects"), icon=":material/arrow_back:")
    st.stop()

made_for = shown_pass(project)
with session() as opened:
    board = read_board(opened, project.id, made_for)
    ordered = [film for film in films_of(session=opened, project_id=project.id) if film.made_for == made_for]
    edition = shown_edition(opened, project.id)
    old = [shot.shot.id for shot in stale(board)]
    timeline = film_of(session=opened, project_id=project.id, made_for=made_for, edition=edition, stale=old)

films = [film for film in ordered if film.status == "done"]
newest = next((film for film in films if is_shown(film)), films[0] if films else None)
head(board, timeline)
with st.container(key="problems"):
    weights_watch(board)
    if board.to_render:
        worker_watch(board)
with st.container(key="work"):
    rendering_panel(board)
    films_panel(project.id, ordered)
if board.plans:
    editions(board, edition)
with st.container(key="film-page"):
    left, right = st.columns([8, 5], gap="medium")
    with left:
        if newest is not None:
            film_player(newest)
        elif board.plans:
            empty_state(
                t("No film yet"),
                t("When every shot has a take, press “Share”: the film is put together by itself."),
            )
        else:
            empty_state(t("No film yet"), t("A film is made of the shots of the storyboard."))
    with right:
        if newest is not None:
            with st.container(key="newest-film", gap="small"):
                film_facts(newest)
        with st.container(key="next", gap="small"):
            to_render(board)
            if board.plans:
                edition_id = edition.id if edition else None
                delivery(project.id, edition_id, made_for, timeline, ordered, complete=not board.to_render)
        others([film for film in films if film is not newest])
if board.plans:
    with st.expander(t("Cut the film"), key="cutting", on_change="rerun", icon=":material/content_cut:") as cutting:
        if cutting.open:
            finishing(board, timeline, edition)
if board.plans:
    holds = t("Shots of the film ({n})").format(n=number_text(len(board.plans)))
    with st.expander(holds, key="contents", on_change="rerun") as table:
        if table.open:
            contents(board)
    handing_on(board, edition, timeline)
