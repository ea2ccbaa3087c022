"""What is usual in a project: length and start of new shots, words around every prompt, seeds, the real pass."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from framepack.checkpoints.table import CHECKPOINTS, checkpoint_named
from framepack.messages import Message
from framepack.shots.presets import PRESETS
from framepack.shots.request import MAX_SEED
from framepack.shots.spans import MAX_SECONDS
from pages.look.language import t
from pages.look.text import term
from pages.session.bound import bound
from pages.session.state import Notice, edited, say
from projects.cutting.film_settings import film_settings
from projects.database.tables import Project, ProjectUpdate, SeedPolicy, Start
from projects.storyboard.projects import edit_project

_NONE = ""
SHORTEST_SECONDS = 0.1


def project_usual(project: Project) -> None:
    """The boxes; they are saved as they are changed."""
    left, right = st.columns(2)
    with left:
        key, changed = boxed(project, "default_seconds", float(project.default_seconds))
        st.number_input(
            t("Length of new shots (seconds)"),
            SHORTEST_SECONDS,
            MAX_SECONDS,
            float(project.default_seconds),
            step=0.5,
            format="%.1f",
            key=key,
            on_change=changed,
        )
    with right:
        starts: dict[Start, str] = {"cut": t("Cut"), "continue": t("Continue")}
        key, changed = boxed(project, "default_start", project.default_start)
        st.selectbox(
            t("Start of new shots"),
            list(starts),
            list(starts).index(project.default_start),
            format_func=starts.__getitem__,
            key=key,
            on_change=changed,
        )
    around = (
        ("words_before", t("Words before every prompt"), t("Such as: watercolour, soft light.")),
        ("words_after", t("Words after every prompt"), t("They are part of what is rendered.")),
    )
    for field, label, example in around:
        value = str(getattr(project, field))
        key, changed = boxed(project, field, value)
        st.text_input(label, value, key=key, max_chars=1000, placeholder=example, on_change=changed)
    if checkpoint_named(project.checkpoint).defaults.cfg > 1 or (project.cfg or 0) > 1:
        key, changed = boxed(project, "negative_prompt", project.negative_prompt)
        st.text_input(t("What is not wanted"), project.negative_prompt, key=key, max_chars=1000, on_change=changed)
    _seeds(project)
    _real_pass(project)
    key = f"project-story-{project.id}"
    told = film_settings(project.film).story
    st.toggle(
        t("Videos carry what made them"),
        told,
        key=key,
        help=t(
            "Takes and films made from now on say in their files which prompts, seeds and settings made them, so that "
            "the shots can be had back from a file. Nothing of you or this computer is in it."
        ),
        on_change=bound(key, told, functools.partial(_set_told, project)),
    )


def _seeds(project: Project) -> None:
    policies: dict[SeedPolicy, str] = {
        "each": t("Each shot its own seed"),
        "one": t("One seed for all shots"),
        "new": t("A new seed each time"),
    }
    key, changed = boxed(project, "seed_policy", project.seed_policy)
    st.selectbox(
        t("Seeds"),
        list(policies),
        list(policies).index(project.seed_policy),
        format_func=policies.__getitem__,
        key=key,
        help=t("The number the randomness starts from. The same seed and the same shot give the same video."),
        on_change=changed,
    )
    if project.seed_policy == "one":
        key = f"project-seed-{project.id}"
        # As text: a seed may be larger than the numbers a browser can count to.
        st.text_input(
            t("Seed of all shots"),
            str(project.seed),
            key=key,
            max_chars=len(str(MAX_SEED)),
            on_change=bound(key, str(project.seed), functools.partial(_set_seed, project.id)),
        )


def _real_pass(project: Project) -> None:
    """The second set of model, preset and steps: timing is found on the draft, then the real one is rendered."""
    models = {_NONE: t("None"), **{name: term("checkpoint", name) for name in CHECKPOINTS}}
    key, changed = boxed(project, "real_checkpoint", project.real_checkpoint or _NONE)
    st.selectbox(
        t("Model of the real pass"),
        list(models),
        list(models).index(project.real_checkpoint or _NONE),
        format_func=models.__getitem__,
        key=key,
        help=t(
            "Find the timing with the draft first, then render the real one: a switch above the board shows either, "
            "and each shot keeps a chosen take for both."
        ),
        on_change=changed,
    )
    if project.real_checkpoint is None:
        return
    presets = {_NONE: t("As the draft pass"), **{name: term("preset", name) for name in PRESETS}}
    key, changed = boxed(project, "real_preset", project.real_preset or _NONE)
    st.selectbox(
        t("Quality and speed of the real pass"),
        list(presets),
        list(presets).index(project.real_preset or _NONE),
        format_func=presets.__getitem__,
        key=key,
        on_change=changed,
    )
    key, changed = boxed(project, "real_steps", project.real_steps)
    st.number_input(
        t("Steps of the real pass"),
        1,
        100,
        project.real_steps,
        key=key,
        placeholder=t("As usual for the model"),
        on_change=changed,
    )


def _set_told(project: Project, told: bool) -> bool:
    return set_field(project.id, "film", film_settings({**project.film, "story": told}).stored())


def boxed(project: Project, field: str, value: Any) -> tuple[str, Callable[[], None]]:
    """The key and the callback of the box of a project's ``field``, which is drawn with ``value``."""
    key = f"project-{field}-{project.id}"
    return key, bound(key, value, functools.partial(set_field, project.id, field))


def set_field(project_id: str, field: str, value: Any) -> bool:
    """Change one field of a project; whether it was saved."""
    changes = ProjectUpdate.model_validate({field: None if value == _NONE and field.startswith("real_") else value})
    return edited(
        project_id, "edit-project", lambda opened: edit_project(session=opened, project_id=project_id, changes=changes)
    )


def _set_seed(project_id: str, written: str) -> bool:
    if not written.strip().isdecimal():
        say(Notice(Message("seed-rejected", {"text": written}), "bad"))
        return False
    return set_field(project_id, "seed", int(written))
