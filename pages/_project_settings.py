"""The box behind "Settings" of a storyboard: the model it is rendered with, and the few numbers of how."""

from __future__ import annotations

import streamlit as st

from framepack.checkpoints import CHECKPOINTS, checkpoint_named
from pages._board import Board
from pages._state import do
from projects.models import ProjectUpdate
from projects.storyboard import edit_project, renumber_shots


def project_settings_box(board: Board) -> None:
    """A button that opens the settings; they are saved as they are changed."""
    project = board.project
    box = st.popover("Settings", icon=":material/tune:", key=f"settings-{project.id}", on_change="rerun")
    if not box.open:
        return
    defaults = checkpoint_named(project.checkpoint).defaults
    with box:
        _field("name", "Name", project.name, board)
        key = _kept(board, "checkpoint", project.checkpoint)
        st.selectbox(
            "Model",
            list(CHECKPOINTS),
            format_func=lambda name: CHECKPOINTS[name].title,
            key=key,
            on_change=_edited,
            args=(project.id, "checkpoint", key),
            help="The draft model comes with the studio and runs on any computer; its videos are small and rough. "
            "The others are downloaded once and need a graphics card. Another model makes every shot out of date.",
        )
        left, right = st.columns(2)
        with left:
            key = _kept(board, "steps", project.steps if project.steps is not None else defaults.steps)
            st.number_input(
                "Steps",
                1,
                100,
                key=key,
                on_change=_edited,
                args=(project.id, "steps", key),
                help="How often each section is refined. More steps take longer and are cleaner.",
            )
        with right:
            key = _kept(board, "guidance", project.guidance if project.guidance is not None else defaults.guidance)
            st.number_input(
                "Guidance",
                0.0,
                32.0,
                step=0.5,
                key=key,
                on_change=_edited,
                args=(project.id, "guidance", key),
                help="How closely the video follows the text. The usual value suits nearly always.",
            )
        st.button(
            "Number the shots afresh",
            key="renumber",
            help="SH0010, SH0020, SH0030 … in their present order. Takes and films stay as they are.",
            on_click=do,
            args=(
                lambda opened: renumber_shots(session=opened, project_id=project.id),
                "The shots are numbered afresh.",
            ),
        )


def _field(field: str, label: str, value: str, board: Board) -> None:
    key = _kept(board, field, value)
    st.text_input(label, key=key, max_chars=200, on_change=_edited, args=(board.project.id, field, key))


def _edited(project_id: str, field: str, key: str) -> None:
    changes = ProjectUpdate.model_validate({field: st.session_state[key]})
    do(lambda opened: edit_project(session=opened, project_id=project_id, changes=changes))


def _kept(board: Board, field: str, value: object) -> str:
    key = f"project-{field}-{board.project.id}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key
