"""What was measured where a take goes on from a video, as the take keeps it. It reads no frames."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framepack.errors import InvalidRequest
from framepack.media.joins import ColourStep, Join
from framepack.messages import Message
from projects.database.tables import Take

_Levels = Annotated[float, Field(ge=0.0, le=255.0)]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    colour: _Levels
    usual_colour: _Levels
    movement: _Levels
    usual_movement: _Levels


def stored_join(join: Join) -> dict[str, Any]:
    """A join as a take keeps it."""
    return {
        "colour": round(join.colour.step, 3),
        "usual_colour": round(join.colour.usual, 3),
        "movement": round(join.movement, 3),
        "usual_movement": round(join.usual_movement, 3),
    }


def video_join_of(take: Take) -> Join | None:
    """The join of a take to the video that it goes on from; None where it goes on from none.

    Raises InvalidRequest where what is kept cannot be one.
    """
    if take.video_join is None:
        return None
    try:
        kept = _Kept.model_validate(take.video_join)
    except ValidationError as problem:
        fault = problem.errors(include_url=False)[0]
        raise InvalidRequest("video", Message("video-value", {"key": ".".join(map(str, fault["loc"]))})) from None
    return Join(ColourStep(kept.colour, kept.usual_colour), kept.movement, kept.usual_movement)
