"""Videos that shots go on from: kept as they were given, by the hash of their file, with their last picture."""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from framepack.errors import VideoRejected
from framepack.files.atomic import sync
from framepack.media.own_video import MAX_VIDEO_BYTES, read_video, video_hash
from framepack.messages import Message
from projects.database.tables import Media
from projects.database.viewers import claim_media
from projects.names import shown_file_name
from projects.settings import StudioSettings
from projects.storage.aside import aside_path
from projects.storage.pictures import MAX_NAME_CHARACTERS, add_picture
from projects.storage.places import picture_path
from projects.storage.shared import share_named_by_content

# All models make so many pictures a second.
FPS = 30


@dataclass(frozen=True)
class AddedVideo:
    """A video that was added, and what is to be said of it."""

    media: Media
    remarks: tuple[Message, ...]


def add_video(*, session: Session, settings: StudioSettings, file: Path, name: str) -> AddedVideo:
    """Keep a copy of the video in ``file``, which is called ``name``; one that is there already is found again.

    Its last picture is kept as a picture of its own. A file that is kept as a sound can be both. Raises VideoRejected
    as ``framepack.media.own_video.read_video``, before anything is kept.
    """
    name = shown_file_name(name, most=MAX_NAME_CHARACTERS, otherwise="video")
    if file.is_file() and file.stat().st_size > MAX_VIDEO_BYTES:
        raise VideoRejected(name, Message("video-many-bytes", {"most": MAX_VIDEO_BYTES // 2**20}))
    # What is read and hashed is the copy: the file that was given may change meanwhile.
    aside = aside_path(settings)
    try:
        try:
            shutil.copyfile(file, aside)
        except FileNotFoundError:
            raise VideoRejected(name, Message("picture-missing")) from None
        read = read_video(aside, name, FPS)
        id, size = video_hash(aside), aside.stat().st_size
        path = picture_path(settings, id)
        path.parent.mkdir(parents=True, exist_ok=True)
        sync(aside)
        aside.replace(path)
        sync(path.parent)
        share_named_by_content(settings, path)
    finally:
        aside.unlink(missing_ok=True)
    picture = io.BytesIO()
    read.picture.save(picture, "PNG")
    called = f"{name.rpartition('.')[0] or name}.png"
    still = add_picture(session=session, settings=settings, data=picture.getvalue(), name=called).media
    claim_media(session, id)
    media = session.get(Media, id)
    if media is None:
        media = Media(id=id, name=name, kind=read.mime, medium="video", width=0, height=0, size_bytes=size)
        session.add(media)
    if media.medium == "video":
        media.width, media.height, media.seconds = read.width, read.height, read.seconds
    media.last_frame, media.still_id = read.last, still.id
    session.flush()
    return AddedVideo(media, read.remarks)
