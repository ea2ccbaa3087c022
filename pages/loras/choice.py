"""Choosing LoRAs for a project or a shot: which, in what order, how strongly, and with which words.

It knows the list that is there now and hands every change of it to whoever keeps it.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from framepack.messages import Message
from framepack.shots.request import MAX_LORA_STRENGTH, MAX_LORAS
from pages.look.language import t
from pages.look.text import said
from pages.look.theme import told
from pages.session.bound import bound
from pages.session.database import session, settings
from projects.loras.files import lora_is_there
from projects.loras.library import all_loras, choice_of
from projects.storyboard.loras import MAX_WORDS_CHARACTERS, ChosenLora

Listed = Sequence[Mapping[str, Any]]
# Saves another list; says whether it did.
Save = Callable[[list[dict[str, Any]]], bool]


def lora_list(listed: Listed, save: Save, *, key: str) -> None:
    """The list with its boxes, and a box that adds one from the library; ``key`` tells one list from another."""
    chosen = [ChosenLora.model_validate(one) for one in listed]
    for place, one in enumerate(chosen):
        with st.container(border=True, key=f"{key}-row-{one.sha256[:16]}", gap="small"):
            _row(chosen, place, save, key)
    _add(chosen, save, key)


def _row(chosen: list[ChosenLora], place: int, save: Save, key: str) -> None:
    one = chosen[place]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        name = f'<div class="fs-name fs-clamp" title="{one.sha256}"><bdi>{html.escape(one.called)}</bdi></div>'
        st.html(name, width="stretch")
        with st.container(horizontal=True, width="content", gap=None, key=f"icons-{key}-{one.sha256[:16]}"):
            others = [*chosen[:place], *chosen[place + 1 :]]
            moved = [*others[: place - 1], one, *others[place - 1 :]]
            buttons = (("arrow_upward", t("Earlier"), moved), ("close", t("Take off"), others))
            for icon, label, order in buttons if place else buttons[1:]:
                st.button(
                    label,
                    key=f"{key}-{icon}-{one.sha256}",
                    icon=f":material/{icon}:",
                    type="tertiary",
                    on_click=_clicked,
                    args=(order, save),
                )
    if not lora_is_there(settings(), one.sha256):
        told(said(Message("lora-not-here", {"name": one.called})), "bad")
    box = f"{key}-strength-{one.sha256}"
    st.number_input(
        t("Strength"),
        -MAX_LORA_STRENGTH,
        MAX_LORA_STRENGTH,
        float(one.strength),
        step=0.05,
        format="%.2f",
        key=box,
        on_change=bound(box, float(one.strength), functools.partial(_set, chosen, place, save, "strength")),
        help=t("0 leaves it out, words and all; below 0 it does the opposite."),
    )
    box = f"{key}-words-{one.sha256}"
    st.text_input(
        t("Trigger words"),
        one.words,
        key=box,
        max_chars=MAX_WORDS_CHARACTERS,
        placeholder=t("None"),
        on_change=bound(box, one.words, functools.partial(_set, chosen, place, save, "words")),
        help=t("Put before the prompts of shots that choose it, unless they say them already. Commas part them."),
    )


def _add(chosen: list[ChosenLora], save: Save, key: str) -> None:
    with session() as opened:
        library = {lora.id: choice_of(lora) for lora in all_loras(session=opened)}
    left = [id for id in library if id not in {one.sha256 for one in chosen}]
    if not library:
        st.page_link("lora_library.py", label=t("Add LoRAs to the studio first"), icon=":material/library_add:")
        return
    if len(chosen) >= MAX_LORAS:
        st.caption(said(Message("loras-many", {"most": MAX_LORAS})))
        return
    turn = st.session_state.setdefault(f"{key}-turn", 0)
    box = f"{key}-add-{turn}"
    st.selectbox(
        t("Add a LoRA"),
        left,
        None,
        format_func=lambda id: library[id].called,
        key=box,
        placeholder=t("Choose one") if left else t("All are in the list"),
        disabled=not left,
        on_change=_added,
        args=(chosen, library, save, key, box),
    )


def _added(chosen: list[ChosenLora], library: Mapping[str, ChosenLora], save: Save, key: str, box: str) -> None:
    wanted = st.session_state[box]
    if wanted is not None:
        st.session_state[f"{key}-turn"] += 1  # an empty box next time
        _save([*chosen, library[wanted]], save)


def _clicked(chosen: list[ChosenLora], save: Save) -> None:
    _save(chosen, save)


def _set(chosen: list[ChosenLora], place: int, save: Save, field: str, value: Any) -> bool:
    changed = chosen[place].model_copy(update={field: value})
    return _save([*chosen[:place], changed, *chosen[place + 1 :]], save)


def _save(chosen: Sequence[ChosenLora], save: Save) -> bool:
    return save([one.model_dump() for one in chosen])
