"""What a storyboard file says of the film: its table ``[film]``, how each shot is cut, and the sounds it names.

None of it changes what is rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import av
from pydantic import Field

from framepack.errors import InvalidRequest
from framepack.media.pictures import picture_hash
from framepack.messages import Message, as_message
from projects.cutting.film_settings import Captions, film_settings
from projects.cutting.shot_fields import ShotSound
from projects.database.tables import FILM_FIELDS, Between, Move, Shot, Transition, TransitionAt
from projects.errors import StoryboardFileProblem
from projects.interchange.toml_table import Table, Text
from projects.sound.reading import SOUND_FILES_ONLY

# The value that each of a shot's fields for the film has where nothing is said.
USUAL: Mapping[str, Any] = MappingProxyType(
    {
        name: field.get_default(call_default_factory=True)
        for name, field in Shot.model_fields.items()
        if name in FILM_FIELDS
    }
)


class SoundContent(Table):
    """One ``[[shot.sound]]``: a sound file that plays with the shot."""

    file: Text
    at: float = 0.0
    db: float = 0.0
    sort: Literal["sound", "voice"] = "sound"


class ShotFilmContent(Table):
    """What a ``[[shot]]`` says of how the film shows it; what it leaves out is as usual."""

    transition: Transition = "cut"
    transition_seconds: float = 0.5
    transition_at: TransitionAt = "centre"
    trim_start: float = 0.0
    trim_end: float = 0.0
    speed: float = 1.0
    between: Between = "repeat"
    reverse: bool = False
    move: Move = "none"
    hold_first: float = 0.0
    hold_last: float = 0.0
    title: Text = ""
    lower_third: Text = ""
    match_colour: bool = False
    sound: tuple[SoundContent, ...] = Field(default=(), strict=False)


class FilmContent(Table):
    """``[film]``: what ``FilmSettings`` has, with ``music`` as the name of a file."""

    fps: float | None = None
    stills: bool = False
    size: int | None = None
    enlarge: Text = ""
    music: Text | None = None
    music_at: float = 0.0
    music_start: float = 0.0
    music_db: float = 0.0
    music_fade: float = 0.0
    music_loop: bool = False
    duck: float = 0.0
    loudness: int | None = None
    captions: Captions = "none"
    match_colour: bool = False
    title: Text = ""
    title_seconds: float = 3.0
    credits: Text = ""
    credits_seconds: float = 4.0
    story: bool = True


@dataclass(frozen=True)
class FilmSaid:
    """What was said, with the fields of a project's ``film`` or of a shot, and the sound files it names, by id."""

    fields: Mapping[str, Any]
    sounds: Mapping[str, Path]


def film_said(path: Path, content: FilmContent) -> FilmSaid:
    """What ``[film]`` of the file ``path`` says. Raises StoryboardFileProblem."""
    where = f"{path.name}, [film]"
    said = content.model_dump(exclude_unset=True)
    sounds = {}
    if content.music:
        file = path.parent / content.music
        said["music"] = _checked_sound(where, "music", file, content.music)
        sounds[said["music"]] = file
    else:
        said.pop("music", None)
    try:
        return FilmSaid(film_settings(said).stored(), sounds)
    except InvalidRequest as problem:
        raise StoryboardFileProblem(where, Message("toml-value", {"problem": problem.message})) from None


def shot_film_said(path: Path, content: ShotFilmContent, number: int) -> FilmSaid:
    """What the ``number``th ``[[shot]]`` of the file ``path`` says of the film. Raises StoryboardFileProblem."""
    sounds, kept = {}, []
    for place, sound in enumerate(content.sound, start=1):
        file = path.parent / sound.file
        id = _checked_sound(f"{path.name}, shot {number}, sound {place}", "file", file, sound.file)
        sounds[id] = file
        kept.append(ShotSound.model_construct(media_id=id, at=sound.at, db=sound.db, sort=sound.sort).model_dump())
    fields = {name: getattr(content, name) for name in USUAL if name != "sounds"} | {"sounds": kept}
    return FilmSaid(_unusual(fields), sounds)


def said_for_film(shot: Shot) -> dict[str, Any]:
    """What a shot says for the film only, as far as that is not the usual."""
    return _unusual(shot.model_dump(include=set(FILM_FIELDS)))


def _unusual(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value != USUAL[name]}


def _checked_sound(where: str, key: str, file: Path, name: str) -> str:
    """The SHA-256 of a sound file, which has something to hear."""
    values = {"key": key, "name": name}
    try:
        if not file.is_file():
            raise StoryboardFileProblem(where, Message("toml-sound-missing", values))
        with av.open(str(file), mode="r", metadata_errors="replace", options=SOUND_FILES_ONLY) as container:
            if not container.streams.audio:
                raise StoryboardFileProblem(where, Message("toml-no-sound", values))
        return picture_hash(file)
    except av.error.FFmpegError:
        raise StoryboardFileProblem(where, Message("toml-no-sound", values)) from None
    except (OSError, ValueError) as problem:
        reason = as_message(getattr(problem, "strerror", None) or type(problem).__name__)
        raise StoryboardFileProblem(
            where, Message("toml-sound-unreadable", {"key": key, "name": name, "reason": reason})
        ) from None
