"""The list of all orders, drawn by a script of its own that reads and steers the queue through the JSON interface."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).parent
_SCRIPTS = ("../board/screen/dom.js", "kinds.js", "rows.js", "carrying.js", "list.js")


def order_list(*, words: Mapping[str, str], lang: str, keeper: bool, key: str) -> None:
    """Draw the list; it keeps itself up to date. Only the ``keeper`` pauses all of it, and has reports."""
    _component()(key=key, data={"words": dict(words), "lang": lang, "api": "/api", "keeper": keeper})


@functools.cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "order_list",
        html='<div class="orders"></div>',
        css=(_HERE / "list.css").read_text(encoding="utf-8"),
        js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
    )
