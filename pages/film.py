"""The page of a project's films: what the next one will hold, making it, watching and downloading those there are."""

import html

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.board.reading import Board, read_board, standing
from pages.look.language import t
from pages.look.text import frames_text, said, seconds_text, shots_text, size_text, when_text
from pages.look.theme import chip, empty_state, masthead, player, ratio_of, told
from pages.parts.rendering import rendering_panel, weights_watch
from pages.serving.files import download_url, film_url
from pages.session.database import session, settings
from pages.session.state import do, open_project, show_notices
from projects.database.tables import Film, now
from projects.films.films import film_plan_of, films_of, stitch_film
from projects.storage.finished import is_there
from projects.storage.places import film_path
from projects.takes.staleness import shown_of


def contents(board: Board) -> None:
    """A table of the shots as the film will hold them."""
    rows = []
    for plan in board.plans:
        doing = standing(board, plan)
        take = plan.chosen if plan.chosen is not None and plan.chosen.status == "done" else None
        frames = shown_of(take, plan.frames) if take else 0
        length = (
            f'{seconds_text(frames / take.fps)}<span class="fs-wide"> · {frames_text(frames)}</span>' if take else "–"
        )
        prompt = plan.shot.prompt.strip() or t("No text yet")
        rows.append(
            f'<tr><td><span class="fs-number">{plan.shot.label}</span></td>'
            f'<td><div class="fs-clamp">{html.escape(prompt)}</div></td>'
            f"<td>{chip(doing.word, doing.tone, said(doing.message) if doing.message else '')}</td>"
            f'<td class="fs-right">{length}</td></tr>'
        )
    st.html(f'<table class="fs-facts">{"".join(rows)}</table>')


def make(project_id: str) -> None:
    """The callback of "Make the film"."""

    def stitch(opened: Session) -> None:
        stitch_film(session=opened, settings=settings(), project_id=project_id)

    do(stitch, Message("film-ready"))


def show_film(film: Film, *, newest: bool) -> None:
    """One film: to watch, with its figures, and to download."""
    path = film_path(settings(), film.id)
    with st.container(border=True, key=f"film-{film.id}"):
        if not is_there(path):
            told(t("The file of “{name}” is no longer there. Make the film again.").format(name=film.name), "warn")
            return
        watch = player(film_url(film.id), ratio=ratio_of(film.width, film.height), label=film.name, large=True)
        if newest:
            st.html(watch)
        figures = " · ".join(
            (
                seconds_text(film.seconds),
                frames_text(film.frames),
                t("{width} × {height} pixels").format(width=film.width, height=film.height),
                size_text(path.stat().st_size),
                shots_text(len(film.parts)),
                t("made {when}").format(when=when_text(film.finished_at or film.created_at, now())),
            )
        )
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(
                f'<div class="fs-name">{html.escape(film.name)}</div><div class="fs-soft">{figures}</div>',
                width="content",
            )
            address = download_url(film.id)
            st.html(f'<a class="fs-download" href="{address}" download>{t("Download")}</a>', width="content")
        if not newest:
            with st.expander(t("Watch")):
                st.html(watch)


project = open_project()
masthead(project_id=project.id if project else None, here="film")
show_notices("film")
if project is None:
    empty_state(t("No project is open"), t("Choose one on the page of all projects, or create one there."))
    st.page_link("project_list.py", label=t("All projects"), icon=":material/arrow_back:")
    st.stop()

with session() as opened:
    board = read_board(opened, project.id)
    judged = () if board.is_naming_weights else board.plans
    stale = [plan.shot.id for plan in judged if plan.chosen is not None and plan.state != "done"]
    plan = film_plan_of(session=opened, project_id=project.id, stale=stale)
    films = films_of(session=opened, project_id=project.id)

with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="head"):
    st.html(
        f'<h1 class="fs-title">{html.escape(project.name)}</h1>'
        f'<div class="fs-row fs-soft">{shots_text(len(board.plans))} · '
        f"{t('{length} of film rendered').format(length=seconds_text(plan.seconds))}</div>",
        width="content",
    )
    st.button(
        t("Make the film"),
        key="make-film",
        type="primary",
        icon=":material/movie_edit:",
        disabled=not plan.ready,
        on_click=make,
        args=(project.id,),
    )
with st.container(key="problems"):
    if board.is_naming_weights:
        weights_watch(board)
with st.container(key="work"):
    rendering_panel(board)
for problem in plan.problems:
    told(said(problem), "warn")
for warning in plan.warnings:
    told(said(Message("shows-older-take", {"warning": warning})), "warn")
if board.plans:
    contents(board)
if films:
    st.html(f'<h2 class="fs-name">{t("Films")}</h2>')
    for place, film in enumerate(films):
        show_film(film, newest=place == 0)
elif board.plans:
    empty_state(
        t("No film yet"), t("When every shot has a take, press “Make the film”: it is put together in a moment.")
    )
