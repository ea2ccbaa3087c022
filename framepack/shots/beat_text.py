"""Beats written into a prompt, as in ``[0s: she waits] [3s-5s: she laughs]``: read, and taken out of it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from framepack.shots.request import Beat
from framepack.shots.spans import MAX_SECONDS

_NUMBER = r"\d{1,4}(?:[.,]\d{1,4})?"
_UNIT = r"\s*(?:s|sec|secs|seconds?|秒)"
# "[3s: she laughs]", "[0s-3s: ..]", "[0-3s: ..]"; full-width marks as they are typed in Chinese, too.
_NOTE = re.compile(
    rf"\[\s*(?P<begin>{_NUMBER})(?:{_UNIT}|(?=\s*[-–—~～至]))"
    rf"(?:\s*[-–—~～至]\s*(?P<end>{_NUMBER}){_UNIT})?\s*[:：](?P<text>[^\[\]]*)\]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WrittenBeats:
    """What a prompt with times says: ``prompt`` at the beginning, and what takes over when."""

    prompt: str
    beats: tuple[Beat, ...]


@dataclass(frozen=True)
class _Note:
    begin: float
    end: float
    text: str


def written_beats(prompt: str) -> WrittenBeats | None:
    """The beats that are written into ``prompt``; None where there are none.

    Words outside the brackets are said wherever no bracket says otherwise. A time alone counts until the next, a range
    until its end, after which the words before it return.
    """
    notes = [note for note in map(_note, _NOTE.finditer(prompt)) if note]
    if not notes:
        return None
    without = _NOTE.sub(lambda found: " " if _note(found) else found[0], prompt)
    outside = " ".join(without.split()) or min(notes, key=lambda note: note.begin).text
    moments = sorted({0.0, *(note.begin for note in notes), *(note.end for note in notes if note.end < math.inf)})
    said = [(at, _said_at(at, notes, outside)) for at in moments]
    changed = [one for place, one in enumerate(said) if not place or one[1] != said[place - 1][1]]
    return WrittenBeats(changed[0][1], tuple(Beat(at, text) for at, text in changed[1:]))


def _note(found: re.Match[str]) -> _Note | None:
    """What brackets say; None where they say nothing, or of no moment a shot can have, as "[1990s: ..]"."""
    begin, text = _seconds(found["begin"]), " ".join(found["text"].split())
    end = _seconds(found["end"]) if found["end"] else math.inf
    if not text or begin > MAX_SECONDS or end <= begin:
        return None
    return _Note(begin, end if end <= MAX_SECONDS else math.inf, text)


def _seconds(text: str) -> float:
    return float(text.replace(",", "."))


def _said_at(at: float, notes: list[_Note], outside: str) -> str:
    """What holds at a moment: of the notes about it the one that began last."""
    about = [note for note in notes if note.begin <= at < note.end]
    return max(about, key=lambda note: note.begin).text if about else outside
