"""The settings that a shot has of its own; where it has none, the project's count.

A model of its own has only a shot that starts with a cut: it is the model of the whole chain.
"""

from __future__ import annotations

import functools
from typing import Any

import streamlit as st

from framepack.checkpoints.table import CHECKPOINTS
from framepack.messages import Message
from framepack.shots.presets import PRESETS
from pages.board.reading import Board
from pages.look.language import t
from pages.look.text import said, term
from pages.loras.choice import lora_list
from pages.session.bound import bound
from pages.session.state import edited
from projects.database.tables import ShotUpdate
from projects.storyboard.loras import chosen_loras, takes_loras
from projects.storyboard.project_settings import checkpoint_of
from projects.storyboard.shots import edit_shot
from projects.takes.staleness import ShotPlan, chains

_AS_PROJECT = ""


def shot_settings(board: Board, plan: ShotPlan) -> None:
    """Preset, steps, guidance, LoRAs and, at a cut, the model."""
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
    _loras(board, plan)
    if project.seed_policy == "one":
        st.caption(t("All shots of this project have one seed, which stands in its settings."))


def _loras(board: Board, plan: ShotPlan) -> None:
    """The project's LoRAs, or a list of the shot's own; the draft leaves both out."""
    shot = plan.shot
    key = f"shot-loras-{shot.id}"
    own = shot.loras is not None
    names = {False: t("As the project"), True: t("Its own list")}
    st.segmented_control(
        t("LoRAs"),
        list(names),
        default=own,
        format_func=names.__getitem__,
        required=True,
        key=key,
        on_change=bound(key, own, functools.partial(_own_loras, board, plan)),
    )
    if not takes_loras(_model(board, plan)):
        st.caption(said(Message("loras-left-out")))
    if shot.loras is not None:
        lora_list(shot.loras, functools.partial(_set, plan, "loras"), key=key)


def _own_loras(board: Board, plan: ShotPlan, own: bool) -> bool:
    """A list of its own begins as the project's."""
    return _set(plan, "loras", [one.stored() for one in chosen_loras(board.project, plan.shot)] if own else None)


def _model(board: Board, plan: ShotPlan) -> str:
    """The model that a shot is made with in the pass that is shown."""
    runs = chains([one.shot for one in board.plans])
    first = next((run[0] for run in runs if plan.shot in run), plan.shot)
    return (first.checkpoint if first.start == "cut" else None) or checkpoint_of(board.project, board.made_for)


def _named(plan: ShotPlan, field: str, name: str) -> bool:
    return _set(plan, field, name or None)


def _set(plan: ShotPlan, field: str, value: Any) -> bool:
    changes = ShotUpdate.model_validate({field: value})
    shot = plan.shot
    return edited(
        shot.project_id, "edit-shot", lambda opened: edit_shot(session=opened, shot_id=shot.id, changes=changes)
    )
