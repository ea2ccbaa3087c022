"""How a take looks from its beginning to its end, drawn as small curves under it, and what was seen to go wrong."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Sequence
from statistics import mean
from typing import TypeVar

import streamlit as st

from framepack.media.quality import Moment
from framepack.messages import joined
from framepack.store.section_store import SectionStore
from pages.look.language import number_text, t
from pages.look.text import said
from pages.look.theme import story_link, told
from pages.serving.files import take_story_url
from pages.session.database import settings
from pages.session.state import do
from projects.database.tables import Take
from projects.storage.shared import section_store
from projects.takes.quality import Mark, TakeQuality, measure_take, quality_of

# A curve is drawn with so many points at most, each the mean of those it stands for.
_MOST_POINTS = 120
Point = TypeVar("Point")


def take_quality(take: Take) -> None:
    """The curves of a take, or a button that measures one made before they were; and the link to what made it."""
    store = section_store(settings())
    known = quality_of(store=store, take=take)
    if known is not None:
        st.html(curves(known, take.frames))
        for mark in known.marks:
            told(said(joined((mark.message, mark.help), "sentences")), "warn")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(story_link(take_story_url(take.id)), width="content")
        if known is None and all(store.has(key) for key, _ in take.units):
            st.button(
                t("Measure how it looks"),
                key=f"measure-{take.id}",
                type="tertiary",
                help=t("This take was made before colour, contrast, sharpness and motion were measured"),
                on_click=do,
                args=(functools.partial(_measure, store, take),),
            )


def curves(known: TakeQuality, frames: int) -> str:
    """The curves as HTML: a strip of the colours, then contrast, sharpness, motion, and the likeness to its picture
    where that is known, with the marks on each."""
    rows = [(t("Colour"), _strip(known, frames))]
    drawn: tuple[tuple[str, Callable[[Moment], float | None], float], ...] = (
        (t("Contrast"), lambda one: one.contrast, 20.0),
        (t("Sharpness"), lambda one: one.sharpness, 2.0),
        (t("Motion"), lambda one: one.motion, 1.0),
    )
    for label, value, least in drawn:
        points = [(at, found) for at, one in known.moments if (found := value(one)) is not None]
        rows.append((label, _curve(label, points, known.marks, frames, least, digits=1)))
    likeness = [(at, one.likeness) for at, one in known.moments if one.likeness is not None]
    if likeness:
        # It is known at the ends of sections only, and hardly ever is it far from 1.
        rows.append((t("Likeness"), _curve(t("Likeness"), likeness, known.marks, frames, 1.0, digits=2)))
    cells = "".join(f"<span>{html.escape(label)}</span>{drawing}" for label, drawing in rows)
    return f'<div class="fs-curves">{cells}</div>'


# Pictures made of style alone: what st.html lets through, and in the colours of the theme.


def _strip(known: TakeQuality, frames: int) -> str:
    stops = ", ".join(
        f"rgb({' '.join(f'{mean(one.colour[channel] for _, one in part):.0f}' for channel in range(3))})"
        for part in _thinned(known.moments)
    )
    # A gradient has two colours at least.
    shown = f'<i style="background: linear-gradient(to right, {stops}, {stops.rpartition(", ")[2]})"></i>'
    return _drawing(t("The mean colour from beginning to end"), shown, known.marks, frames)


def _curve(
    label: str, points: Sequence[tuple[int, float]], marks: Sequence[Mark], frames: int, least: float, *, digits: int
) -> str:
    """What lies under the values at frames; its top is at least ``least``, so that what hardly changes looks so."""
    thinned = [(mean(at for at, _ in part), mean(value for _, value in part)) for part in _thinned(points)]
    top = max([least, *(value for _, value in thinned)]) * 1.08
    # From edge to edge: a moment stands for the frames about it.
    at_edges = [(0, thinned[0][1]), *thinned, (frames, thinned[-1][1])] if thinned else []
    line = "".join(f"{_share(at, frames)} {100 * (1 - value / top):.1f}%, " for at, value in at_edges)
    values = [value for _, value in points] or [0.0]
    spoken = t("{what}: {least} to {most}").format(
        what=label, least=number_text(min(values), digits), most=number_text(max(values), digits)
    )
    return _drawing(spoken, f'<i style="clip-path: polygon(0% 100%, {line}100% 100%)"></i>', marks, frames)


def _drawing(spoken: str, shown: str, marks: Sequence[Mark], frames: int) -> str:
    marked = "".join(f'<b style="left: {_share(mark.frame, frames)}"></b>' for mark in marks)
    return f'<div role="img" aria-label="{html.escape(spoken)}">{shown}{marked}</div>'


def _share(frame: float, frames: int) -> str:
    return f"{100 * frame / max(1, frames):.1f}%"


def _thinned(points: Sequence[Point]) -> list[Sequence[Point]]:
    every = -(-len(points) // _MOST_POINTS) or 1
    return [points[begin : begin + every] for begin in range(0, len(points), every)]


def _measure(store: SectionStore, take: Take, opened: object) -> None:  # noqa: ARG001 (it needs no database)
    measure_take(store=store, take=take)
