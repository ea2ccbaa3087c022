"""The picture of the whole film: its rate, its size, what stands for takes that are not there, and colours at joins."""

from __future__ import annotations

import streamlit as st

from pages.board.reading import Board
from pages.finishing.colours import join_colours
from pages.finishing.keeping import beside, film_box
from pages.look.language import number_text, t
from projects.cutting.film_settings import RATES, SIZES
from projects.films.timeline import Timeline


def film_picture(board: Board, timeline: Timeline) -> None:
    """The boxes."""
    project, film = board.project, timeline.settings
    left, right = st.columns(2, gap="medium")
    with left:
        rates: list[float | None] = [None, *RATES]
        as_takes = t("As the takes: {n}").format(n=number_text(float(timeline.rate), 2))
        key, changed = film_box(project, "fps", film.fps)
        st.selectbox(
            t("Frames a second"),
            rates,
            rates.index(film.fps),
            format_func=lambda rate: (
                (t("As the takes") if film.fps else as_takes) if rate is None else number_text(rate, 2)
            ),
            key=key,
            on_change=changed,
        )
        beside(key)
        sizes: list[int | None] = [None, *SIZES]
        key, changed = film_box(project, "size", film.size)
        st.selectbox(
            t("Size: pixels of the shorter side"),
            sizes,
            sizes.index(film.size),
            format_func=lambda size: t("As the takes") if size is None else str(size),
            key=key,
            on_change=changed,
        )
        beside(key)
        shown = t("{width} × {height} pixels").format(width=timeline.width, height=timeline.height)
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
