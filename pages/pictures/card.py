"""A picture that needs none: a card with words on it, drawn at once and given to the selected shot."""

from __future__ import annotations

import streamlit as st

from pages.look.language import t
from pages.session.database import settings
from pages.session.keeping import beside, keep
from projects.database.tables import Shot
from projects.words.shot_cards import MAX_CARD_CHARACTERS, give_card


def first_card(project_id: str, shot: Shot) -> None:
    """The box for the words and the button that draws them; the reason beside it where they cannot be drawn."""
    key = f"card-{shot.id}"
    with st.form(f"{key}-form", border=False):
        st.text_area(
            t("Or a card with words"),
            key=key,
            height=80,
            max_chars=MAX_CARD_CHARACTERS,
            placeholder=t("Such as: Three days later"),
            help=t("White on black, as cards in films. The first line is the larger one."),
        )
        st.form_submit_button(
            t("Draw the card"),
            icon=":material/title:",
            on_click=_drawn,
            args=(project_id, shot.id, key),
        )
    beside(key)


def _drawn(project_id: str, shot_id: str, key: str) -> None:
    words = str(st.session_state[key])
    keep(
        key,
        project_id,
        "draw-card",
        lambda opened: give_card(session=opened, settings=settings(), shot_id=shot_id, words=words),
    )
