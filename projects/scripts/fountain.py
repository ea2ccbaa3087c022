"""Shots from a screenplay in Fountain: each piece of action is a shot, with the dialogue that follows it.

A shot is named by its scene's heading. How long it is follows from its words. What the writer notes, and how the
characters speak, becomes the shot's notes; the title page, what is crossed out, and the outline are left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from framepack.messages import Message
from framepack.shots.request import MAX_PROMPT_CHARACTERS
from projects.errors import StoryboardProblem
from projects.interchange.shot_lines import MOST_CHARACTERS, MOST_SHOTS
from projects.names import shown_name
from projects.storyboard.shots import MAX_NAME_CHARACTERS, MAX_TEXT_CHARACTERS, NewShot

ENDINGS = (".fountain", ".spmd")
# How long a word is spoken or shown, and a Chinese, Japanese or Korean letter; and how long a shot is at least and at
# most, in seconds.
WORD_SECONDS, LETTER_SECONDS = 0.3, 0.2
LEAST_SECONDS, MOST_SECONDS = 2.0, 60.0

_CROSSED_OUT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_NOTE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
# Where a note stood: its number between two signs that no text has.
_MARK = re.compile("\x01([0-9]+)\x01")
_TITLE_PAGE = re.compile(
    r"(?:title|credit|authors?|source|notes|draft date|date|contact|copyright|revision|format)\s*:", re.IGNORECASE
)
_HEADING = re.compile(r"(?:INT\.?/EXT|EXT\.?/INT|I/E|INT|EXT|EST)[. ]", re.IGNORECASE)
_CHINESE_HEADING = re.compile(
    r"(?:內外景|內景|外景|内外景|内景|第\s*[0-9一二三四五六七八九十百]+\s*[場场])(?:[\s.．。、：:]|$)"
)
_SCENE_NUMBER = re.compile(r"\s*#[\w.\- ]+#\s*$")
_EXTENSION = re.compile(r"\([^)]*\)|（[^）]*）")
_TRANSITION = re.compile(r"(?:[^a-z]*\bTO:|FADE (?:IN|OUT|TO BLACK)[.:]?)\s*$")
_OUTLINE = re.compile(r"#|=(?!=)|={3,}\s*$")
_EMPHASIS = re.compile(r"(?<!\\)(\*{1,3}|_)(?=\S)(.+?)(?<=\S)(?<!\\)\1")
_ESCAPED = re.compile(r"\\([*_\\])")
_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass
class _Shot:
    """A shot that is being read; ``line`` is where it begins."""

    line: int
    scene: str
    action: str = ""
    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Block:
    """Lines without an empty one between them; ``line`` is the number of the first."""

    line: int
    lines: tuple[str, ...]

    @property
    def rest(self) -> _Block:
        return _Block(self.line + 1, self.lines[1:])


def shots_from_fountain(text: str) -> tuple[NewShot, ...]:
    """The shots of a screenplay, in order. Raises StoryboardProblem where there are too many, or one says too much."""
    if len(text) > MOST_CHARACTERS:
        raise StoryboardProblem(Message("lines-too-long", {"most": MOST_CHARACTERS}))
    shots: list[NewShot] = []
    for shot in _Reader(text).read():
        shots.append(_new(shot))
        if len(shots) > MOST_SHOTS:
            raise StoryboardProblem(Message("rows-too-many", {"most": MOST_SHOTS}))
    if not shots:
        raise StoryboardProblem(Message("script-empty"))
    return tuple(shots)


def seconds_of(text: str) -> float:
    """How long ``text`` takes to be said or seen, within the bounds of a shot."""
    letters = sum(_by_letters(letter) for letter in text)
    words = len(_WORD.findall("".join(" " if _by_letters(letter) else letter for letter in text)))
    seconds = words * WORD_SECONDS + letters * LETTER_SECONDS
    return round(min(max(seconds, LEAST_SECONDS), MOST_SECONDS), 1)


# --- reading ----------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads a screenplay block by block."""

    def __init__(self, text: str) -> None:
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\x01", "")
        # What is left out leaves its lines, so that the others keep their numbers.
        text = _CROSSED_OUT.sub(lambda found: "\n" * found[0].count("\n"), text)
        self._notes: list[str] = []
        self._lines = _NOTE.sub(self._noted, text).split("\n")
        self._shots: list[_Shot] = []
        self._scene = ""
        self._waiting: list[str] = []  # notes that stand before the first shot, or lead into the next one

    def read(self) -> list[_Shot]:
        for block in self._blocks():
            self._take(block)
        return self._shots

    def _noted(self, found: re.Match[str]) -> str:
        self._notes.append(" ".join(found[1].split()))
        return f"\x01{len(self._notes) - 1}\x01" + "\n" * found[0].count("\n")

    def _blocks(self) -> Iterator[_Block]:
        lines = self._lines
        place = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
        if place < len(lines) and _TITLE_PAGE.match(lines[place]):
            place = next((at for at in range(place, len(lines)) if not lines[at].strip()), len(lines))
        block: list[str] = []
        for number, line in enumerate(lines[place:], start=place + 1):
            # Two spaces are a line of a speech that is silent.
            goes_on = line == "  " and bool(block) and _name(block[0]) is not None
            if line.strip() or goes_on:
                block.append(line.strip())
            elif block:
                yield _Block(number - len(block), tuple(block))
                block = []
        if block:
            yield _Block(len(lines) - len(block) + 1, tuple(block))

    def _take(self, block: _Block) -> None:
        if not block.lines:
            return
        first = _MARK.sub("", block.lines[0]).strip()
        heading = _heading(first)
        if not first or _OUTLINE.match(first):
            self._without_notes(block.lines[0])
            self._take(block.rest)
        elif heading is not None:
            self._scene = heading
            self._begin(block.line)
            self._without_notes(block.lines[0])
            self._take(block.rest)
        elif first.startswith(">") and not first.endswith("<"):
            self._waiting.append(_plain(first[1:]))
            self._take(block.rest)
        elif len(block.lines) == 1 and _TRANSITION.match(first):
            self._waiting.append(_plain(first))
        elif len(block.lines) > 1 and (name := _name(first)) is not None:
            self._speech(block, name)
        else:
            self._action(block)

    def _begin(self, line: int) -> _Shot:
        shot = _Shot(line, self._scene, notes=self._waiting)
        self._waiting = []
        self._shots.append(shot)
        return shot

    def _shot(self, line: int) -> _Shot:
        """The shot that goes on, a new one where there is none yet."""
        return self._shots[-1] if self._shots else self._begin(line)

    def _action(self, block: _Block) -> None:
        shot = self._shots[-1] if self._shots else None
        if shot is None or shot.action or shot.said or self._waiting:
            shot = self._begin(block.line)
        shot.line = block.line
        lines = [self._without_notes(line) for line in block.lines]
        shot.action = " ".join(_plain(line.strip("><").lstrip("!~").strip()) for line in lines if line)

    def _speech(self, block: _Block, name: str) -> None:
        shot = self._shot(block.line)
        words: list[str] = []
        for line in map(self._without_notes, block.lines[1:]):
            if line.startswith(("(", "（")) and line.endswith((")", "）")):
                shot.notes.append(f"{name} {line}")
            else:
                words.append(_plain(line.lstrip("~").strip()))
        said = "\n".join(words).strip()
        if said:
            colon = "：" if any(_by_letters(letter) for letter in name) else ": "
            shot.said.append(f"{name}{colon}{said}")

    def _without_notes(self, line: str) -> str:
        """A line without its notes, which become those of the shot that goes on, or of the first one."""
        for found in _MARK.finditer(line):
            (self._shots[-1].notes if self._shots else self._waiting).append(self._notes[int(found[1])])
        return _MARK.sub("", line).strip()


