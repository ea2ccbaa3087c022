"""Adding shots from text: one line per shot, or a table. Pictures are dropped on the board, or chosen there."""

from __future__ import annotations

import streamlit as st
from sqlmodel import Session

from pages.look.language import t
from pages.session.state import edited
from projects.database.tables import Project
from projects.interchange.shot_lines import shots_from_text
from projects.storyboard.shots import add_shots

_TEXT = "lines-text"


def adding(project: Project) -> None:
    """A button that opens the box for text."""
    with st.popover(t("From text"), icon=":material/playlist_add:", key="adding"):
        st.text_area(
            t("One line per shot, or a table whose first line names its columns"),
            key=_TEXT,
            height=160,
            placeholder=t("Waves roll in at dawn. (4 s)\nA boat comes home.\nNight falls."),
        )
        st.button(t("Add these shots"), key="add-lines", type="primary", on_click=add_lines, args=(project.id,))


def add_lines(project_id: str) -> None:
    """The callback of "Add these shots": the text stays in its box where it cannot be read."""
    text = str(st.session_state.get(_TEXT, ""))

    def add(opened: Session) -> None:
        add_shots(session=opened, project_id=project_id, new=shots_from_text(text))

    if edited(project_id, "add-shots", add):
        st.session_state[_TEXT] = ""
