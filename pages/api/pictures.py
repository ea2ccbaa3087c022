"""What the interface does with pictures: take in a file."""

from __future__ import annotations

from pages.api.answers import PictureAnswer
from pages.api.asking import Asked
from pages.api.bodies import OfPicture
from pages.look.text import said
from pages.serving.files import picture_url
from pages.session.database import settings
from projects.storage.pictures import add_picture


def add(asked: Asked[bytes, OfPicture]) -> PictureAnswer:
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