def _heading(line: str) -> str | None:
    """A scene's heading, None where the line is none."""
    if line.startswith(".") and not line.startswith(".."):
        line = line[1:]
    elif not _HEADING.match(line) and not _CHINESE_HEADING.match(line):
        return None
    return _plain(_SCENE_NUMBER.sub("", line)).strip()


def _name(line: str) -> str | None:
    """The name of who speaks, None where the line is no such name."""
    line = _MARK.sub("", line).strip()
    forced = line.startswith("@")
    name = _EXTENSION.sub("", line.removeprefix("@").removesuffix("^")).strip()
    if not name or line.startswith(("!", "~", ">")):
        return None
    if forced or (any(letter.isupper() for letter in name) and not any(letter.islower() for letter in name)):
        return _plain(name)
    return None


def _plain(text: str) -> str:
    """``text`` without the signs of emphasis."""
    before = ""
    while before != text:
        before, text = text, _EMPHASIS.sub(r"\2", text)
    return _ESCAPED.sub(r"\1", text)


def _by_letters(letter: str) -> bool:
    """Whether a letter's script is read letter by letter: Chinese, Japanese, Korean; marks do not count."""
    return unicodedata.east_asian_width(letter) in ("W", "F") and unicodedata.category(letter) == "Lo"


def _new(shot: _Shot) -> NewShot:
    prompt, dialogue, notes = shot.action or shot.scene, "\n".join(shot.said), "\n".join(shot.notes)
    for text, most in (
        (prompt, MAX_PROMPT_CHARACTERS),
        (dialogue, MAX_TEXT_CHARACTERS),
        (notes, MAX_TEXT_CHARACTERS),
    ):
        if len(text) > most:
            raise StoryboardProblem(Message("line-too-long", {"line": shot.line, "most": most}))
    return NewShot(
        prompt=prompt,
        name=shown_name(shot.scene)[:MAX_NAME_CHARACTERS],
        seconds=seconds_of(" ".join([shot.action, *shot.said])),
        dialogue=dialogue,
        notes=notes,
    )
