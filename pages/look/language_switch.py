"""The box that chooses the language, as a component: the browser keeps what is chosen for all its pages and visits.

It also tells the browser which language the page is in, for screen readers, hyphens and the right shapes of letters.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.look.language import COOKIE, LANGUAGES, choose, language, preferred, t, was_chosen

_HERE = Path(__file__).parent
_KEY = "language-switch"
_switch = st.components.v2.component(
    "language_switch",
    html="<select></select>",
    css=(_HERE / "language_switch.css").read_text(encoding="utf-8"),
    js=(_HERE / "language_switch.js").read_text(encoding="utf-8"),
)


def language_switch() -> None:
    """Draw it."""
    spoken = language()
    data = {
        "label": t("Language"),
        "languages": [{"code": one.code, "name": one.name, "tag": one.tag} for one in LANGUAGES.values()],
        "code": spoken.code,
        "tag": spoken.tag,
        "cookie": COOKIE,
        "keep": was_chosen(),
    }
    with st.container(key="language", width="content"):
        _switch(key=_KEY, data=data, on_chosen_change=_chosen)


def _chosen() -> None:
    asked = preferred([str(st.session_state[_KEY].get("chosen") or "")])
    if asked is not None:
        choose(asked)
