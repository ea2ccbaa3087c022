"""The board: all shots of a project at a glance, drawn by a script of its own that reads and writes by itself.

Python hands it the project, what is selected and all words. Which shot, which view and which pass are shown it writes
into the address of the page, by which Python knows them; it tells when something of the selected shot changed that only
Python can draw.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.board.words import BOARD_WORDS
from pages.session.view import View
from projects.database.tables import Pass

_SCREEN = Path(__file__).with_name("screen")
_LEAVING = Path(__file__).parents[1] / "look" / "leaving.js"
# In this order they make one script: what a file uses while it is read stands before it.
_SCRIPTS = (
    *("dom", "net", "store", "address", "actions", "forecast", "finish", "toasts", "lines", "dialogs", "menus"),
    *("grid", "list", "cells", "view", "toolbar", "notices", "pictures", "keys", "pointer", "board"),
)
_STYLES = ("frame", "shots", "windows")
HTML = '<div class="board"></div>'


@dataclass(frozen=True)
class Choice:
    """A preset that selected shots may be given."""

    id: str
    label: str


def script() -> str:
    """The board's whole script, one ES module."""
    files = [_LEAVING, *(_SCREEN / f"{name}.js" for name in _SCRIPTS)]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def style() -> str:
    """The board's whole style sheet."""
    return "\n".join((_SCREEN / f"{name}.css").read_text(encoding="utf-8") for name in _STYLES)


def board(
    *,
    project_id: str,
    key: str,
    on_changed: Callable[[str], None],
    selected: str | None = None,
    view: View = "grid",
    shown_pass: Pass = "draft",
    presets: tuple[Choice, ...] = (),
    most_bytes: int,
    lines_asked: int = 0,
    words: Mapping[str, str] = BOARD_WORDS,
    lang: str = "en",
) -> None:
    """Draw the board of a project.

    ``on_changed`` with the id of the selected shot when more of it changed than its texts. ``presets`` are what several
    shots can be given at once, ``most_bytes`` the most a picture's file may have. The window for text opens each time
    ``lines_asked`` grows.
    """

    def said(name: str) -> object:
        return st.session_state[key].get(name)

    def changed() -> None:
        told = said("changed")
        if isinstance(told, dict):
            on_changed(str(told["id"]))

    _component()(
        key=key,
        data={
            "project_id": project_id,
            "pass": shown_pass,
            "view": view,
            "selected": selected,
            "words": dict(words),
            "lang": lang,
            "api": "/api",
            "presets": [asdict(preset) for preset in presets],
            "most_bytes": most_bytes,
            "lines_asked": lines_asked,
        },
        on_changed_change=changed,
    )


@functools.cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("shot_board", html=HTML, css=style(), js=script())
