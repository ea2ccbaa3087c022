"""Pictures from words for the selected shot: what is to be made, by which model, and which of them is chosen."""

from __future__ import annotations

import html

import streamlit as st
from sqlmodel import Session

from framepack.stills.models import SUGGESTIONS, Suggestion, still_model_names
from pages.board.reading import Board
from pages.look.language import number_text, t, tn
from pages.pictures.candidates import candidates
from pages.pictures.foretold import pictures_forecast
from pages.session.database import session, settings
from pages.session.faults import fault_message
from pages.session.keeping import allow, beside, refuse
from projects.database.tables import Take
from projects.forecast.pictures import PictureKind
from projects.imaging.ordering import (
    MOST_PICTURES,
    MOST_STEPS,
    STRENGTHS,
    USUAL_STRENGTH,
    order_pictures,
    picture_size,
)
from projects.takes.staleness import ShotPlan

_WORDS_ALONE = ""
_USUAL_COUNT = 4
# None: as the model has them.
_STEPS = (None, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 28, 30, 40, 50, 75, 100, 150, MOST_STEPS)


def from_words(board: Board, plan: ShotPlan) -> None:
    """The order, folded away, and what was made for the shot so far."""
    names = still_model_names(settings().still_models_dir)
    with st.expander(t("Or pictures from words"), key=f"from-words-{plan.shot.id}"):
        if names:
            _order(board, plan, names)
        else:
            _no_model()
    candidates(board.project.id, plan.shot.id)


def _order(board: Board, plan: ShotPlan, names: list[str]) -> None:
    shot = plan.shot
    key = f"picture-words-{shot.id}"
    ends = _ends(board, plan)
    source = _WORDS_ALONE
    if ends:
        source = st.selectbox(
            t("Made from"),
            [_WORDS_ALONE, *ends],
            format_func=lambda id: ends[id][1] if id else t("words alone"),
            key=f"{key}-source",
        )
    # What the time depends on stands outside the form, so that it is foretold anew with each change. A box for typing
    # would hand its number over in the moment in which the button is pressed, and one of the two would be lost.
    model = names[0]
    if len(names) > 1:
        model = st.selectbox(t("Model"), names, key=f"{key}-model")
    left, right = st.columns(2)
    with left:
        counts = range(1, MOST_PICTURES + 1)
        count = st.selectbox(t("How many"), counts, counts.index(_USUAL_COUNT), key=f"{key}-count")
    with right:
        steps = st.selectbox(
            t("Steps"),
            _STEPS,
            format_func=lambda steps: t("as the model has them") if steps is None else number_text(steps),
            key=f"{key}-steps",
            help=t("Fast models are made for 4 to 8 steps; their pages say so."),
        )
    strength = None
    if source:
        strength = st.slider(t("How much is changed"), *STRENGTHS, USUAL_STRENGTH, 0.05, key=f"{key}-strength")
    with st.form(f"{key}-form", border=False):
        st.text_area(t("What the pictures show"), value=shot.prompt, key=key, height=100)
        st.form_submit_button(
            t("Make the pictures"),
            icon=":material/imagesmode:",
            on_click=_ordered,
            args=(shot.id, key, names[0], source or None),
        )
    height, width = picture_size(board.project)
    foretold = pictures_forecast(PictureKind(model, height, width, steps, strength), count)
    st.html(f'<div class="fs-soft">{html.escape(foretold)}</div>')
    beside(key)


def _ends(board: Board, plan: ShotPlan) -> dict[str, tuple[Take, str]]:
    """The takes whose last frame can be changed, by their ids: that of the shot before, and the shot's own."""
    before = [board.plans[plan.shot.position - 1]] if plan.shot.position > 0 else []
    ends = {}
    for one in (*before, plan):
        if one.chosen is not None and one.chosen.status == "done":
            ends[one.chosen.id] = (one.chosen, t("the last frame of {shot}").format(shot=one.shot.label))
    return ends


def _no_model() -> None:
    """How to come by one: what is good to begin with, and where it goes."""
    say = t("There is no picture model here yet. Put one into the folder {folder}, as diffusers saves it:").format(
        folder=settings().still_models_dir
    )
    st.html(f'<div class="fs-soft">{html.escape(say)}</div>')
    rows = "".join(f"<li>{_suggested(one)}</li>" for one in SUGGESTIONS)
    st.html(f'<ul class="fs-soft">{rows}</ul>')


def _suggested(one: Suggestion) -> str:
    unknown = t("see its page")
    facts = [
        t("licence {licence}").format(licence=one.licence),
        t("size: {size}").format(
            size=t("{n} billion parameters").format(n=number_text(one.parameters)) if one.parameters else unknown
        ),
        t("memory: {memory}").format(
            memory=t("a card of {n} GB").format(n=number_text(one.memory_gb)) if one.memory_gb else unknown
        ),
        *([tn("{n} step", "{n} steps", one.steps)] if one.steps else []),
    ]
    link = f'<a href="{html.escape(one.page)}" target="_blank" rel="noreferrer">{html.escape(one.repository)}</a>'
    return f"<bdi>{link}</bdi>: {html.escape(' · '.join(facts))}"


def _ordered(shot_id: str, key: str, first_model: str, source_take_id: str | None) -> None:
    state = st.session_state
    asked = {
        "model": str(state.get(f"{key}-model", first_model)),
        "prompt": str(state[key]),
    }
    count, steps = int(state[f"{key}-count"]), state[f"{key}-steps"]
    strength = float(state.get(f"{key}-strength", USUAL_STRENGTH))

    def order(opened: Session) -> None:
        order_pictures(
            session=opened,
            settings=settings(),
            shot_id=shot_id,
            model=asked["model"],
            prompt=asked["prompt"],
            count=count,
            steps=steps,
            source_take_id=source_take_id,
            strength=strength,
        )

    try:
        with session() as opened:
            order(opened)
            opened.commit()
    except Exception as error:
        refuse(key, fault_message(error))
    else:
        allow(key)
