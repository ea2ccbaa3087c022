"""The page of the library of LoRAs: what is there, what is said of each, and taking in more."""

import html

import streamlit as st

from pages.look.language import number_text, t
from pages.look.theme import masthead
from pages.loras.adding import adding_box
from pages.loras.cards import lora_card
from pages.session.database import for_keeper, session, settings
from pages.session.state import keepers_part, show_notices
from projects.database.tables import Lora
from projects.loras.files import file_state
from projects.loras.library import LoraUse, all_loras, all_uses


def head(count: int) -> None:
    """The title, and the box for more where there are some already."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="head"):
        counted = f'<span class="fs-count">{number_text(count)}</span>' if count else ""
        title = f'<h1 class="fs-title">{html.escape(t("LoRAs"))}</h1>'
        st.html(f'<div class="fs-titled">{title}{counted}</div>', width="content")
        if count and for_keeper():
            with st.popover(t("Add LoRAs"), icon=":material/library_add:", key="add-loras"):
                adding_box()


def first_ones() -> None:
    """What LoRAs are, and the box for the first."""
    with st.container(key="first-steps"):
        st.html(f'<h2 class="fs-empty-title">{html.escape(t("No LoRAs yet"))}</h2>')
        st.markdown(
            t(
                "A LoRA is a small file that changes what a model does: a style, a person, a movement. Those made for "
                "FramePack or HunyuanVideo fit; put them in here, then choose them in the settings of a project or of "
                "a single shot. The draft model is another one and leaves them out."
            )
        )
        if keepers_part():
            adding_box()


def cards(loras: list[Lora], uses: dict[str, list[LoraUse]]) -> None:
    """All of them."""
    with st.container(key="lora-cards"):
        for lora in loras:
            lora_card(lora, file_state(settings(), lora), uses.get(lora.id, []))


with session() as opened:
    loras = all_loras(session=opened)
    uses = all_uses(session=opened)

masthead(project_id=st.session_state.get("project"), here="loras")
show_notices("loras")
head(len(loras))
if loras:
    keepers_part()
    cards(loras, uses)
else:
    first_ones()
