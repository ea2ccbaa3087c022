"""Colours at the joins where a shot goes on from the one before: where they step, and switches that match them."""

from __future__ import annotations

import html
from collections.abc import Mapping

import streamlit as st

from framepack.media.joins import ColourStep
from pages.board.reading import Board
from pages.finishing.keeping import film_box, shot_box
from pages.look.language import number_text, t, tn
from pages.look.theme import told
from pages.session.database import session, settings
from pages.session.faults import fault_message
from pages.session.keeping import beside, refuse
from projects.composing.gathering import gather
from projects.films.timeline import Clip, Timeline
from projects.frames.joins import joins_of, step_at
from projects.frames.picturing import Easel

MOST_LISTED = 30


def join_colours(board: Board, timeline: Timeline) -> None:
    """The switch for all joins; then, once somebody asks, the joins at which colour steps, with one for each."""
    project, film = board.project, timeline.settings
    joins = joins_of(timeline)
    with st.container(border=True, key="colours", gap="small"):
        st.html(f'<div class="fs-name">{t("Colours at joins")}</div>')
        if not joins:
            nothing = t("No shot of this film goes on from the one before without a seam.")
            st.html(f'<div class="fs-soft">{nothing}</div>')
            return
        key, changed = film_box(project, "match_colour", film.match_colour)
        st.toggle(
            t("Match colours at all joins"),
            film.match_colour,
            key=key,
            help=t("Wherever colour steps more than between frames beside it, it is evened out over half a second."),
            on_change=changed,
        )
        beside(key)
        looked = _looked(board.project.id)
        missing = [place for place in joins if _names(timeline, place) not in looked]
        key = f"colours-{project.id}"
        if missing:
            count = tn("Look at {n} join", "Look at {n} joins", len(missing))
            if st.button(count, key=f"{key}-look", icon=":material/palette:"):
                _look(key, board.project.id, timeline, missing)
            beside(key)
        seen = [place for place in joins if (step := looked.get(_names(timeline, place))) and step.is_seen]
        _steps(board, timeline, seen, looked, all_looked_at=not missing)


def _steps(
    board: Board,
    timeline: Timeline,
    seen: list[int],
    looked: Mapping[object, ColourStep],
    *,
    all_looked_at: bool,
) -> None:
    if not seen and all_looked_at:
        told(t("At no join colour steps more than it does beside it."), "good")
    shots = {plan.shot.id: plan.shot for plan in board.plans}
    for place in seen[:MOST_LISTED]:
        clip, before = timeline.clips[place], timeline.clips[place - 1]
        step, shot = looked[_names(timeline, place)], shots[clip.shot_id or ""]
        figures = t("Colour steps by {step} of 255 here, by {usual} beside it.").format(
            step=number_text(step.step, 1), usual=number_text(step.usual, 1)
        )
        key, changed = shot_box(shot, "match_colour", "-at-join")
        st.toggle(
            t("Match colours from {before} to {shot}").format(before=before.label, shot=clip.label),
            shot.match_colour,
            key=key,
            disabled=timeline.settings.match_colour,
            on_change=changed,
        )
        st.html(f'<div class="fs-soft">{html.escape(figures)}</div>')
        beside(key)
    if len(seen) > MOST_LISTED:
        more = len(seen) - MOST_LISTED
        st.html(f'<div class="fs-soft">{tn("{n} more join", "{n} more joins", more)}</div>')


def _look(key: str, project_id: str, timeline: Timeline, places: list[int]) -> None:
    """Find out how far colour steps at some joins, by decoding the frames beside them."""
    bar = st.progress(0.0, t("Looking at the joins…"))
    try:
        with session() as opened:
            sources = gather(session=opened, settings=settings(), timeline=timeline)
        easel = Easel(sources, timeline.rate, timeline.width, timeline.height)
        for number, place in enumerate(places, start=1):
            _looked(project_id)[_names(timeline, place)] = step_at(easel, timeline, place)
            bar.progress(number / len(places), t("Looking at the joins…"))
    except Exception as error:
        refuse(key, fault_message(error))
    st.rerun()


def _looked(project_id: str) -> dict[object, ColourStep]:
    """The steps that this page has found, by what is shown on either side of a join."""
    found: dict[object, ColourStep] = st.session_state.setdefault(f"colour-steps-{project_id}", {})
    return found


def _names(timeline: Timeline, place: int) -> object:
    return _shown(timeline.clips[place - 1]), _shown(timeline.clips[place]), timeline.width, timeline.height


def _shown(clip: Clip) -> object:
    return clip.source, clip.first, clip.count, clip.frames, clip.speed, clip.reverse, clip.move
