"""The picture that the selected shot is made towards, an end picture or what it is guided to: put in, taken away."""

from __future__ import annotations

import html
from functools import partial

import streamlit as st
from sqlmodel import Session
from streamlit.runtime.uploaded_file_manager import UploadedFile

from framepack.messages import Message
from framepack.shots.beats import guided_from
from pages.board.reading import Board
from pages.board.rows import end_row
from pages.look.language import t
from pages.look.text import seconds_text
from pages.look.theme import told
from pages.session.database import settings
from pages.session.emptied import box_for_file
from pages.session.keeping import beside, keep
from pages.session.state import Notice, edit, say
from projects.storage.pictures import add_picture
from projects.storyboard.ends import attach_end, close_loop, detach_end
from projects.takes.staleness import ShotPlan


def shot_end(board: Board, plan: ShotPlan) -> None:
    """The picture there is, the box for one with the reason beside it if it is none, and the way to a loop."""
    with st.container(key="shot-end", gap="small"):
        backwards = board.works_backwards(plan)
        _now(board, plan)
        _box(board, plan, backwards=backwards)
        _loop(board, plan, backwards=backwards)


def _now(board: Board, plan: ShotPlan) -> None:
    shot, end = plan.shot, end_row(board, plan)
    if end is None:
        return
    name = end.name
    if end.guided:
        alt = t("The picture that {shot} is guided to").format(shot=shot.label)
        words = t("Guided to {name} from {seconds} on; how near it comes is up to the model.").format(
            name=name, seconds=seconds_text(guided_from(shot.seconds))
        )
    else:
        alt = t("The end picture of {shot}").format(shot=shot.label)
        words = t("Ends with {name}: the last section is made first, right beside this picture.").format(name=name)
    st.html(
        f'<div class="fs-small"><img src="{html.escape(end.picture)}" alt="{html.escape(alt)}" decoding="async">'
        f'<div class="fs-soft"><bdi>{html.escape(words)}</bdi></div></div>'
    )
    st.button(
        t("Take the picture at the end away"),
        key="detach-end",
        type="tertiary",
        icon=":material/hide_image:",
        on_click=edit,
        args=(board.project.id, "detach-end", lambda opened: detach_end(session=opened, shot_id=shot.id)),
    )


def _box(board: Board, plan: ShotPlan, *, backwards: bool) -> None:
    shot = plan.shot
    if backwards:
        label = t("End picture")
        about = t("The picture that the shot ends with. All of the shot is made anew where it changes.")
    else:
        label = t("Guide to")
        about = t(
            "A picture that stands for the start picture towards the end, so that the shot goes that way. It is no end "
            "frame: with the models that work forwards the last frame need not be this picture."
        )
    box_for_file(f"end-{shot.id}", label, partial(_taken_in, board.project.id, shot.id), about=about)
    beside(_reasons(shot.id))
    if shot.end_media_id is not None and plan.planned and plan.planned.request.settings.checkpoint == "draft":
        told(t("The draft hardly follows it; render it with F1 to see where it leads."), "quiet")


def _loop(board: Board, plan: ShotPlan, *, backwards: bool) -> None:
    shot = plan.shot
    if shot.media_id is None:
        return
    if not backwards:
        told(
            t(
                "A loop needs the original FramePack: this model has the start picture before it all along, so that "
                "guiding to it changes nothing."
            ),
            "quiet",
        )
    elif shot.end_media_id != shot.media_id:
        st.button(
            t("Loop: end with the start picture"),
            key="close-loop",
            icon=":material/loop:",
            on_click=edit,
            args=(board.project.id, "attach-end", partial(_close, shot.id)),
        )


def _close(shot_id: str, opened: Session) -> None:
    close_loop(session=opened, shot_id=shot_id)


def _reasons(shot_id: str) -> str:
    return f"end-{shot_id}"


def _taken_in(project_id: str, shot_id: str, uploaded: UploadedFile) -> None:
    """The callback of the box."""
    remarks: list[Message] = []

    def take_in(opened: Session) -> None:
        added = add_picture(session=opened, settings=settings(), data=uploaded.getvalue(), name=uploaded.name)
        attach_end(session=opened, shot_id=shot_id, media_id=added.media.id)
        remarks.extend(added.remarks)

    if keep(_reasons(shot_id), project_id, "attach-end", take_in):
        for remark in remarks:
            say(Notice(remark, "quiet"))
