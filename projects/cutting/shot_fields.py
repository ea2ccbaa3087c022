"""What can be said of a shot for the film only: its bounds, and the sounds that play with it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.spans import MAX_SECONDS
from projects.database.tables import Shot

SPEEDS = (0.25, 4.0)
TRANSITION_SECONDS = (0.0, 10.0)
MAX_HOLD_SECONDS = 60.0
DECIBELS = (-60.0, 24.0)
MAX_SOUNDS = 16
MAX_WORDS_CHARACTERS = 500


class ShotSound(BaseModel):
    """A sound file that plays with a shot: ``at`` seconds after the shot begins in the film (before it, if negative).

    ``media_id`` names the file, ``db`` how much louder than it is; under a "voice" the film's music is lowered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    media_id: str
    at: Annotated[float, Field(ge=-MAX_SECONDS, le=MAX_SECONDS)] = 0.0
    db: Annotated[float, Field(ge=DECIBELS[0], le=DECIBELS[1])] = 0.0
    sort: Literal["sound", "voice"] = "sound"


def sounds_of(shot: Shot) -> tuple[ShotSound, ...]:
    """The sounds of a shot."""
    return tuple(ShotSound.model_validate(sound) for sound in shot.sounds)


def check_film_fields(shot: Shot) -> None:
    """Raise InvalidRequest where a shot cannot be in a film so. That its trims leave something is the film's matter."""
    for field, value, least, most in (
        ("transition_seconds", shot.transition_seconds, *TRANSITION_SECONDS),
        ("trim_start", shot.trim_start, 0.0, MAX_SECONDS),
        ("trim_end", shot.trim_end, 0.0, MAX_SECONDS),
        ("speed", shot.speed, *SPEEDS),
        ("hold_first", shot.hold_first, 0.0, MAX_HOLD_SECONDS),
        ("hold_last", shot.hold_last, 0.0, MAX_HOLD_SECONDS),
    ):
        # Written so that what is no number is outside, too.
        if not least <= value <= most:
            raise InvalidRequest(field, Message("not-between", {"value": value, "least": least, "most": most}))
    for field in ("title", "lower_third"):
        if len(getattr(shot, field)) > MAX_WORDS_CHARACTERS:
            raise InvalidRequest(field, Message("too-long", {"most": MAX_WORDS_CHARACTERS}))
    if len(shot.sounds) > MAX_SOUNDS:
        raise InvalidRequest("sounds", Message("sounds-many", {"most": MAX_SOUNDS}))
    try:
        sounds_of(shot)
    except ValidationError as problem:
        fault = problem.errors(include_url=False)[0]
        raise InvalidRequest("sounds", Message("sound-value", {"key": ".".join(map(str, fault["loc"]))})) from None
