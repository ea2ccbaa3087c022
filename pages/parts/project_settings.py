"""The box behind "Settings" of a storyboard: its model and shape, and the few numbers of how it is rendered."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from framepack.checkpoints.table import CHECKPOINTS, checkpoint_named
from framepack.messages import Message
from framepack.shots.presets import PRESETS
from pages.look.language import number_text, t
from pages.look.text import said, shape_message, term
from pages.loras.choice import lora_list
from pages.parts.project_usual import boxed, project_usual, set_field
from pages.session.database import for_keeper, settings
from pages.session.state import do, edit
from projects.database.tables import PictureFit, Project
from projects.storyboard.loras import takes_loras
from projects.storyboard.projects import MAX_NAME_CHARACTERS, hand_project
from projects.storyboard.shapes import FIRST_PICTURE, shape_of_size, sizes_of
from projects.storyboard.shots import renumber_shots

_FITS: Mapping[PictureFit, Message] = MappingProxyType(
    {"fill": Message("fit-fill"), "fit": Message("fit-fit"), "place": Message("fit-place")}
)


def project_settings_box(project: Project) -> None:
    """A button that opens the settings; they are saved as they are changed."""
    box = st.popover(t("Settings"), icon=":material/tune:", key=f"settings-{project.id}", on_change="rerun")
    if not box.open:
        return
    defaults = checkpoint_named(project.checkpoint).defaults
    with box:
        key, changed = boxed(project, "name", project.name)
        st.text_input(t("Name"), project.name, key=key, max_chars=200, on_change=changed)
        key, changed = boxed(project, "checkpoint", project.checkpoint)
        titles = {name: term("checkpoint", name) for name in CHECKPOINTS}
        st.selectbox(
            t("Model"),
            list(titles),
            list(titles).index(project.checkpoint),
            format_func=titles.__getitem__,
            key=key,
            on_change=changed,
            help=t(
                "The draft model comes with the studio and runs on any computer; its videos are small and rough. "
                "The others are downloaded once and need a graphics card. Another model makes every shot out of date."
            ),
        )
        _shape_and_fit(project)
        key, changed = boxed(project, "preset", project.preset)
        presets = {name: term("preset", name) for name in PRESETS}
        st.selectbox(
            t("Quality and speed"),
            list(presets),
            list(presets).index(project.preset),
            format_func=presets.__getitem__,
            key=key,
            on_change=changed,
            help="\n\n".join(f"**{title}**: {term('preset-costs', name)}" for name, title in presets.items()),
        )
        st.caption(term("preset-costs", project.preset))
        usual = PRESETS[project.preset].steps_of(defaults.steps)
        left, right = st.columns(2)
        with left:
            steps = usual if project.steps is None else project.steps
            key, changed = boxed(project, "steps", steps)
            st.number_input(
                t("Steps"),
                1,
                100,
                steps,
                key=key,
                on_change=changed,
                help=t(
                    "How often each section is refined. More steps take longer and are cleaner. "
                    "Usual for this model: {usual}."
                ).format(usual=usual),
            )
        with right:
            guidance = float(defaults.guidance if project.guidance is None else project.guidance)
            key, changed = boxed(project, "guidance", guidance)
            st.number_input(
                t("Guidance"),
                0.0,
                32.0,
                guidance,
                step=0.5,
                format="%.1f",
                key=key,
                on_change=changed,
                help=t("How closely the video follows the text. Usual for this model: {usual}.").format(
                    usual=number_text(defaults.guidance, 1)
                ),
            )
        _loras(project)
        project_usual(project)
        _owner(project)
        st.button(
            t("Number the shots afresh"),
            key="renumber",
            help=t("SH0010, SH0020, SH0030 … in their present order. Takes and films stay as they are."),
            on_click=edit,
            args=(
                project.id,
                "renumber-shots",
                lambda opened: renumber_shots(session=opened, project_id=project.id),
                Message("renumbered"),
            ),
        )


def _owner(project: Project) -> None:
    """Whose it is, for the keeper of a studio that people sign in to."""
    if (settings().sign_in is None and project.owner is None) or not for_keeper():
        return
    key = f"owner-{project.id}"
    st.text_input(
        t("Whose project it is"),
        project.owner or "",
        key=key,
        max_chars=MAX_NAME_CHARACTERS,
        help=t("The e-mail address of a person who signs in; empty: yours."),
        on_change=lambda: do(
            lambda opened: hand_project(session=opened, project_id=project.id, person=st.session_state[key])
        ),
    )


def _loras(project: Project) -> None:
    """The LoRAs of all shots that have no list of their own; and where they count."""
    st.html(f'<div class="fs-name">{html.escape(t("LoRAs of all shots"))}</div>')
    if not takes_loras(project.checkpoint):
        later = project.real_checkpoint is not None and takes_loras(project.real_checkpoint)
        st.caption(said(Message("loras-left-out-until-real" if later else "loras-left-out")))
    lora_list(project.loras, functools.partial(set_field, project.id, "loras"), key=f"project-loras-{project.id}")


def _shape_and_fit(project: Project) -> None:
    sizes = sizes_of(checkpoint_named(project.checkpoint))
    size = shape_of_size(project.height, project.width) if project.height and project.width else None
    chosen = FIRST_PICTURE if project.shape == FIRST_PICTURE or size is None else size

    def shape_text(shape: str) -> str:
        if shape in sizes:
            return said(shape_message(*sizes[shape]))
        if size is None or project.shape != FIRST_PICTURE:
            return said(Message("shape-by-picture"))
        return said(Message("shape-by-picture-now", {"shape": shape_message(*sizes[size])}))

    # One below the other: beside each other there is no room for what they say.
    key, changed = boxed(project, "shape", chosen)
    shapes = {shape: shape_text(shape) for shape in (FIRST_PICTURE, *sizes)}
    st.selectbox(
        said(Message("shape")),
        list(shapes),
        list(shapes).index(chosen),
        format_func=shapes.__getitem__,
        key=key,
        on_change=changed,
        help=said(Message("shape-help")),
    )
    key, changed = boxed(project, "fit", project.fit)
    fits = {fit: said(message) for fit, message in _FITS.items()}
    st.selectbox(
        said(Message("fit")),
        list(fits),
        list(fits).index(project.fit),
        format_func=fits.__getitem__,
        key=key,
        on_change=changed,
        help=said(Message("fit-help")),
    )
