"""One checkpoint on the page of the models: what it is, what there is of it, and the way to the rest."""

from __future__ import annotations

import html

import streamlit as st

from framepack.checkpoints.inventory import PartState
from pages.look.language import t
from pages.look.text import said, size_text, term
from pages.look.theme import Tone, chip
from pages.session.database import for_keeper
from pages.weights.fetching import about_text, fetching
from pages.weights.standing import Model, Standing

_TONES: dict[Standing, Tone] = {
    "here": "good",
    "partly": "warn",
    "missing": "quiet",
    "damaged": "bad",
    "fetching": "busy",
    "failed": "bad",
    "interrupted": "warn",
    "cancelled": "warn",
}


def model_card(model: Model) -> None:
    """Draw it; what is under way in it keeps itself up to date."""
    with st.container(border=True, key=f"model-{model.name}"):
        st.html(_head(model))
        for fault in model.faults:
            st.html(f'<div class="fs-told fs-told-bad" role="status">{html.escape(said(fault))}</div>')
        if not model.state.checkpoint.embedded and for_keeper():
            fetching(model)
        with st.expander(t("Its parts"), key=f"parts-{model.name}"):
            st.html(_parts(model))


def _head(model: Model) -> str:
    title = html.escape(term("checkpoint", model.name))
    state = chip(_words(model.standing), _TONES[model.standing])
    return (
        f'<div class="fs-row"><h2 class="fs-name fs-model">{title}</h2>{state}</div>'
        f'<div class="fs-sentence">{html.escape(term("purpose", model.name))}</div>'
        f'<div class="fs-soft">{html.escape(" · ".join(_figures(model)))}</div>'
    )


def _figures(model: Model) -> list[str]:
    here, missing = model.state.nbytes, model.state.missing_bytes
    figures = [t("{size} here").format(size=size_text(here))] if here else []
    if missing:
        figures.append(t("about {size} missing").format(size=about_text(missing)))
    licences = dict.fromkeys(part.licence for part in model.state.parts)
    return [*figures, t("Licences: {names}").format(names=", ".join(licences))]


def _words(standing: Standing) -> str:
    words: dict[Standing, str] = {
        "here": t("All there"),
        "partly": t("Partly there"),
        "missing": t("Not here"),
        "damaged": t("Damaged"),
        "fetching": t("Being fetched"),
        "failed": t("Not fetched"),
        "interrupted": t("Interrupted"),
        "cancelled": t("Called off"),
    }
    return words[standing]


def _parts(model: Model) -> str:
    heads = (t("Part"), t("Licence"), t("Size"))
    row = "".join(f'<th scope="col">{html.escape(head)}</th>' for head in heads)
    lines = "".join(_part(part) for part in model.state.parts)
    said_of = html.escape(t("Licences are those of the models the parts come from; each repository has the words."))
    known = "" if model.state.checkpoint.embedded else f'<div class="fs-soft">{said_of}</div>'
    return f'<table class="fs-facts fs-parts"><thead><tr>{row}</tr></thead><tbody>{lines}</tbody></table>{known}'


def _part(part: PartState) -> str:
    about = size_text(part.nbytes) if part.place is not None else t("about {size}").format(size=about_text(part.nbytes))
    if part.place is not None:
        where = f'<span class="fs-path">{html.escape(str(part.place))}</span>'
    else:
        where = html.escape(t("Missing; from {repository}").format(repository=part.repository))
    return (
        f'<tr><th scope="row">{html.escape(term("part", part.part))}<div class="fs-where">{where}</div></th>'
        f'<td>{html.escape(part.licence)}</td><td class="fs-right">{html.escape(about)}</td></tr>'
    )
