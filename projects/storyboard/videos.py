"""Videos that shots go on from, as a storyboard keeps them and the engine is asked for them. It never commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import Session

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.past import LEAST_FRAMES, Past, end_of_video
from projects.database.tables import Media, Shot
from projects.errors import NotFound

_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# More than an hour has, the longest that is taken.
_MOST_FRAMES = 1_000_000


class ShotVideo(BaseModel):
    """The video (``media_id``) that a shot goes on from: ``last`` is the number of its last picture, as of ``Past``.

    ``still_id`` is that picture as one of its own, for whoever wants to see it; nothing is made from it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    media_id: _Hash
    last: Annotated[int, Field(ge=LEAST_FRAMES - 1, le=_MOST_FRAMES)]
    still_id: _Hash


def shot_video(shot: Shot) -> ShotVideo | None:
    """The video that a shot goes on from."""
    return None if shot.video is None else ShotVideo.model_validate(shot.video)


def stored_video(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A video as a shot keeps it. Raises InvalidRequest where it cannot be."""
    try:
        return None if said is None else ShotVideo.model_validate(said).model_dump()
    except ValidationError as problem:
        fault = problem.errors(include_url=False)[0]
        raise InvalidRequest("video", Message("video-value", {"key": ".".join(map(str, fault["loc"]))})) from None


def asked_past(shot: Shot) -> Past | None:
    """What a shot goes on from, as the engine is asked for it."""
    video = shot_video(shot)
    return None if video is None else end_of_video(video.media_id, video.last)


def picture_shown(shot: Shot) -> str | None:
    """The picture (its id) that a shot begins with: its own, or the last of the video that it goes on from."""
    video = shot_video(shot)
    return shot.media_id or (video.still_id if video else None)


def video_media(session: Session, media_id: str) -> tuple[Media, ShotVideo]:
    """A video that is kept, and as a shot keeps it. Raises NotFound."""
    media = session.get(Media, media_id)
    if media is None or media.last_frame is None or media.still_id is None:
        raise NotFound("video", media_id)
    return media, ShotVideo(media_id=media.id, last=media.last_frame, still_id=media.still_id)
