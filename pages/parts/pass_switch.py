"""The switch between a project's two passes, where it has two. The address says which one is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import streamlit as st

from pages.look.language import t
from pages.session.view import show_pass
from projects.database.tables import Pass, Project


def pass_switch(project: Project, made_for: Pass) -> None:
    """Draw it; ``made_for`` is the pass that is shown."""
    if project.real_checkpoint is None:
        return
    names: Mapping[Pass, str] = {"draft": t("Draft"), "real": t("Real")}
    key = f"pass-{project.id}"
    st.session_state[key] = made_for
    st.segmented_control(
        t("Which takes are shown"),
        get_args(Pass),
        format_func=names.__getitem__,
        required=True,
        key=key,
        label_visibility="collapsed",
        width="content",
        on_change=lambda: show_pass(st.session_state[key]),
    )
