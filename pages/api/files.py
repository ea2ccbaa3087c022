"""What the interface does with files: keep pictures and videos, and say which shots a text describes."""

from __future__ import annotations

from pathlib import Path

from framepack.messages import Message
from pages.api.answers import PictureAnswer, ReadLines, ReadShot, VideoAnswer
from pages.api.asking import Asked
from pages.api.bodies import OfPicture, OfText, OfVideo
from pages.look.text import said
from pages.serving.files import picture_url
from pages.session.database import settings
from projects.errors import StoryboardProblem
from projects.interchange.shot_lines import STORYBOARD, shots_from_text, text_of_file
from projects.storage.pictures import add_picture
from projects.storage.videos import add_video


def keep_picture(asked: Asked[bytes, OfPicture]) -> PictureAnswer:
    """Keep a picture; its content says what it is, not its name."""
    added = add_picture(session=asked.session, settings=settings(), data=asked.body, name=asked.query.name)
    return PictureAnswer(
        media_id=added.media.id,
        width=added.media.width,
        height=added.media.height,
        name=added.media.name,
        url=picture_url(added.media.id),
        remarks=[said(remark) for remark in added.remarks],
    )


def keep_video(asked: Asked[Path, OfVideo]) -> VideoAnswer:
    """Keep a video that shots can go on from; its content says what it is, not its name."""
    added = add_video(session=asked.session, settings=settings(), file=asked.body, name=asked.query.name)
    media = added.media
    return VideoAnswer(
        media_id=media.id,
        width=media.width,
        height=media.height,
        seconds=media.seconds or 0.0,
        name=media.name,
        picture=picture_url(media.still_id or ""),
        remarks=[said(remark) for remark in added.remarks],
    )


def read_lines(asked: Asked[bytes, OfText]) -> ReadLines:
    """The shots that a text describes: one per line, or a table of them. It makes none."""
    name = asked.query.name
    text = text_of_file(asked.body, name)
    if "\0" in text:
        raise StoryboardProblem(Message("lines-not-text", {"name": name}))
    if STORYBOARD in text:
        raise StoryboardProblem(Message("new-storyboard-file", {"name": name}))
    shots = [ReadShot.model_validate(shot, from_attributes=True) for shot in shots_from_text(text)]
    return ReadLines(text=text.removeprefix("\ufeff"), shots=shots)
