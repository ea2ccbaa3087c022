"""The picture of the selected shot: put one in, take it away, and place it in the frame where the project says so."""

from __future__ import annotations

import html
from functools import partial

import streamlit as st
from sqlmodel import Session
from streamlit.runtime.uploaded_file_manager import UploadedFile

from framepack.messages import Message
from pages.board.reading import Board
from pages.inspector.end import shot_end
from pages.inspector.placing import placing
from pages.look.language import t
from pages.pictures.card import first_card
from pages.pictures.from_words import from_words
from pages.session.database import settings
from pages.session.emptied import box_for_file
from pages.session.state import Notice, edit, edited, say
from projects.storage.pictures import add_picture
from projects.storyboard.shots import attach_image, detach_image
from projects.storyboard.videos import picture_shown
from projects.takes.staleness import ShotPlan


def shot_picture(board: Board, plan: ShotPlan) -> None:
    """The box for a picture, and what can be done with the one there is."""
    shot = plan.shot
    if shot.media_id:
        name = board.pictures.get(shot.media_id, "")
        st.html(f'<div class="fs-soft">{html.escape(name)}</div>')
    if board.project.fit == "place" and picture_shown(shot):
        placing(board.project, shot, key=f"placing-{board.project.id}")
    if shot.video:
        anchor = t("The shot goes on from a video; a picture of its own would only tell it what to stay like.")
        st.html(f'<div class="fs-soft">{html.escape(anchor)}</div>')
    picture_box(board.project.id, shot.id, t("Use another picture") if shot.media_id else t("Choose a picture"))
    if shot.media_id:
        st.button(
            t("Take the picture away"),
            key="detach",
            type="tertiary",
            icon=":material/hide_image:",
            on_click=edit,
            args=(board.project.id, "detach-picture", lambda opened: detach_image(session=opened, shot_id=shot.id)),
        )
    shot_end(board, plan)
    first_card(board.project.id, shot)
    from_words(board, plan)


def picture_box(project_id: str, shot_id: str, label: str) -> None:
    """A box that takes one picture for a shot, whatever its name ends with: its content says what it is."""
    box_for_file(f"picture-{shot_id}", label, partial(_attached, project_id, shot_id))


def _attached(project_id: str, shot_id: str, uploaded: UploadedFile) -> None:
    remarks: list[Message] = []

    def attach(opened: Session) -> None:
        added = add_picture(session=opened, settings=settings(), data=uploaded.getvalue(), name=uploaded.name)
        attach_image(session=opened, shot_id=shot_id, media_id=added.media.id)
        remarks.extend(added.remarks)

    if edited(project_id, "attach-picture", attach):
        for remark in remarks:
            say(Notice(remark, "quiet"))
