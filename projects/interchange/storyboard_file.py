"""What a storyboard file says, as values for projects and shots, and the name under which it finds its project again.

It reads nothing and knows no database; which fields files can say stands in ``file_content``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framepack.messages import Message
from projects.database.tables import Start
from projects.interchange.file_content import FileContent, ShotContent

# What a file's name for its project hashes, always. What a file can say since later versions enters where it differs
# from what a file says that does not say it.
SETTINGS_HASHED_ALWAYS = ("checkpoint", "preset", "steps", "guidance", "cfg", "negative_prompt")


@dataclass(frozen=True)
class FileShot:
    """A shot of a storyboard file; ``media_id`` is the hash of the picture file ``image``, ``video_id`` of ``video``.

    Times in its ``prompt`` were read, and are beats, unless it is ``literal``.

    ``more`` are the other fields of a shot that a file can say, all of them; ``film`` those for the film only, as far
    as they are not as usual (see ``film_content``).
    """

    prompt: str
    seconds: float
    start: Start
    seed: int
    image: Path | None
    media_id: str | None
    more: Mapping[str, Any]
    film: Mapping[str, Any] = field(default_factory=dict)
    literal: bool = False
    video: Path | None = None
    video_id: str | None = None

    def of_shot(self) -> dict[str, Any]:
        """The fields of a shot that say the same."""
        first = {name: getattr(self, name) for name in ("prompt", "seconds", "start", "seed", "media_id")}
        return {**first, **self.more, **self.film}


@dataclass(frozen=True)
class StoryboardFile:
    """What a storyboard file says; ``name`` is the file's own name, without folders.

    ``settings`` are the fields of a project that it says. ``sounds`` are the sound files it names, ``other_pictures``
    the picture files of its beats and ends, and ``loras`` those of its LoRAs, by their SHA-256. ``remarks`` are what is
    to be said of its pictures; they are no part of what the file says.
    """

    name: str
    title: str
    settings: Mapping[str, Any]
    shots: tuple[FileShot, ...]
    remarks: tuple[Message, ...]
    sounds: Mapping[str, Path] = field(default_factory=dict)
    other_pictures: Mapping[str, Path] = field(default_factory=dict)
    loras: Mapping[str, Path] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The file's name and a hash of what it says, pictures included; comments and layout do not count."""
        said = [self.title, _hashed_settings(self.settings), *(_hashed_shot(shot) for shot in self.shots)]
        return f"{self.name}:{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}"


def _hashed_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    always = {name: settings[name] for name in SETTINGS_HASHED_ALWAYS}
    cache = {"cache", "threshold"}
    others = {name: value for name, value in settings.items() if name not in {*always, *cache}}
    return always | {"teacache": settings["threshold"] or 0.0} | _unusual(others, FileContent.unsaid().of_project())


def _hashed_shot(shot: FileShot) -> list[object]:
    later = _unusual(shot.more, ShotContent().of_shot()) | ({"film": dict(shot.film)} if shot.film else {})
    later |= {"video": shot.video_id} if shot.video_id else {}
    first: list[object] = [shot.prompt, shot.seconds, shot.start, shot.seed, shot.media_id]
    return [*first, later] if later else first


def _unusual(values: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != usual[name]}
