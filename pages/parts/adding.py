"""The ways to add shots beside dropping pictures on the board: a box for pictures, pasted text, a continuing shot."""

from __future__ import annotations

import functools
from dataclasses import asdict

import streamlit as st
from sqlmodel import Session

from pages.look.language import t
from pages.look.text import natural
from pages.session.database import settings
from pages.session.state import Notice, carried_out, edit, edited, say
from projects.database.tables import Project, Start
from projects.interchange.shot_lines import shots_from_text
from projects.storage.pictures import add_picture
from projects.storyboard.journal import journaled
from projects.storyboard.shots import NewShot, add_shot, add_shots

_TEXT = "lines-text"


def adding(project: Project, shots: int) -> None:
    """A button that opens them; ``shots`` is how many there are."""
    with st.popover(t("Add shots"), icon=":material/add:", key="adding"):
        turn = st.session_state.setdefault("uploads", 0)
        key = f"pictures-{project.id}-{turn}"
        st.file_uploader(
            t(
                "Pictures (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF): each becomes a shot of its own, in the order "
                "of their names. They can also be dropped anywhere on the board, or pasted."
            ),
            accept_multiple_files=True,
            key=key,
            on_change=add_pictures,
            args=(project.id, key),
        )
        st.text_area(
            t("Or text: one line per shot, or a table whose first line names its columns"),
            key=_TEXT,
            height=120,
            placeholder=t("Waves roll in at dawn. (4 s)\nA boat comes home.\nNight falls."),
        )
        st.button(
            t("Add these shots"),
            key="add-lines",
            icon=":material/playlist_add:",
            on_click=add_lines,
            args=(project.id,),
        )
        start: Start = "continue" if shots else "cut"
        st.button(
            t("Add a shot that continues the last") if shots else t("Add an empty shot"),
            key="add-one",
            icon=":material/arrow_forward:",
            on_click=edit,
            args=(
                project.id,
                "add-shots",
                lambda opened: add_shot(session=opened, project_id=project.id, start=start),
            ),
        )


def add_pictures(project_id: str, key: str) -> None:
    """The callback of the box for pictures: one shot per picture; what is to be said of each is said."""
    uploads = sorted(st.session_state[key] or [], key=lambda upload: natural(upload.name))
    st.session_state["uploads"] += 1  # an empty box next time
    st.session_state["notices"] = []
    for upload in uploads:
        carried_out(functools.partial(add_shot_of, project_id, upload.getvalue(), upload.name))


def add_shot_of(project_id: str, data: bytes, name: str, opened: Session) -> None:
    """One shot that starts from the picture in ``data``; what there is to remark about the picture is said."""
    added = add_picture(session=opened, settings=settings(), data=data, name=name)
    with journaled(session=opened, project_id=project_id, kind="add-shots"):
        add_shot(session=opened, project_id=project_id, media_id=added.media.id)
    for remark in added.remarks:
        say(Notice(remark, "quiet"))


def add_lines(project_id: str) -> None:
    """The callback of "Add these shots": the text stays in its box where it cannot be read."""
    text = str(st.session_state.get(_TEXT, ""))

    def add(opened: Session) -> None:
        new = [NewShot(**asdict(line)) for line in shots_from_text(text)]
        add_shots(session=opened, project_id=project_id, new=new)

    if edited(project_id, "add-shots", add):
        st.session_state[_TEXT] = ""
