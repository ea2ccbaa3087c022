"""What may stand in a storyboard file: its text parsed and checked against one model, each fault as one sentence.

It says which fields of projects and shots they are; it knows no pictures, nor what the values mean to the engine.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, StrictInt, ValidationError
from pydantic_core import ErrorDetails

from framepack.messages import Message
from framepack.shots.request import CENTRED
from projects.database.tables import PictureFit, SeedPolicy, Start
from projects.errors import StoryboardFileProblem
from projects.interchange.film_content import FilmContent, ShotFilmContent, SoundContent
from projects.interchange.toml_table import Table, Text
from projects.names import shown_name

MAX_FILE_BYTES = 4 * 2**20
# No value of a file needs more; longer whole numbers could not even be shown.
_MOST_BITS = 1024
_MOST_SHOWN = 60
# What shots say since the first release; what came later is passed on as it is.
_FIRST_OF_SHOTS = ("image", "prompt", "seconds", "start", "seed")
# What is said of a key that takes one of a few words and has another.
_CHOICES = MappingProxyType({"start": "toml-start", "default_start": "toml-default-start", "fit": "toml-fit"})


# Files of LoRAs, each with its strength, as "rain.safetensors:0.8".
Loras = Annotated[tuple[Text, ...], Field(strict=False)]
# Where a picture is cut: x, y and zoom, in thousandths.
Placed = Annotated[tuple[StrictInt, StrictInt, StrictInt] | None, Field(strict=False)]


class BeatContent(Table):
    """One ``[[shot.beat]]``: what takes over ``at`` seconds into the shot.

    A beat without a ``prompt`` keeps the one before, one without a ``seed`` has the shot's.
    """

    at: float
    prompt: Text | None = None
    seed: int | None = None
    image: Text = ""
    place: Placed = None


class ShotContent(ShotFilmContent):
    """One ``[[shot]]``; a shot without a ``seed`` gets one, and what else it does not say is the file's.

    ``video`` is one that the shot goes on from, ``end_image`` a picture that it is made towards. ``model`` is for the
    whole chain that begins with the shot, and ``lora`` takes the place of the file's. Times in its prompt are beats
    unless it is ``literal``.
    """

    image: Text = ""
    prompt: Text = ""
    seconds: float | None = None
    start: Start | None = None
    seed: int | None = None
    name: Text = ""
    dialogue: Text = ""
    notes: Text = ""
    place: Placed = None
    model: Text | None = None
    preset: Text | None = None
    steps: int | None = None
    guidance: float | None = None
    literal: bool = False
    video: Text = ""
    lora: Loras | None = None
    end_image: Text = ""
    beat: tuple[BeatContent, ...] = Field(default=(), strict=False)

    def of_shot(self) -> dict[str, Any]:
        """The fields of a shot that files can say since later versions than the first, without those for the film.

        Its beats, its video, its LoRAs and its end picture are left to ``file_reading``.

        A key that is called as the field of a shot needs nothing but its line above. Its value where a file does not
        say it never changes: a file finds its project by what it says otherwise.
        """
        apart = {"place", "model", "literal", "video", "lora", "end_image", "beat"}
        values = self.model_dump(exclude={*_FIRST_OF_SHOTS, *ShotFilmContent.model_fields, *apart})
        values |= {"beats": [], "loras": None, "end_media_id": None}
        x, y, zoom = self.place or CENTRED
        placed = {"place_x": x, "place_y": y, "place_zoom": zoom}
        return values | placed | {"name": shown_name(self.name), "checkpoint": self.model}


class RealContent(Table):
    """``[real]``: the second pass."""

    model: Text
    preset: Text = "exact"
    steps: int | None = None


class FileContent(Table):
    """A whole file; None: as the preset has it. ``seed`` is what shots without one get theirs from, or all shots'."""

    title: Text = ""
    model: Text = "draft"
    preset: Text = "exact"
    steps: int | None = None
    guidance: float | None = None
    cfg: float | None = None
    negative_prompt: Text = ""
    teacache: float = 0.0
    shape: Text = "picture"
    fit: PictureFit = "fill"
    seed: int = 0
    words_before: Text = ""
    words_after: Text = ""
    default_seconds: float | None = None
    default_start: Start = "cut"
    lora: Loras = ()
    real: RealContent | None = None
    film: FilmContent | None = None
    seed_policy: SeedPolicy = "each"
    shot: Annotated[tuple[ShotContent, ...], Field(min_length=1, strict=False)]

    @classmethod
    def unsaid(cls) -> FileContent:
        """What a file says that says nothing of its settings."""
        return cls(shot=(ShotContent(),))

    def of_project(self) -> dict[str, Any]:
        """The fields of a project that say the same; one that is called as its key needs nothing but its line above.

        ``film`` is left to ``film_content``, and its LoRAs to ``file_reading``.
        """
        apart = {"title", "model", "teacache", "seed", "default_seconds", "lora", "real", "film", "shot"}
        values = self.model_dump(exclude=apart)
        real = self.real
        return values | {
            "film": {},
            "loras": [],
            "checkpoint": self.model,
            "cache": "teacache" if self.teacache else None,
            "threshold": self.teacache or None,
            # Where each shot has a seed of its own, this one is only what those without get theirs from.
            "seed": self.seed if self.seed_policy == "one" else 0,
            "default_seconds": 4.0 if self.default_seconds is None else self.default_seconds,
            "real_checkpoint": real.model if real else None,
            "real_preset": real.preset if real else None,
            "real_steps": real.steps if real else None,
        }


