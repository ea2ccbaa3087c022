"""One LoRA of the library as a card: what it is, what is said of it, what uses it, and what can be done with it."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from framepack.messages import Message
from framepack.shots.request import MAX_LORA_STRENGTH
from pages.look.language import number_text, t, tn
from pages.look.text import said, size_text, term
from pages.look.theme import chip, picture, told
from pages.serving.files import lora_drawing_url, picture_url
from pages.session.bound import bound
from pages.session.database import for_keeper, settings
from pages.session.emptied import box_for_file
from pages.session.state import attempt, do
from projects.database.tables import Lora, LoraUpdate
from projects.loras.files import FileState
from projects.loras.library import (
    MAX_NOTE_CHARACTERS,
    LoraUse,
    delete_lora,
    edit_lora,
    get_lora,
    give_picture,
    restore_lora,
)
from projects.storage.pictures import add_picture
from projects.storyboard.loras import MAX_NAME_CHARACTERS, MAX_WORDS_CHARACTERS

_FAULTS: Mapping[FileState, str] = MappingProxyType({"missing": "lora-file-missing", "damaged": "lora-file-damaged"})


def lora_card(lora: Lora, state: FileState, uses: list[LoraUse]) -> None:
    """Draw the card; what is changed in its boxes is saved at once, and can be undone."""
    with st.container(border=True, key=f"lora-{lora.id[:16]}", gap=None):
        st.html(_card(lora, state, uses))
        if state != "here":
            told(said(Message(_FAULTS[state], {"file": lora.file_name})), "bad")
        if not for_keeper():
            return
        with st.container(key=f"lora-more-{lora.id[:16]}"):
            box = st.popover(
                t("Edit"), icon=":material/edit:", key=f"lora-edit-{lora.id}", width="stretch", on_change="rerun"
            )
            if box.open:
                with box:
                    _boxes(lora, uses)


def _card(lora: Lora, state: FileState, uses: list[LoraUse]) -> str:
    shown = picture_url(lora.media_id) if lora.media_id else lora_drawing_url(lora.id)
    chips = chip(lora.kind) + chip(term("spelling", lora.spelling))
    if lora.rank:
        chips += chip(t("Rank {n}").format(n=lora.rank))
    if state != "here":
        chips += chip(t("File missing") if state == "missing" else t("File damaged"), "bad")
    name = html.escape(lora.name)
    strength = t("Strength {n}").format(n=number_text(lora.strength, 2))
    figures = " · ".join((strength, size_text(lora.size_bytes), lora.dtype))
    lines = [f'<div class="fs-soft">{html.escape(figures)}</div>']
    if lora.words:
        lines.append(f'<div class="fs-lora-words"><bdi>{html.escape(lora.words)}</bdi></div>')
    if lora.note:
        lines.append(f'<div class="fs-soft fs-clamp"><bdi>{html.escape(lora.note)}</bdi></div>')
    used = tn("Used by {n} project", "Used by {n} projects", len(uses)) if uses else t("Not used")
    lines.append(f'<div class="fs-soft">{html.escape(used)}</div>')
    return (
        f'<div class="fs-card">{picture(shown, "")}<div class="fs-card-body">'
        f'<div class="fs-name fs-clamp" title="{name}"><bdi>{name}</bdi></div>'
        f'<div class="fs-row">{chips}</div>{"".join(lines)}</div></div>'
    )


def _boxes(lora: Lora, uses: list[LoraUse]) -> None:
    key = f"lora-name-{lora.id}"
    st.text_input(
        t("Name"), lora.name, key=key, max_chars=MAX_NAME_CHARACTERS, on_change=_bound(key, lora, "name", lora.name)
    )
    key = f"lora-strength-{lora.id}"
    st.number_input(
        t("Usual strength"),
        -MAX_LORA_STRENGTH,
        MAX_LORA_STRENGTH,
        float(lora.strength),
        step=0.05,
        format="%.2f",
        key=key,
        on_change=_bound(key, lora, "strength", float(lora.strength)),
        help=t("How strongly it is added where it is chosen from now on; what was chosen before stays as it is."),
    )
    key = f"lora-words-{lora.id}"
    st.text_input(
        t("Trigger words"),
        lora.words,
        key=key,
        max_chars=MAX_WORDS_CHARACTERS,
        placeholder=t("None"),
        on_change=_bound(key, lora, "words", lora.words),
        help=t("Put before the prompts of shots that choose it, unless they say them already. Commas part them."),
    )
    key = f"lora-note-{lora.id}"
    st.text_area(
        t("Note"),
        lora.note,
        key=key,
        max_chars=MAX_NOTE_CHARACTERS,
        height=80,
        on_change=_bound(key, lora, "note", lora.note),
    )
    _picture_box(lora)
    for use in uses:
        st.caption(said(Message("lora-used", {"use": use.message})))
    layers = tn("{n} layer", "{n} layers", lora.layers)
    facts = t("{file}, {layers}, SHA-256 {sum}").format(file=lora.file_name, layers=layers, sum=lora.id)
    st.html(f'<div class="fs-soft fs-lora-sum">{html.escape(facts)}</div>')
    st.button(
        t("Put away"),
        key=f"lora-delete-{lora.id}",
        icon=":material/delete:",
        type="tertiary",
        disabled=bool(uses),
        help=t("Take it off the projects and shots that use it first.") if uses else None,
        on_click=do,
        args=(
            lambda opened: delete_lora(session=opened, lora_id=lora.id),
            Message("lora-deleted", {"name": lora.name}),
            lambda opened: restore_lora(session=opened, lora_id=lora.id),
        ),
    )


def _picture_box(lora: Lora) -> None:
    label = t("Another picture") if lora.media_id else t("A picture of what it does")
    box_for_file(f"lora-picture-{lora.id}", label, functools.partial(_pictured, lora))
    if lora.media_id:
        st.button(
            t("Take the picture away"),
            key=f"lora-no-picture-{lora.id}",
            icon=":material/hide_image:",
            type="tertiary",
            on_click=_show_by,
            args=(lora, None),
        )


def _pictured(lora: Lora, uploaded: UploadedFile) -> None:
    def show(opened: Any) -> None:
        added = add_picture(session=opened, settings=settings(), data=uploaded.getvalue(), name=uploaded.name)
        give_picture(session=opened, lora_id=lora.id, media_id=added.media.id)

    attempt(show, Message("lora-edited", {"name": lora.name}), functools.partial(_give, lora.id, lora.media_id))


def _show_by(lora: Lora, media_id: str | None) -> None:
    back = functools.partial(_give, lora.id, lora.media_id)
    attempt(functools.partial(_give, lora.id, media_id), Message("lora-edited", {"name": lora.name}), back)


def _give(lora_id: str, media_id: str | None, opened: Any) -> None:
    give_picture(session=opened, lora_id=lora_id, media_id=media_id)


def _bound(key: str, lora: Lora, field: str, value: Any) -> Any:
    return bound(key, value, functools.partial(_set, lora.id, field))


def _set(lora_id: str, field: str, value: Any) -> bool:
    before: dict[str, Any] = {}

    def change(opened: Any) -> None:
        lora = get_lora(session=opened, lora_id=lora_id)
        before.update({field: getattr(lora, field), "called": lora.name})
        edit_lora(session=opened, lora_id=lora_id, changes=LoraUpdate.model_validate({field: value}))

    def back(opened: Any) -> None:
        edit_lora(session=opened, lora_id=lora_id, changes=LoraUpdate.model_validate({field: before[field]}))

    if not attempt(change):
        return False
    return attempt(lambda _: None, Message("lora-edited", {"name": before["called"]}), back)
