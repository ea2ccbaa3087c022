"""The video that the selected shot goes on from: put one in, see what of it counts, take it away."""

from __future__ import annotations

import html
import shutil
from functools import partial

import streamlit as st
from sqlmodel import Session
from streamlit.runtime.uploaded_file_manager import UploadedFile

from framepack.checkpoints.table import checkpoint_named
from framepack.media.own_video import KINDS, MAX_VIDEO_BYTES
from framepack.messages import Message
from pages.board.reading import Board
from pages.board.rows import video_row
from pages.look.language import t
from pages.look.text import seconds_text
from pages.session.database import settings
from pages.session.emptied import box_for_file
from pages.session.keeping import beside, keep
from pages.session.state import Notice, edit, say
from projects.storage.aside import aside_path
from projects.storage.videos import add_video
from projects.storyboard.project_settings import checkpoint_of
from projects.storyboard.shots import attach_video, detach_video
from projects.storyboard.videos import asked_past
from projects.takes.staleness import ShotPlan


def shot_video_box(board: Board, plan: ShotPlan) -> None:
    """What the shot goes on from, where that is a video, and the box for one; the reason beside it if it is none."""
    shot = plan.shot
    _now(board, plan)
    if shot.start == "continue" and shot.position > 0 and shot.video is None:
        return
    box_for_file(
        _box(shot.id),
        t("Go on from another video") if shot.video else t("Go on from a video of yours"),
        partial(_taken_in, board.project.id, shot.id),
        about=t(
            "The shot begins right behind the video's last picture and goes on as it moved. The film shows only what "
            "is rendered, not the video. {kinds}, at most {size} MB."
        ).format(kinds=KINDS, size=MAX_VIDEO_BYTES // 2**20),
        megabytes=MAX_VIDEO_BYTES // 2**20,
    )
    beside(_box(shot.id))


def _now(board: Board, plan: ShotPlan) -> None:
    shot = plan.shot
    video, past = video_row(board, shot), asked_past(shot)
    if video is None or past is None:
        return
    with st.container(key="video-before", gap="small"):
        alt = t("The last picture of the video {name}").format(name=video.name)
        fps = checkpoint_named(checkpoint_of(board.project, board.made_for)).fps
        used = t("{name} · {length}; its last {used} are gone on from, and the film shows none of it.").format(
            name=video.name, length=seconds_text(video.seconds), used=seconds_text(past.frames / fps)
        )
        st.html(
            f'<div class="fs-small"><img src="{html.escape(video.picture)}" alt="{html.escape(alt)}" decoding="async">'
            f'<div class="fs-soft"><bdi>{html.escape(used)}</bdi></div></div>'
        )
        st.button(
            t("Take the video away"),
            key="detach-video",
            type="tertiary",
            icon=":material/videocam_off:",
            on_click=edit,
            args=(board.project.id, "detach-video", lambda opened: detach_video(session=opened, shot_id=shot.id)),
        )


def _box(shot_id: str) -> str:
    return f"video-{shot_id}"


def _taken_in(project_id: str, shot_id: str, uploaded: UploadedFile) -> None:
    """The callback of the box."""
    remarks: list[Message] = []

    def take_in(opened: Session) -> None:
        path = aside_path(settings())
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(uploaded, file)
            added = add_video(session=opened, settings=settings(), file=path, name=uploaded.name)
            attach_video(session=opened, shot_id=shot_id, media_id=added.media.id)
            remarks.extend(added.remarks)
        finally:
            path.unlink(missing_ok=True)

    if keep(_box(shot_id), project_id, "attach-video", take_in):
        for remark in remarks:
            say(Notice(remark, "quiet"))
