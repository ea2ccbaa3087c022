"""The page of a project's films: the newest to watch, what the next one lacks, making it, and the earlier ones."""

import html
from collections.abc import Sequence

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.board.reading import Board, read_board
from pages.cutting.table import cutting_table
from pages.cutting.words import ENGLISH as CUTTING_WORDS
from pages.look.language import language, number_text, t, words
from pages.look.text import said, seconds_text, shots_text
from pages.look.theme import empty_state, masthead, told
from pages.parts.film_card import film_facts, film_player
from pages.parts.film_contents import contents, film_problems, lacking, stale
from pages.parts.rendering import rendering_panel, weights_watch, worker_watch
from pages.session.database import session, settings
from pages.session.state import do, open_project, show_notices
from projects.composing.making import make_film, same_film
from projects.database.tables import Film
from projects.errors import StoryboardProblem
from projects.films.films import FilmPlan, film_plan_of, films_of
from projects.films.material import film_of
from projects.films.timeline import Timeline
from projects.queue.orders import enqueue_render

# Of earlier films so many are drawn at once.
EARLIER_AT_ONCE = 10


def make(project_id: str) -> None:
    """The callback of "Make the film"."""

    def join(opened: Session) -> None:
        make_film(session=opened, settings=settings(), project_id=project_id)

    do(join, Message("film-ready"))


def render(project_id: str) -> None:
    """The callback of the order: what is missing or out of date at this moment, whatever the page showed."""

    def order(opened: Session) -> None:
        board = read_board(opened, project_id)
        if board.weights_problem is not None:
            raise StoryboardProblem(board.weights_problem)
        enqueue_render(session=opened, settings=settings(), project_id=project_id, shot_ids=board.to_render)

    do(order)


def head(board: Board, plan: FilmPlan) -> None:
    """The project's name, and how much of its film there is."""
    rendered = t("{length} of film rendered").format(length=seconds_text(plan.seconds))
    figures = f"{shots_text(len(board.plans))} · {rendered}"
    st.html(
        f'<h1 class="fs-title"><bdi>{html.escape(board.project.name)}</bdi></h1>'
        f'<div class="fs-row fs-soft">{html.escape(figures)}</div>'
    )


def next_film(board: Board, plan: FilmPlan, timeline: Timeline, films: Sequence[Film]) -> None:
    """What the next film lacks, and what can be done about it; what comes first is the button that stands out."""
    film_problems(board)
    same = None
    if timeline.ready:
        same = same_film(settings=settings(), timeline=timeline, joins=plan, films=films)
    count = len(board.to_render)
    with st.container(horizontal=True, vertical_alignment="center", key="making"):
        if count:
            amount = number_text(count)
            label = (
                t("Render what is missing ({n})").format(n=amount)
                if lacking(board)
                else t("Render what changed ({n})").format(n=amount)
            )
            st.button(
                label,
                key="render-missing",
                type="primary",
                icon=":material/play_arrow:",
                on_click=render,
                args=(board.project.id,),
            )
        if timeline.ready and same is None:
            st.button(
                t("Make the film with older takes") if stale(board) else t("Make the film"),
                key="make-film",
                type="secondary" if count else "primary",
                icon=":material/movie_edit:",
                on_click=make,
                args=(board.project.id,),
            )
    if same is not None:
        told(t("“{name}” holds exactly the takes that are chosen now.").format(name=same.name), "good")


def earlier(films: Sequence[Film]) -> None:
    """The films before the newest, a line each."""
    if not films:
        return
    st.html(f'<h2 class="fs-name">{html.escape(t("Earlier films"))}</h2>')
    shown = st.session_state.get("films-shown", EARLIER_AT_ONCE)
    for film in films[:shown]:
        with st.container(border=True, key=f"film-{film.id}"):
            film_facts(film)
            with st.expander(t("Watch"), key=f"watch-{film.id}", on_change="rerun") as watching:
                if watching.open:
                    film_player(film)
    if len(films) > shown:
        st.button(t("Show more"), key="more-films", on_click=show_more)


def cut(board: Board, film: Timeline) -> None:
    """The film laid out in time: played, trimmed, joined."""
    for problem in (*film.problems, *film.warnings):
        if problem.id not in ("shot-lacks-take", "shots-lack-takes", "shot-changed", "shots-changed"):
            told(said(problem), "warn")
    cutting_table(
        film,
        {plan.shot.id: plan.shot for plan in board.plans},
        words=words("cutting", CUTTING_WORDS),
        lang=language().tag,
        key=f"cutting-{board.project.id}",
        on_changed=lambda: None,
    )


def show_more() -> None:
    """The callback below the earlier films."""
    st.session_state["films-shown"] = st.session_state.get("films-shown", EARLIER_AT_ONCE) + EARLIER_AT_ONCE


project = open_project()
masthead(project_id=project.id if project else None, here="film")
show_notices("film")
if project is None:
    empty_state(t("No project is open"), t("Choose one on the page of all projects, or create one there."))
    st.page_link("project_list.py", label=t("All projects"), icon=":material/arrow_back:")
    st.stop()

with session() as opened:
    board = read_board(opened, project.id)
    plan = film_plan_of(session=opened, project_id=project.id)
    films = films_of(session=opened, project_id=project.id)
    timeline = film_of(session=opened, project_id=project.id, stale=[shot.shot.id for shot in stale(board)])

head(board, plan)
with st.container(key="problems"):
    weights_watch(board)
    if board.to_render:
        worker_watch(board)
with st.container(key="work"):
    rendering_panel(board)
with st.container(key="film-page"):
    left, right = st.columns([8, 5], gap="medium")
    with left:
        if films:
            film_player(films[0])
        elif board.plans:
            empty_state(
                t("No film yet"),
                t("When every shot has a take, press “Make the film”: it is put together in a moment."),
            )
        else:
            empty_state(t("No film yet"), t("A film is made of the shots of the storyboard."))
    with right:
        if films:
            with st.container(key="newest-film", gap="small"):
                film_facts(films[0])
        with st.container(key="next", gap="small"):
            next_film(board, plan, timeline, films)
        earlier(films[1:])
if board.plans and timeline.clips:
    with st.expander(t("Cut the film"), key="cutting", on_change="rerun", icon=":material/content_cut:") as cutting:
        if cutting.open:
            cut(board, timeline)
if board.plans:
    holds = t("Shots of the film ({n})").format(n=number_text(len(board.plans)))
    with st.expander(holds, key="contents", on_change="rerun") as table:
        if table.open:
            contents(board)