# The tables that a file has once, and those of which a shot has any number.
_TABLES: Mapping[str, type[Table]] = MappingProxyType({"real": RealContent, "film": FilmContent})
_OF_SHOTS: Mapping[str, type[Table]] = MappingProxyType({"sound": SoundContent, "beat": BeatContent})
# What is said of a table that lacks what it must say.
_LACKING: Mapping[type[Table], str] = MappingProxyType(
    {SoundContent: "toml-sound-no-file", BeatContent: "toml-beat-no-time"}
)


def content_of(path: Path) -> FileContent:
    """What the file ``path`` says. Raises StoryboardFileProblem for the first thing that is wrong with it."""
    values = _parsed(path)
    _check_numbers(path.name, values)
    try:
        return FileContent.model_validate(values)
    except ValidationError as problem:
        faults = problem.errors(include_url=False)
        raise _problem(path.name, min(faults, key=_order)) from None


def _parsed(path: Path) -> dict[str, Any]:
    if not path.is_file():
        there = path.exists()
        raise StoryboardFileProblem(str(path), Message("toml-not-a-file" if there else "toml-missing"))
    if path.stat().st_size > MAX_FILE_BYTES:
        raise StoryboardFileProblem(path.name, Message("toml-too-long"))
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except PermissionError:
        raise StoryboardFileProblem(path.name, Message("toml-not-allowed")) from None
    except UnicodeDecodeError:
        raise StoryboardFileProblem(path.name, Message("toml-not-utf-8")) from None
    except tomllib.TOMLDecodeError as problem:
        raise StoryboardFileProblem(path.name, _syntax(text, problem)) from None
    except RecursionError:
        raise StoryboardFileProblem(path.name, Message("toml-nested")) from None
    except ValueError:
        # Python reads no whole number of more than some thousand digits.
        raise StoryboardFileProblem(path.name, Message("toml-digits")) from None


def _syntax(text: str, problem: tomllib.TOMLDecodeError) -> Message:
    """What is wrong with a text that is no TOML; of the usual slip, a Windows path, what to do about it."""
    found = re.search(r"\(at line (\d+), column \d+\)", str(problem))
    line = text.split("\n")[int(found[1]) - 1] if found else ""
    if found and re.search(r'"[^"]*\\', line):
        return Message("toml-backslash", {"line": int(found[1])})
    return Message("toml-invalid", {"reason": str(problem)})


