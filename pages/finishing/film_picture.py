"""The picture of the whole film: its rate, its size, what stands for takes that are not there, and colours at joins."""

from __future__ import annotations

import streamlit as st

from framepack.enlarging.files import enlarger_names
from pages.board.reading import Board
from pages.finishing.colours import join_colours
from pages.finishing.keeping import film_box
from pages.look.language import number_text, t
from pages.session.database import settings
from pages.session.keeping import beside
from projects.cutting.film_settings import RATES, SIZES, FilmSettings
from projects.database.tables import Project
from projects.films.timeline import Timeline


def film_picture(board: Board, timeline: Timeline) -> None:
    """The boxes."""
    project, film = board.project, timeline.settings
    left, right = st.columns(2, gap="medium")
    with left:
        as_takes = t("As the takes")
        rates = [0.0, *map(float, RATES)]
        rate = float(film.fps or 0.0)
        key, changed = film_box(project, "fps", rate)
        st.selectbox(
            t("Frames a second"),
            rates,
            rates.index(rate),
            format_func=lambda one: number_text(one, 2) if one else as_takes,
            key=key,
            on_change=changed,
        )
        beside(key)
        sizes = [0, *SIZES]
        size = film.size or 0
        key, changed = film_box(project, "size", size)
        st.selectbox(
            t("Size: pixels of the shorter side"),
            sizes,
            sizes.index(size),
            format_func=lambda one: str(one) if one else as_takes,
            key=key,
            on_change=changed,
        )
        beside(key)
        _enlarging(project, film)
        pixels = t("{width} × {height} pixels").format(width=timeline.width, height=timeline.height)
        shown = t("{pixels}, {rate} frames a second").format(pixels=pixels, rate=number_text(float(timeline.rate), 2))
        st.html(f'<div class="fs-soft">{shown}</div>')
        key, changed = film_box(project, "stills", film.stills)
        st.toggle(
            t("Show the picture of a shot that has no take yet"),
            film.stills,
            key=key,
            help=t("So a film can be made of pictures alone, to see its timing."),
            on_change=changed,
        )
        beside(key)
    with right:
        join_colours(board, timeline)


def _enlarging(project: Project, film: FilmSettings) -> None:
    """With which model of the person's own takes are enlarged, where there is one."""
    known = enlarger_names(settings().enlargers_dir)
    names = list(dict.fromkeys(["", *known, film.enlarge]))
    if len(names) == 1:
        return
    key, changed = film_box(project, "enlarge", film.enlarge)
    st.selectbox(
        t("Takes smaller than that are"),
        names,
        names.index(film.enlarge),
        format_func=lambda name: t("enlarged by {model}").format(model=name) if name else t("scaled"),
        key=key,
        on_change=changed,
    )
    beside(key)
