"""The settings that a shot has of its own; where it has none, the project's count.

A model of its own has only a shot that starts with a cut: it is the model of the whole chain.
"""

from __future__ import annotations

import functools
from typing import Any

import streamlit as st

from framepack.checkpoints.table import CHECKPOINTS
from framepack.shots.presets import PRESETS
from pages.board.reading import Board
from pages.look.language import t
from pages.look.text import term
from pages.session.bound import bound
from pages.session.state import edited
from projects.database.tables import ShotUpdate
from projects.storyboard.shots import edit_shot
from projects.takes.staleness import ShotPlan

_AS_PROJECT = ""


def shot_settings(board: Board, plan: ShotPlan) -> None:
    """Preset, steps, guidance and, at a cut, the model."""
    project, shot = board.project, plan.shot

    def named(kind: str, name: str) -> str:
        return term(kind, name) if name else t("As the project")

    if shot.start == "cut" or shot.position == 0:
        key = f"shot-checkpoint-{shot.id}"
        st.selectbox(
            t("Model of this shot and those that continue it"),
            [_AS_PROJECT, *CHECKPOINTS],
            [_AS_PROJECT, *CHECKPOINTS].index(shot.checkpoint or _AS_PROJECT),
            format_func=functools.partial(named, "checkpoint"),
            key=key,
            on_change=bound(key, shot.checkpoint or _AS_PROJECT, functools.partial(_named, plan, "checkpoint")),
        )
    key = f"shot-preset-{shot.id}"
    st.selectbox(
        t("Quality and speed"),
        [_AS_PROJECT, *PRESETS],
        [_AS_PROJECT, *PRESETS].index(shot.preset or _AS_PROJECT),
        format_func=functools.partial(named, "preset"),
        key=key,
        on_change=bound(key, shot.preset or _AS_PROJECT, functools.partial(_named, plan, "preset")),
    )
    left, right = st.columns(2)
    with left:
        key = f"shot-steps-{shot.id}"
        st.number_input(
            t("Steps"),
            1,
            100,
            shot.steps,
            key=key,
            placeholder=t("As the project"),
            on_change=bound(key, shot.steps, functools.partial(_set, plan, "steps")),
        )
    with right:
        key = f"shot-guidance-{shot.id}"
        st.number_input(
            t("Guidance"),
            0.0,
            32.0,
            shot.guidance,
            step=0.5,
            format="%.1f",
            key=key,
            placeholder=t("As the project"),
            on_change=bound(key, shot.guidance, functools.partial(_set, plan, "guidance")),
        )
    if project.seed_policy == "one":
        st.caption(t("All shots of this project have one seed, which stands in its settings."))


def _named(plan: ShotPlan, field: str, name: str) -> bool:
    return _set(plan, field, name or None)


def _set(plan: ShotPlan, field: str, value: Any) -> bool:
    changes = ShotUpdate.model_validate({field: value})
    shot = plan.shot
    return edited(
        shot.project_id, "edit-shot", lambda opened: edit_shot(session=opened, shot_id=shot.id, changes=changes)
    )
