"""How a film is asked for, and why it cannot be written so, told before anything is made. It makes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import get_args

from framepack.files.outputs import output_problem, room_problem
from framepack.messages import Message, Value
from projects.composing.formats import ENDINGS, FORMATS, QUALITIES, Coding, Format, FormatFacts, Quality, coding_of
from projects.errors import StudioError

# Bits a second.
BITRATES = (50_000, 400_000_000)


class FilmRefused(StudioError):
    """A film cannot be written as it was asked for; nothing was made."""


@dataclass(frozen=True)
class FilmOrder:
    """What a film is written as: a format, and a quality by name, or an exact ``crf`` or ``bitrate`` (bits a second).

    Raises FilmRefused for what the format does not take.
    """

    format: Format = "h264"
    quality: Quality = "good"
    crf: int | None = None
    bitrate: int | None = None

    def __post_init__(self) -> None:
        _among("format", self.format, get_args(Format))
        _among("quality", self.quality, QUALITIES)
        most = self.facts.most_crf
        for field, value in (("crf", self.crf), ("bitrate", self.bitrate)):
            if value is not None and most is None:
                raise FilmRefused(Message("format-has-no", {"format": self.format, "what": field}))
        if self.crf is not None and self.bitrate is not None:
            raise FilmRefused(Message("crf-or-bitrate"))
        for field, value, bounds in (("crf", self.crf, (0, most or 0)), ("bitrate", self.bitrate, BITRATES)):
            if value is not None and not bounds[0] <= value <= bounds[1]:
                said: dict[str, Value] = {"what": field, "value": value, "least": bounds[0], "most": bounds[1]}
                raise FilmRefused(Message("film-bounds", said))

    @property
    def facts(self) -> FormatFacts:
        """What is known of its format."""
        return FORMATS[self.format]

    @property
    def coding(self) -> Coding:
        """How its pictures are encoded."""
        return coding_of(self.format, self.quality, self.crf, self.bitrate)

    @property
    def copies(self) -> bool:
        """Whether takes that are shown as they are may be taken over, not encoded again: they are good enough.

        Not where a small film, or an exact size of it, is wanted.
        """
        exact = self.crf is not None or self.bitrate is not None
        return self.facts.copied and self.quality != "small" and not exact


def format_of(ending: str) -> Format:
    """The usual format of files that end so. Raises FilmRefused for an ending that is not known."""
    for format, facts in FORMATS.items():
        if ending and ending.lower() in facts.endings:
            return format
    raise FilmRefused(Message("film-ending", {"ending": ending, "endings": ", ".join(ENDINGS)}))


def check_output(order: FilmOrder, out: Path, inputs: Collection[tuple[str, Path]], rate: Fraction) -> None:
    """Raise FilmRefused where a film cannot be written to ``out``.

    ``inputs`` are the files that it must not replace, each with the id of the message that says so.
    """
    problem = folder_problem(out) if _is_folder(order, out) else None
    if problem is None and not _is_folder(order, out):
        endings = [ending for ending in order.facts.endings if ending]
        if out.suffix.lower() not in endings:
            problem = Message("wrong-ending", {"path": out.name, "endings": ", ".join(endings)})
        else:
            problem = output_problem(out, inputs=inputs, endings=endings)
    if problem is None and rate > order.facts.most_rate:
        problem = Message("film-too-fast", {"format": order.format, "most": order.facts.most_rate})
    if problem is not None:
        raise FilmRefused(problem)


def folder_problem(out: Path) -> Message | None:
    """Why the folder ``out`` cannot be made for pictures of a film, None where it can: it must be empty or new."""
    parent = out.absolute().parent
    if not parent.is_dir():
        return Message("no-folder", {"path": str(parent)})
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        return Message("folder-not-empty", {"path": str(out)})
    try:
        with tempfile.TemporaryDirectory(dir=parent, prefix="."):
            return room_problem(parent)
    except OSError:
        return Message("folder-not-writable", {"path": str(parent)})


def _is_folder(order: FilmOrder, out: Path) -> bool:
    return "" in order.facts.endings and not out.suffix


def _among(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise FilmRefused(Message("film-choice", {"what": field, "value": value, "choices": ", ".join(known)}))
