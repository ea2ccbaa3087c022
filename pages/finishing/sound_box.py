"""Taking in a sound file: its content says what it is, and all of it is decoded before it is kept."""

from __future__ import annotations

import html
import shutil
from collections.abc import Callable

import streamlit as st
from sqlmodel import Session

from pages.finishing.keeping import beside, keep
from pages.look.language import t
from pages.look.text import seconds_text
from pages.serving.files import sound_url
from pages.session.database import settings
from projects.database.tables import Media
from projects.sound.files import add_sound, aside_path
from projects.sound.reading import MAX_SOUND_BYTES, MAX_SOUND_SECONDS

# What is done with a sound that was kept.
Use = Callable[[Session, Media], object]


def sound_box(name: str, project_id: str, label: str, use: Use) -> None:
    """A box that takes one sound file; ``use`` is called with what it is kept as, in the same edit."""
    turn = st.session_state.setdefault(f"{name}-turn", 0)
    key = f"{name}-{turn}"
    st.file_uploader(
        label,
        key=key,
        max_upload_size=MAX_SOUND_BYTES // 2**20,
        help=t(
            "WAV, FLAC, MP3, M4A, AAC, Ogg, Opus or WebM, or the sound of a film: at most {size} MB and {hours} hours."
        ).format(size=MAX_SOUND_BYTES // 2**20, hours=MAX_SOUND_SECONDS // 3600),
        on_change=_taken_in,
        args=(name, key, project_id, use),
    )
    beside(name)


def heard(media: Media) -> None:
    """A sound with its name and length, to listen to."""
    facts = f"{media.name} · {seconds_text(media.seconds or 0.0)}"
    label = t("Listen to {name}").format(name=media.name)
    st.html(
        f'<div class="fs-soft"><bdi>{html.escape(facts)}</bdi></div>'
        f'<audio class="fs-audio" controls preload="none" src="{html.escape(sound_url(media.id))}" '
        f'aria-label="{html.escape(label)}"></audio>'
    )


def _taken_in(name: str, key: str, project_id: str, use: Use) -> None:
    """The callback of the box."""
    uploaded = st.session_state[key]
    # A browser that has not drawn the empty box yet may hand in the same file once more.
    taken = st.session_state.setdefault(f"{name}-taken", set())
    if uploaded is None or uploaded.file_id in taken:
        return
    taken.add(uploaded.file_id)
    st.session_state[f"{name}-turn"] += 1  # an empty box next time

    def take_in(opened: Session) -> None:
        path = aside_path(settings())
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(uploaded, file)
            use(opened, add_sound(session=opened, settings=settings(), file=path, name=uploaded.name))
        finally:
            path.unlink(missing_ok=True)

    keep(name, project_id, "add-sound", take_in)
