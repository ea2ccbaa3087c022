"""What of a storyboard is shown: which shot is selected, which view, which pass. The address says it, so that a link

opens exactly that; the session remembers the view and the pass for the next project.
"""

from __future__ import annotations

from typing import Literal

import streamlit as st

from projects.database.tables import Pass, Project

View = Literal["grid", "list"]


def selected_shot() -> str | None:
    """The id of the shot that the address names."""
    return st.query_params.get("shot") or None


def select(shot_id: str | None) -> None:
    """Show another shot in the inspector, or none."""
    if shot_id is None:
        st.query_params.pop("shot", None)
    else:
        st.query_params["shot"] = shot_id


def shown_view() -> View:
    """How the board is drawn."""
    asked = st.query_params.get("view") or st.session_state.get("view")
    return "list" if asked == "list" else "grid"


def choose_view(view: View) -> None:
    """Draw the board in another way from now on."""
    st.session_state["view"] = view
    st.query_params["view"] = view


def shown_pass(project: Project) -> Pass:
    """Which pass of a project is shown; one that it does not have is not."""
    asked = st.query_params.get("pass") or st.session_state.get("pass")
    return "real" if asked == "real" and project.real_checkpoint is not None else "draft"


def choose_pass(made_for: Pass) -> None:
    """Show another pass from now on."""
    st.session_state["pass"] = made_for
    st.query_params["pass"] = made_for


def changed(shot_id: str) -> None:
    """Something of a shot was saved by a script of the page: the run that follows this draws it anew."""
