"""Sends, on any page of the studio, what was typed on an earlier one and never reached it. Nothing of it is seen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.inspector.fields import SAVING

_keeper = st.components.v2.component(
    "typing_keeper",
    js="\n".join([SAVING, Path(__file__).with_name("keeper.js").read_text(encoding="utf-8")]),
)


def keep_saving(*, api: str, key: str = "typing-keeper") -> None:
    """Have this page send what waits in the browser; ``api`` is where the JSON interface answers."""
    _keeper(key=key, data={"api": api}, height=1)
