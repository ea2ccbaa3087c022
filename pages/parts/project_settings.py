"""The box behind "Settings" of a storyboard: its model and shape, and the few numbers of how it is rendered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st

from framepack.checkpoints.table import CHECKPOINTS, checkpoint_named
from framepack.messages import Message
from framepack.shots.presets import PRESETS
from pages.board.reading import Board
from pages.look.text import said, shape_message
from pages.session.bound import bound
from pages.session.state import attempt, do
from projects.database.tables import PictureFit, Project, ProjectUpdate
from projects.storyboard.projects import edit_project
from projects.storyboard.shapes import FIRST_PICTURE, shape_of_size
from projects.storyboard.shots import renumber_shots

_FITS: Mapping[PictureFit, Message] = MappingProxyType(
    {"fill": Message("fit-fill"), "fit": Message("fit-fit"), "place": Message("fit-place")}
)


def project_settings_box(board: Board) -> None:
    """A button that opens the settings; they are saved as they are changed."""
    project = board.project
    box = st.popover("Settings", icon=":material/tune:", key=f"settings-{project.id}", on_change="rerun")
    if not box.open:
        return
    defaults = checkpoint_named(project.checkpoint).defaults
    with box:
        key, changed = _bound(project, "name", project.name)
        st.text_input("Name", project.name, key=key, max_chars=200, on_change=changed)
        key, changed = _bound(project, "checkpoint", project.checkpoint)
        names = list(CHECKPOINTS)
        st.selectbox(
            "Model",
            names,
            names.index(project.checkpoint),
            format_func=lambda name: CHECKPOINTS[name].title,
            key=key,
            on_change=changed,
            help="The draft model comes with the studio and runs on any computer; its videos are small and rough. "
            "The others are downloaded once and need a graphics card. Another model makes every shot out of date.",
        )
        _shape_and_fit(project)
        key, changed = _bound(project, "preset", project.preset)
        presets = list(PRESETS)
        st.selectbox(
            "Quality and speed",
            presets,
            presets.index(project.preset),
            format_func=lambda name: PRESETS[name].title,
            key=key,
            on_change=changed,
            help="\n\n".join(f"**{preset.title}.** {preset.costs}" for preset in PRESETS.values()),
        )
        st.caption(PRESETS[project.preset].costs)
        usual = PRESETS[project.preset].steps_of(defaults.steps)
        left, right = st.columns(2)
        with left:
            steps = usual if project.steps is None else project.steps
            key, changed = _bound(project, "steps", steps)
            st.number_input(
                "Steps",
                1,
                100,
                steps,
                key=key,
                on_change=changed,
                help="How often each section is refined. More steps take longer and are cleaner. "
                f"Usual for this model: {usual}.",
            )
        with right:
            guidance = float(defaults.guidance if project.guidance is None else project.guidance)
            key, changed = _bound(project, "guidance", guidance)
            st.number_input(
                "Guidance",
                0.0,
                32.0,
                guidance,
                step=0.5,
                format="%.1f",
                key=key,
                on_change=changed,
                help=f"How closely the video follows the text. Usual for this model: {defaults.guidance:g}.",
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


def _shape_and_fit(project: Project) -> None:
    buckets = {shape_of_size(*bucket): bucket for bucket in checkpoint_named(project.checkpoint).buckets}
    size = shape_of_size(project.height, project.width) if project.height and project.width else None
    chosen = FIRST_PICTURE if project.shape == FIRST_PICTURE or size is None else size

    def shape_text(shape: str) -> str:
        if shape in buckets:
            return said(shape_message(*buckets[shape]))
        if size is None or project.shape != FIRST_PICTURE:
            return said(Message("shape-by-picture"))
        return said(Message("shape-by-picture-now", {"shape": shape_message(*buckets[size])}))

    # One below the other: beside each other there is no room for what they say.
    key, changed = _bound(project, "shape", chosen)
    shapes = [FIRST_PICTURE, *buckets]
    st.selectbox(
        said(Message("shape")),
        shapes,
        shapes.index(chosen),
        format_func=shape_text,
        key=key,
        on_change=changed,
        help=said(Message("shape-help")),
    )
    key, changed = _bound(project, "fit", project.fit)
    fits = list(_FITS)
    st.selectbox(
        said(Message("fit")),
        fits,
        fits.index(project.fit),
        format_func=lambda fit: said(_FITS[fit]),
        key=key,
        on_change=changed,
        help=said(Message("fit-help")),
    )


def _bound(project: Project, field: str, value: Any) -> tuple[str, Callable[[], None]]:
    key = f"project-{field}-{project.id}"
    return key, bound(key, value, functools.partial(_edit, project.id, field))


def _edit(project_id: str, field: str, value: Any) -> bool:
    changes = ProjectUpdate.model_validate({field: value})
    return attempt(lambda opened: edit_project(session=opened, project_id=project_id, changes=changes))
