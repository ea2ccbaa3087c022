"""Single frames of finished takes: as picture files, and as the pictures of shots. It never commits."""

from __future__ import annotations

from sqlmodel import Session

from framepack.errors import InvalidRequest
from framepack.messages import Message
from projects.database.tables import Shot, Take
from projects.errors import NotFound, StoryboardProblem
from projects.films.stitching import take_is_whole
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.stills import frame_as_png
from projects.storyboard.shots import attach_image


def frame_file(settings: StudioSettings, take: Take, number: int) -> bytes:
    """The frame ``number`` (0 is first) of a take as PNG.

    Raises StoryboardProblem where it is not finished, InvalidRequest where it has no such frame, and NotFound where its
    file is gone or damaged.
    """
    if take.status != "done":
        raise StoryboardProblem(Message("take-has-no-frames", {"number": take.number}))
    if not 0 <= number < take.frames:
        raise InvalidRequest("n", Message("not-between", {"value": number, "least": 0, "most": take.frames - 1}))
    if not take_is_whole(settings=settings, take=take):
        raise NotFound("take", take.id)
    return frame_as_png(settings, take.id, number)


def frame_to_shot(*, session: Session, settings: StudioSettings, take: Take, number: int, shot_id: str) -> Shot:
    """Make the frame ``number`` of a take the picture of a shot. Raises as ``frame_file``, and NotFound."""
    source = session.get_one(Shot, take.shot_id)
    # People count frames from 1.
    name = f"{source.label} take {take.number} frame {number + 1}.png"
    added = add_picture(session=session, settings=settings, data=frame_file(settings, take, number), name=name)
    return attach_image(session=session, shot_id=shot_id, media_id=added.media.id)