def _check_numbers(where: str, values: Mapping[Any, Any]) -> None:
    """Refuse whole numbers that are so long that nothing could be done with them, not even show them."""
    for name, value in values.items():
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise StoryboardFileProblem(where, Message("toml-digits"))
        if name == "shot" and isinstance(value, list):
            for number, table in enumerate(value, start=1):
                if isinstance(table, dict):
                    _check_numbers(f"{where}, shot {number}", table)
        elif isinstance(value, dict):
            _check_numbers(where, value)
        elif isinstance(value, list):
            _check_numbers(where, dict(enumerate(value)))


def _order(fault: ErrorDetails) -> tuple[bool, int, bool]:
    """The file's own faults before its shots'; a name that there is none of first, for it may be the one missing.

    That there are too few shots is also said of those that have faults, and matters only where nothing else does.
    """
    return (fault["type"] == "too_short", _shot_number(fault) or 0, fault["type"] != "extra_forbidden")


def _shot_number(fault: ErrorDetails) -> int | None:
    place = fault["loc"]
    return place[1] + 1 if len(place) > 1 and place[0] == "shot" and isinstance(place[1], int) else None


def _problem(name: str, fault: ErrorDetails) -> StoryboardFileProblem:
    number = _shot_number(fault)
    whole_table = fault["loc"][0] == "shot" and len(fault["loc"]) < 3
    if whole_table:
        return StoryboardFileProblem(name, Message("toml-no-shots"))
    where = name if number is None else f"{name}, shot {number}"
    table: type[Table] = FileContent if number is None else ShotContent
    place = fault["loc"] if number is None else fault["loc"][2:]
    if number is None and place[0] in _TABLES:
        key = str(place[0])
        if len(place) == 1:
            return StoryboardFileProblem(name, Message("toml-no-table", {"key": key}))
        where, table, place = f"{name}, [{key}]", _TABLES[key], place[1:]
    elif number is not None and place[0] in _OF_SHOTS:
        key = str(place[0])
        if len(place) < 3:
            return StoryboardFileProblem(where, Message("toml-no-tables", {"key": f"shot.{key}"}))
        where, table, place = f"{where}, {key} {int(place[1]) + 1}", _OF_SHOTS[key], place[2:]
    return StoryboardFileProblem(where, _reason(table, str(place[0]), fault))


def _reason(table: type[Table], key: str, fault: ErrorDetails) -> Message:
    kind, shown = fault["type"], _shown(fault["input"])
    if kind == "extra_forbidden":
        return Message("toml-unknown", {"key": _shown(key), "choices": ", ".join(_keys(table))})
    if key == "lora":
        return Message("toml-lora", {"value": shown})
    if key == "place":
        return Message("toml-place", {"value": shown})
    if kind == "missing":
        return Message(_LACKING.get(table, "toml-no-model"))
    if kind == "nul":
        return Message("toml-nul", {"key": key})
    values = {"key": key, "value": shown}
    if kind == "literal_error" and isinstance(fault["input"], str):
        if key in _CHOICES:
            return Message(_CHOICES[key], {"value": shown})
        choices = fault["ctx"]["expected"].replace("'", '"')
        return Message("toml-choice", {"key": key, "value": shown, "choices": choices})
    of = str(table.model_fields[key].annotation)
    if kind == "bool_type":
        return Message("toml-not-bool", values)
    if "int" in of:
        return Message("toml-not-whole", values)
    return Message("toml-not-number", values) if "float" in of else Message("toml-not-text", values)


def _keys(table: type[Table]) -> list[str]:
    """The keys of a table, its own before those for the film."""
    return sorted(table.model_fields, key=lambda name: name not in table.__annotations__)


def _shown(value: object) -> str:
    """The beginning of ``value`` on one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
