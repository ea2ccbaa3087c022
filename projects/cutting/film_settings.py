"""What is said of a project's film as a whole: rate, size, music, loudness and captions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.spans import MAX_SECONDS
from projects.cutting.shot_fields import DECIBELS, MAX_WORDS_CHARACTERS

Captions = Literal["none", "burned", "soft", "file"]
Loudness = Literal[-14, -16, -23]
# Frames a second, as they are called and as they are.
RATES: Mapping[float, Fraction] = MappingProxyType(
    {24: Fraction(24), 25: Fraction(25), 29.97: Fraction(30000, 1001), 30: Fraction(30), 50: Fraction(50)}
    | {60: Fraction(60)}
)
# What films are called by: the length of their shorter side in pixels.
SIZES = (480, 720, 1080, 1440, 2160)

Decibels = Annotated[float, Field(ge=DECIBELS[0], le=DECIBELS[1])]
Seconds = Annotated[float, Field(ge=0.0, le=3600.0)]
Words = Annotated[str, Field(max_length=MAX_WORDS_CHARACTERS)]
CardSeconds = Annotated[float, Field(gt=0.0, le=MAX_SECONDS)]


class FilmSettings(BaseModel):
    """How a film is finished. None: as its takes are, and for ``loudness``: as loud as its sounds are.

    ``size`` is the length of its shorter side in pixels; ``enlarge`` names the file of a model of the person's own that
    enlarges takes smaller than that, "": they are scaled. ``stills``: shots without a take show their picture.
    ``music`` names a sound file; it begins ``music_at`` seconds into the film with what it has at ``music_start``,
    fades in and out over ``music_fade`` seconds, begins anew at its end where ``music_loop`` is set, and is lowered by
    ``duck`` dB under voices. ``loudness`` is in LUFS. ``match_colour`` evens out steps of colour where shots join.
    ``title`` and ``credits`` are cards before the first and after the last shot. ``story``: films and takes carry what
    made them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    fps: float | None = None
    stills: bool = False
    size: int | None = None
    enlarge: Annotated[str, Field(max_length=255)] = ""
    music: str | None = None
    music_at: Seconds = 0.0
    music_start: Seconds = 0.0
    music_db: Decibels = 0.0
    music_fade: Seconds = 0.0
    music_loop: bool = False
    duck: Annotated[float, Field(ge=0.0, le=60.0)] = 0.0
    loudness: Loudness | None = None
    captions: Captions = "none"
    match_colour: bool = False
    title: Words = ""
    title_seconds: CardSeconds = 3.0
    credits: Words = ""
    credits_seconds: CardSeconds = 4.0
    story: bool = True

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        # Composed films are known by how their settings print: those made before there was a story stay the same.
        return ((name, value) for name, value in super().__repr_args__() if (name, value) != ("story", True))

    def stored(self) -> dict[str, Any]:
        """As a project's ``film`` holds it: what differs from the usual."""
        return self.model_dump(exclude_defaults=True)


def film_settings(*values: Mapping[str, Any]) -> FilmSettings:
    """The settings that stored ``values`` say, the later ones before the earlier. Raises InvalidRequest."""
    said = {name: value for some in values for name, value in some.items()}
    try:
        settings = FilmSettings.model_validate(said)
    except ValidationError as problem:
        fault = problem.errors(include_url=False)[0]
        raise InvalidRequest(f"film.{fault['loc'][0]}", Message("film-value", {"value": str(fault["input"])})) from None
    for field, value, known in (("fps", settings.fps, tuple(RATES)), ("size", settings.size, SIZES)):
        if value is not None and value not in known:
            said_of = {"value": value, "choices": ", ".join(map(str, known))}
            raise InvalidRequest(f"film.{field}", Message("film-not-among", said_of))
    return settings
