"""What of a storyboard is shown: which shot is selected, which view, which pass.

The address says it, and the board writes it there, so that a link opens exactly that and the browser goes back and
forward through it; the session remembers the view and the pass for the next project.
"""

from __future__ import annotations

from typing import Literal

import streamlit as st

from projects.database.tables import Pass, Project

View = Literal["grid", "list"]


def selected_shot() -> str | None:
    """The id of the shot that the address names."""
    return st.query_params.get("shot") or None


def show_none() -> None:
    """Show no shot beside the board."""
    st.query_params.pop("shot", None)


def shown_view() -> View:
    """How the board is drawn."""
    asked = st.query_params.get("view") or st.session_state.get("view")
    st.session_state["view"] = "list" if asked == "list" else "grid"
    return "list" if asked == "list" else "grid"


def shown_pass(project: Project) -> Pass:
    """Which pass of a project is shown; one that it does not have is not."""
    if project.real_checkpoint is None:
        return "draft"
    asked = st.query_params.get("pass") or st.session_state.get("pass")
    st.session_state["pass"] = "real" if asked == "real" else "draft"
    return "real" if asked == "real" else "draft"


def show_pass(made_for: Pass) -> None:
    """Show this pass from now on; the address says it."""
    st.query_params["pass"] = made_for


def ask_for_lines() -> None:
    """Have the board open its window for text once more."""
    st.session_state["lines-asked"] = lines_asked() + 1


def lines_asked() -> int:
    """How often the window for text was asked for."""
    return int(st.session_state.get("lines-asked", 0))


def changed(shot_id: str) -> None:
    """Something of a shot was saved by a script of the page: the run that follows this draws it anew."""
