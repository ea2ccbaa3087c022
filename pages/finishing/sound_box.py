"""Taking in a sound file: its content says what it is, and all of it is decoded before it is kept."""

from __future__ import annotations

import html
import shutil
from collections.abc import Callable
from functools import partial

import streamlit as st
from sqlmodel import Session
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.look.language import t
from pages.look.text import seconds_text
from pages.serving.files import sound_url
from pages.session.database import settings
from pages.session.emptied import box_for_file
from pages.session.keeping import beside, keep
from projects.database.tables import Media
from projects.sound.files import add_sound
from projects.sound.reading import MAX_SOUND_BYTES, MAX_SOUND_SECONDS
from projects.storage.aside import aside_path

# What is done with a sound that was kept.
Use = Callable[[Session, Media], object]


def sound_box(name: str, project_id: str, label: str, use: Use) -> None:
    """A box that takes one sound file; ``use`` is called with what it is kept as, in the same edit."""
    box_for_file(
        name,
        label,
        partial(_taken_in, name, project_id, use),
        about=t(
            "WAV, FLAC, MP3, M4A, AAC, Ogg, Opus or WebM, or the sound of a film: at most {size} MB and {hours} hours."
        ).format(size=MAX_SOUND_BYTES // 2**20, hours=MAX_SOUND_SECONDS // 3600),
        megabytes=MAX_SOUND_BYTES // 2**20,
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


def _taken_in(name: str, project_id: str, use: Use, uploaded: UploadedFile) -> None:
    """The callback of the box."""

    def take_in(opened: Session) -> None:
        path = aside_path(settings())
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(uploaded, file)
            use(opened, add_sound(session=opened, settings=settings(), file=path, name=uploaded.name))
        finally:
            path.unlink(missing_ok=True)

    keep(name, project_id, "add-sound", take_in)
