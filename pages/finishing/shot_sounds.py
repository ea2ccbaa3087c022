"""The sounds of one shot: files, when each begins, how loud it is, and whether music goes down under it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st
from sqlmodel import Session

from framepack.shots.spans import MAX_SECONDS
from pages.finishing.sound_box import heard, sound_box
from pages.look.language import t
from pages.session.bound import bound
from pages.session.keeping import beside, keep
from projects.cutting.shot_fields import DECIBELS, MAX_SOUNDS, ShotSound, sounds_of
from projects.database.tables import Media, Shot
from projects.sound.placing import change_with_shot, put_with_shot, take_from_shot

_SORTS: tuple[Literal["sound", "voice"], ...] = ("sound", "voice")


def shot_sounds(shot: Shot, sounds: Sequence[Media]) -> None:
    """All sounds of a shot, and boxes for one more; ``sounds`` are all that may be chosen."""
    known = {media.id: media for media in sounds}
    st.html(f'<h3 class="fs-name">{t("Sounds of this shot")}</h3>')
    for place, sound in enumerate(sounds_of(shot)):
        with st.container(border=True, key=f"shot-sound-{place}", gap="small"):
            _one(shot, place, sound, known)
    if len(shot.sounds) < MAX_SOUNDS:
        _more(shot, known)


def _one(shot: Shot, place: int, sound: ShotSound, known: Mapping[str, Media]) -> None:
    if sound.media_id in known:
        heard(known[sound.media_id])
    key = f"shot-sound-{shot.id}-{place}"
    at, db, sort, away = st.columns([3, 3, 3, 2], vertical_alignment="bottom")
    with at:
        _number(shot, key, sound, "at", t("Begins (s after the shot)"), MAX_SECONDS)
    with db:
        _number(shot, key, sound, "db", t("Level (dB)"), DECIBELS[1])
    with sort:
        titles = {"sound": t("Sound"), "voice": t("Voice (music goes down)")}
        box = f"{key}-sort"
        changed = bound(box, sound.sort, functools.partial(_change, shot, key, sound, "sort"))
        st.selectbox(
            t("Kind"),
            _SORTS,
            _SORTS.index(sound.sort),
            format_func=titles.__getitem__,
            key=box,
            on_change=changed,
        )
    with away:
        name = known[sound.media_id].name if sound.media_id in known else ""
        st.button(
            t("Remove"),
            key=f"{key}-remove",
            icon=":material/delete:",
            help=t("Take {name} away from this shot").format(name=name),
            on_click=_remove,
            args=(shot, key, sound),
        )
    beside(key)


def _number(shot: Shot, key: str, sound: ShotSound, field: str, label: str, most: float) -> None:
    value = float(getattr(sound, field))
    box = f"{key}-{field}"
    changed = bound(box, value, functools.partial(_change, shot, key, sound, field))
    least = DECIBELS[0] if field == "db" else -most
    step = 1.0 if field == "db" else 0.1
    st.number_input(label, least, most, value, step=step, format="%.2f", key=box, on_change=changed)


def _more(shot: Shot, known: Mapping[str, Media]) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        sound_box(f"shot-file-{shot.id}", shot.project_id, t("Add a sound file"), functools.partial(_add, shot.id))
    with right:
        if known:
            key = f"shot-sound-again-{shot.id}"
            st.selectbox(
                t("Add a sound that the studio has"),
                list(known),
                None,
                format_func=lambda id: known[id].name,
                key=key,
                placeholder=t("Choose a sound"),
                on_change=_add_known,
                args=(shot, key),
            )
            beside(key)


# --- clicks -----------------------------------------------------------------------------------------------------------


def _change(shot: Shot, key: str, was: ShotSound, field: str, value: Any) -> bool:
    sound = ShotSound.model_validate({**was.model_dump(), field: value})
    return keep(
        key,
        shot.project_id,
        "edit-shot",
        lambda opened: change_with_shot(session=opened, shot_id=shot.id, was=was, sound=sound),
    )


def _remove(shot: Shot, key: str, was: ShotSound) -> None:
    keep(
        key,
        shot.project_id,
        "edit-shot",
        lambda opened: take_from_shot(session=opened, shot_id=shot.id, was=was),
    )


def _add(shot_id: str, opened: Session, media: Media) -> None:
    put_with_shot(session=opened, shot_id=shot_id, sound=ShotSound(media_id=media.id))


def _add_known(shot: Shot, key: str) -> None:
    """The callback of the box; it is empty again afterwards."""
    chosen = st.session_state[key]
    st.session_state[key] = None
    if chosen is not None:
        sound = ShotSound(media_id=chosen)
        keep(
            key,
            shot.project_id,
            "add-sound",
            lambda opened: put_with_shot(session=opened, shot_id=shot.id, sound=sound),
        )
