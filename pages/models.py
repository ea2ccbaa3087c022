"""The page of the models: what there is of each on this computer, where it lies, and how the rest is fetched."""

import html

import streamlit as st

from pages.look.language import t
from pages.look.theme import masthead, told
from pages.session.state import keepers_part, show_notices
from pages.weights.card import model_card
from pages.weights.places import places
from pages.weights.standing import Model, all_models


def summary(models: list[Model]) -> None:
    """In one sentence, what can be rendered with what is here."""
    ready = [one for one in models if one.standing == "here" and not one.state.checkpoint.embedded]
    if len(ready) == len(models) - 1:
        told(t("All models are here."), "good")
    elif ready:
        told(t("The draft and one published model are here, which is all that a film needs."), "good")
    elif any(one.present and not one.state.checkpoint.embedded for one in models):
        told(t("Films are rendered with the draft until all parts of a published model are here."), "quiet")
    else:
        told(
            t("Only the draft is here, small and rough. FramePack F1 makes the real picture, with a graphics card."),
            "quiet",
        )


models = all_models()
masthead(project_id=st.session_state.get("project"), here="models")
show_notices("models")
st.html(f'<h1 class="fs-title">{html.escape(t("Models"))}</h1>')
summary(models)
with st.container(key="models"):
    for model in models:
        model_card(model)
if keepers_part():
    places(models)
