"""Handing a film on: three buttons for what most people want, every format and exact settings folded below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from sqlmodel import Session

from framepack.enlarging.files import enlarger_names
from framepack.messages import Message
from pages.filming.words import format_text, quality_text
from pages.look.language import t
from pages.look.theme import told
from pages.session.database import settings
from pages.session.state import do
from projects.composing.formats import FORMATS, QUALITIES, Format
from projects.composing.making import same_film
from projects.cutting.film_settings import RATES, SIZES
from projects.database.tables import Film, Pass
from projects.films.timeline import Timeline
from projects.queue.deliveries import FILMS, Delivered, Delivery, shared
from projects.queue.film_orders import order_new_film

# The timelines that are offered beside the one with all takes.
OTHER_TIMELINES: tuple[Delivered, ...] = ("fcp7", "fcpxml", "edl", "otio")
EXACT = "exact"


def delivery(
    project_id: str,
    edition_id: str | None,
    made_for: Pass,
    timeline: Timeline,
    films: Sequence[Film],
    *,
    complete: bool,
) -> None:
    """What can be ordered of the film ``timeline``, that of an edition in a pass or the project's own.

    ``films`` are those there are, finished or under way.

    ``complete``: nothing has to be rendered first, so that the first of the buttons stands out.
    """
    share = shared(timeline.settings)
    heard = replace(timeline, settings=timeline.settings.model_copy(update={"loudness": share.loudness}))
    same = None
    if timeline.ready:
        same = same_film(settings=settings(), timeline=heard, order=share.film_order(), films=films)
    with st.container(horizontal=True, vertical_alignment="center", key="delivery", gap="small"):
        st.button(
            t("Share"),
            key="deliver-share",
            type="primary" if complete and timeline.ready and same is None else "secondary",
            icon=":material/movie_edit:",
            help=t("A film that plays everywhere: MP4 with H.264, as loud as other films on the web."),
            disabled=not timeline.ready,
            on_click=_order,
            args=(project_id, edition_id, made_for, share),
        )
        st.button(
            t("Edit elsewhere"),
            key="deliver-edit",
            icon=":material/content_cut:",
            help=t("The timeline with all takes as one OpenTimelineIO bundle, for an editing program."),
            disabled=not timeline.ready,
            on_click=_order,
            args=(project_id, edition_id, made_for, Delivery("otioz")),
        )
        st.button(
            t("Archive"),
            key="deliver-archive",
            icon=":material/inventory_2:",
            help=t("The whole project with all its takes as one file, which opens on another computer as it is."),
            on_click=_order,
            args=(project_id, None, made_for, Delivery("archive")),
        )
        st.menu_button(
            t("Other timelines"),
            list(OTHER_TIMELINES),
            format_func=format_text,
            key="deliver-timeline",
            type="tertiary",
            disabled=not timeline.ready,
            on_click=_order_timeline,
            args=(project_id, edition_id, made_for),
        )
    if same is not None and same.status == "done":
        told(t("“{name}” holds exactly the takes that are chosen now.").format(name=same.name), "good")
    with st.expander(t("Other formats and exact settings"), key="formats", on_change="rerun") as folded:
        if folded.open:
            _formats(project_id, edition_id, made_for, timeline)


def _formats(project_id: str, edition_id: str | None, made_for: Pass, timeline: Timeline) -> None:
    format = st.selectbox(t("Format"), FILMS, format_func=format_text, key="format")
    facts = FORMATS[format]
    known = [*QUALITIES, *([EXACT] if facts.most_crf is not None else [])] if facts.by_quality else []
    if known:
        st.selectbox(t("Quality"), known, index=1, format_func=_quality_text, key=f"quality-{format}")
    if EXACT in known and st.session_state.get(f"quality-{format}") == EXACT:
        st.number_input(
            t("Constant rate factor (0 is best)"), 0, facts.most_crf, _usual_crf(format), key=f"crf-{format}"
        )
    left, right = st.columns(2)
    with left:
        sizes = [None, *SIZES]
        st.selectbox(t("Size of the film"), sizes, format_func=_size_text, key="size")
        models = enlarger_names(settings().enlargers_dir)
        if models and st.session_state.get("size") is not None:
            st.selectbox(t("Takes smaller than that are"), ["", *models], format_func=_enlarging_text, key="enlarge")
    with right:
        rates = [None, *(rate for rate, exact in RATES.items() if exact <= facts.most_rate)]
        st.selectbox(t("Frames a second"), rates, format_func=_rate_text, key="rate")
    st.button(
        t("Make this film"),
        key="deliver-format",
        disabled=not timeline.ready,
        on_click=_order_format,
        args=(project_id, edition_id, made_for),
    )


def _quality_text(quality: str) -> str:
    return next((quality_text(known) for known in QUALITIES if known == quality), t("Exact"))


def _size_text(size: int | None) -> str:
    return t("As the film says") if size is None else t("{n}p").format(n=size)


def _enlarging_text(model: str) -> str:
    return t("enlarged by {model}").format(model=model) if model else t("scaled")


def _rate_text(rate: float | None) -> str:
    return t("As the film says") if rate is None else f"{rate:g}"


def _usual_crf(format: Format) -> int:
    return int(FORMATS[format].by_quality["good"]["crf"])


def _order(project_id: str, edition_id: str | None, made_for: Pass, wanted: Delivery) -> None:
    """The callback of a button."""

    def order(opened: Session) -> None:
        order_new_film(
            session=opened,
            settings=settings(),
            project_id=project_id,
            delivery=wanted,
            made_for=made_for,
            edition_id=edition_id,
        )

    do(order, Message("film-ordered"))


def _order_timeline(project_id: str, edition_id: str | None, made_for: Pass) -> None:
    """The callback of the menu."""
    kind = next(kind for kind in OTHER_TIMELINES if kind == st.session_state["deliver-timeline"])
    _order(project_id, edition_id, made_for, Delivery(kind))


def _order_format(project_id: str, edition_id: str | None, made_for: Pass) -> None:
    """The callback of the folded settings, as they are now: the page may not have followed the last of them yet."""
    format: Format = st.session_state["format"]
    quality = st.session_state.get(f"quality-{format}", "good")

    def order(opened: Session) -> None:
        wanted = Delivery(
            format=format,
            quality="good" if quality == EXACT else quality,
            crf=st.session_state.get(f"crf-{format}") if quality == EXACT else None,
            size=st.session_state.get("size"),
            enlarge=st.session_state.get("enlarge") or None,
            fps=st.session_state.get("rate"),
        )
        order_new_film(
            session=opened,
            settings=settings(),
            project_id=project_id,
            delivery=wanted,
            made_for=made_for,
            edition_id=edition_id,
        )

    do(order, Message("film-ordered"))
