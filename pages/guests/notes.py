"""What guests noted, as the owner of the project sees it: on one shot, or on all."""

from __future__ import annotations

import functools
import html

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.look.language import t, tn
from pages.look.text import when_text
from pages.session.database import session
from pages.session.state import do
from projects.database.tables import GuestNote, now
from projects.guests.notes import note_done, note_open, notes_of, notes_on
from projects.storyboard.reading import shots_of

# The rest comes up as those before it are done.
_SHOWN = 30


def notes_of_shot(shot_id: str) -> None:
    """What is noted on one shot; nothing where nothing is."""
    with session() as opened:
        notes = notes_on(session=opened, shot_id=shot_id)
    for note in notes[:_SHOWN]:
        _note(note, "")
    _more(len(notes))


def notes_listed(project_id: str) -> None:
    """What is noted on a project and its shots, each with the number of its shot."""
    with session() as opened:
        notes = notes_of(session=opened, project_id=project_id)
        labels = {shot.id: shot.label for shot in shots_of(session=opened, project_id=project_id)}
    for note in notes[:_SHOWN]:
        _note(note, labels.get(note.shot_id or "", t("On the whole")))
    _more(len(notes))


def _note(note: GuestNote, about: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        who = f"{note.author or t('A guest')} · {when_text(note.created_at, now())}"
        told = html.escape(note.text).replace("\n", "<br>")
        place = f'<span class="fs-number">{html.escape(about)}</span> ' if about else ""
        st.html(
            f'<div class="fs-sentence">{place}{told}<br><span class="fs-soft">{html.escape(who)}</span></div>',
        )
        st.button(
            t("Done"),
            key=f"note-done-{'in-list' if about else 'at-shot'}-{note.id}",
            icon=":material/check:",
            on_click=do,
            args=(
                functools.partial(_done, note.id),
                Message("guest-note-done"),
                functools.partial(_open, note.id),
            ),
        )


def _more(count: int) -> None:
    if count > _SHOWN:
        st.caption(tn("{n} more note", "{n} more notes", count - _SHOWN))


def _done(note_id: str, opened: Session) -> None:
    note_done(session=opened, note_id=note_id)


def _open(note_id: str, opened: Session) -> None:
    note_open(session=opened, note_id=note_id)
