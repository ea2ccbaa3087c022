"""The story of a take or a film: what made it, as JSON that goes with its file. It knows no tables' rows and no files.

It holds what has to be known to ask for the same again, and nothing of who made it, where or when. Whoever has the file
may have changed it, so that all of it is checked when it is read.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.request import MAX_LORAS, ShotRequest
from projects.cutting.film_settings import FilmSettings
from projects.database.tables import FILM_FIELDS, Pass, ShotUpdate, Start
from projects.errors import StoryRefused
from projects.names import shown_name
from projects.storyboard.loras import ChosenLora

KIND: Literal["framepack-studio-story"] = "framepack-studio-story"
VERSION: Literal[1] = 1
# The studio's version, as the project file has it.
STUDIO = "0.1.0"
MOST_BYTES = 8 * 2**20
MAX_SHOTS = 1000
MAX_UNITS = 2000
_HASH = re.compile(r"[0-9a-f]{64}")
_MAX_KEY_CHARACTERS = 80

Key = Annotated[str, Field(pattern=_HASH.pattern, min_length=64, max_length=64)]
Frames = Annotated[int, Field(ge=1, le=1_000_000)]
# Of the unit of a video that was gone on from nothing is shown.
Shown = Annotated[int, Field(ge=0, le=1_000_000)]


class ShotStory(BaseModel):
    """What made one take. ``units`` are (key, frames shown) of what it is joined from, as a take's.

    ``first_frame`` is the frame (0 is first) of the file that shows the take's first, None where none does as it is.
    ``film`` is what is said of the shot for the film only, as far as that is not the usual. ``loras`` are those of the
    request with their names, and with their trigger words, which are in its prompts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(max_length=200)] = ""
    dialogue: Annotated[str, Field(max_length=4000)] = ""
    start: Start
    request: ShotRequest
    made_for: Pass = "draft"
    fps: Annotated[int, Field(ge=1, le=240)]
    frames: Frames
    units: Annotated[tuple[tuple[Key, Shown], ...], Field(max_length=MAX_UNITS)]
    first_frame: Annotated[int | None, Field(ge=0, le=10_000_000)] = None
    film: dict[str, Any] = {}
    loras: Annotated[tuple[ChosenLora, ...], Field(max_length=MAX_LORAS)] = ()

    @field_validator("request")
    @classmethod
    def _named_by_hashes(cls, request: ShotRequest) -> ShotRequest:
        named = (request.image, request.end, *(beat.image for beat in request.beats))
        if not all(image is None or _HASH.fullmatch(image) for image in named) or len(request.identity) > 200:
            raise ValueError("a picture is named by the hash of its file")
        return request

    @field_validator("film")
    @classmethod
    def _said_of_films(cls, film: dict[str, Any]) -> dict[str, Any]:
        if not film.keys() <= FILM_FIELDS:
            raise ValueError("only what is said of films")
        ShotUpdate.model_validate(film)
        return film

    @property
    def pictures(self) -> tuple[str, ...]:
        """The pictures, and the video, that it was made from, by their ids, each once."""
        request = self.request
        past = request.past.video if request.past else None
        named = (past, request.image, *(beat.image for beat in request.beats), request.end)
        return tuple(dict.fromkeys(image for image in named if image))


class Story(BaseModel):
    """What made a take, or all takes of a film in their order; ``film`` is how the film is finished."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["framepack-studio-story"] = KIND
    version: Literal[1] = VERSION
    studio: Annotated[str, Field(max_length=40)] = STUDIO
    algorithm: int
    of: Literal["take", "film"]
    name: Annotated[str, Field(max_length=200)] = ""
    shots: Annotated[tuple[ShotStory, ...], Field(min_length=1, max_length=MAX_SHOTS)]
    film: FilmSettings = FilmSettings()

    def text(self) -> str:
        """As one line of JSON; the same story is the same text."""
        said = self.model_dump(mode="json", exclude={"film"}) | {"film": self.film.stored()}
        for shot in said["shots"]:
            # Earlier versions know nothing of them.
            if not shot["loras"]:
                del shot["loras"]
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def is_story(data: bytes) -> bool:
    """Whether the content of a file means to be a story, whatever is in it."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and KIND.encode() in data


def read_story(data: bytes, name: str) -> Story:
    """The story in ``data``, of a file called ``name``. Raises StoryRefused."""
    if len(data) > MOST_BYTES:
        raise StoryRefused(name, Message("story-too-long", {"most": MOST_BYTES // 2**20}))
    try:
        return Story.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as problem:
        fault = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = tuple(map(str, fault["loc"]))
        if not where:
            raise StoryRefused(name, Message("story-is-none")) from None
        if where == ("version",):
            raise StoryRefused(name, Message("story-other-version")) from None
        raise StoryRefused(name, Message("story-value", {"key": _shown(".".join(where))})) from None
    except InvalidRequest as problem:
        # What it says itself repeats the value, which may be as long as the file.
        raise StoryRefused(name, Message("story-value", {"key": problem.field})) from None


def _shown(key: str) -> str:
    # Unknown keys are somebody's own text.
    return shown_name(key[:_MAX_KEY_CHARACTERS])
