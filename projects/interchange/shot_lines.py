"""Shots from a text: one line per shot, or a table (CSV, or cells copied from a spreadsheet).

A table has a first line that names its columns; any of the names in ``COLUMNS`` will do, in any order and case.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from framepack.messages import Message
from framepack.shots.request import MAX_PROMPT_CHARACTERS
from framepack.shots.spans import MAX_SECONDS
from projects.errors import StoryboardProblem
from projects.storyboard.shots import MAX_NAME_CHARACTERS, MAX_TEXT_CHARACTERS, NewShot

MOST_SHOTS = 500
MOST_CHARACTERS = 1_000_000
STORYBOARD = "[[shot]]"  # what is in a storyboard file, which is not read here
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("prompt", "text", "sentence", "description", "action"), "prompt"),
        **dict.fromkeys(("提示詞", "描述", "畫面", "內容", "說明"), "prompt"),
        **dict.fromkeys(("name", "title", "名稱", "標題"), "name"),
        **dict.fromkeys(("seconds", "length", "duration", "length (seconds)", "秒", "秒數", "長度"), "seconds"),
        **dict.fromkeys(("start", "開始"), "start"),
        **dict.fromkeys(("dialogue", "dialog", "caption", "對白", "台詞"), "dialogue"),
        **dict.fromkeys(("notes", "note", "備註", "註記"), "notes"),
    }
)
_NAMED = ("prompt", "name", "seconds", "start", "dialogue", "notes")
_LONGEST = {
    "prompt": MAX_PROMPT_CHARACTERS,
    "name": MAX_NAME_CHARACTERS,
    "dialogue": MAX_TEXT_CHARACTERS,
    "notes": MAX_TEXT_CHARACTERS,
}
_BULLET = re.compile(r"\A\s*[-*•·–]\s+")
# A letter or a space behind it, so that "1.5 m" and "3:00" are no numbers of shots.
_NUMBER = re.compile(r"\A\s*(?:SH\s?\d{1,5}|\d{1,3})\s*(?:[.):]\s+|[、：．）](?!\d))", re.IGNORECASE)
_LENGTH = re.compile(
    r"\s*[(\[（【]\s*(\d{1,9}(?:[.,]\d+)?)\s*(?:s|sec|secs|seconds?|秒)\s*[)\]）】]\s*$", re.IGNORECASE
)
_SECONDS = re.compile(r"(?:(\d{1,9}):)?(\d{1,9}(?:[.,]\d+)?)\s*(?:s|sec|secs|seconds?|秒)?", re.IGNORECASE)
_CONTINUES = frozenset({"continue", "continues", "延續", "接續"})
# What spreadsheets take for the beginning of a formula; the wide signs are typed in Chinese and Japanese.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_GUARD = "'"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of_file(data: bytes, name: str) -> str:
    """The text of a file, as editors and spreadsheets write it. Raises StoryboardProblem where it is no text."""
    try:
        return data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise StoryboardProblem(Message("lines-not-text", {"name": name})) from None


def shots_from_text(text: str) -> tuple[NewShot, ...]:
    """The shots that ``text`` describes, in order; what it does not say of one is as the project has it.

    Raises StoryboardProblem, which names the line, where something is too long or a length is no number of seconds.
    """
    if len(text) > MOST_CHARACTERS:
        raise StoryboardProblem(Message("lines-too-long", {"most": MOST_CHARACTERS}))
    text = text.removeprefix("\ufeff")
    separator = _separator(text)
    found = list(_from_lines(text) if separator is None else _from_table(text, separator))
    if len(found) > MOST_SHOTS:
        raise StoryboardProblem(Message("lines-too-many", {"count": len(found), "most": MOST_SHOTS}))
    return tuple(found)


def shots_from_rows(rows: Iterable[Sequence[str]]) -> tuple[NewShot, ...]:
    """The shots of a table's rows of cells, whose first one with anything in it names the columns.

    Raises StoryboardProblem, as ``shots_from_text``, and where no column has a name that is known.
    """
    found = []
    columns: list[str | None] | None = None
    for number, cells in enumerate(rows, start=1):
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = [_column(cell) for cell in cells]
            if not {"prompt", "name", "dialogue"} & set(columns):
                raise StoryboardProblem(Message("rows-without-names", {"names": ", ".join(_NAMED)}))
            continue
        shot = _of_row(number, columns, cells)
        if shot is not None:
            found.append(shot)
        if len(found) > MOST_SHOTS:
            raise StoryboardProblem(Message("rows-too-many", {"most": MOST_SHOTS}))
    if columns is None:
        raise StoryboardProblem(Message("rows-without-names", {"names": ", ".join(_NAMED)}))
    return tuple(found)


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet would take a cell that holds ``text`` for a formula."""
    return text.lstrip(" ").startswith(_FORMULA)


def guarded(text: str) -> str:
    """``text`` for a cell of a table in which it stays text; a table is read with ``unguarded``."""
    return _GUARD + text if text.lstrip(" ").lstrip(_GUARD).lstrip(" ").startswith(_FORMULA) else text


def unguarded(cell: str) -> str:
    """The text of a cell that may be ``guarded``."""
    plain = cell.removeprefix(_GUARD)
    return plain if guarded(plain) == cell else cell


def _separator(text: str) -> str | None:
    """What parts the columns where the first line names them: at least two of ours, or that of the prompt.

    A comma parts sentences, too, so that one name beside it is none.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    for separator in ("\t", ";", ","):
        names = [_column(cell.strip().strip('"')) for cell in first.split(separator)]
        known = set(names) - {None}
        if len(known) > 1 or names == ["prompt"] or ("prompt" in known and separator != ","):
            return separator
    return None


def _column(cell: str) -> str | None:
    return COLUMNS.get(cell.strip().casefold())


def _from_table(text: str, separator: str) -> Iterator[NewShot]:
    columns: list[str | None] = []
    for number, cells in enumerate(_rows(text, separator), start=1):
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = [_column(cell) for cell in cells]
            continue
        shot = _of_row(number, columns, [unguarded(cell.strip()) for cell in cells])
        if shot is not None:
            yield shot


def _of_row(number: int, columns: Sequence[str | None], cells: Sequence[str]) -> NewShot | None:
    """The shot that a row is about; None where its cells say nothing of one."""
    said: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        if name and cell.strip():
            said.setdefault(name, cell.strip())
    if not said:
        return None
    seconds = said.pop("seconds", None)
    start = said.pop("start", None)
    return _checked(
        number,
        NewShot(
            prompt=said.get("prompt", ""),
            name=said.get("name", ""),
            dialogue=said.get("dialogue", ""),
            notes=said.get("notes", ""),
            seconds=None if seconds is None else _seconds(seconds, number),
            start=None if start is None else "continue" if start.casefold() in _CONTINUES else "cut",
        ),
    )


def _rows(text: str, separator: str) -> list[list[str]]:
    """The cells of all lines. A cell in quotes may hold line breaks; where quotes do not pair, they are letters."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return [line.split(separator) for line in text.splitlines()]


def _from_lines(text: str) -> Iterator[NewShot]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    # A number counts as that of a shot only where every line has one: "12. July" is the beginning of a sentence.
    numbered = all(_NUMBER.match(line) for _, line in lines)
    for number, line in lines:
        plain = (_NUMBER if numbered else _BULLET).sub("", line)
        length = _LENGTH.search(plain)
        yield _checked(
            number,
            NewShot(
                prompt=(plain[: length.start()] if length else plain).strip(),
                seconds=_seconds(length[1], number) if length else None,
            ),
        )


def _checked(line: int, shot: NewShot) -> NewShot:
    for field, most in _LONGEST.items():
        if len(getattr(shot, field)) > most:
            raise StoryboardProblem(Message("line-too-long", {"line": line, "most": most}))
    return shot


def _seconds(text: str, line: int) -> float:
    said = _SECONDS.fullmatch(text.strip())
    seconds = 60 * int(said[1] or 0) + float(said[2].replace(",", ".")) if said else 0.0
    if not 0 < seconds <= MAX_SECONDS:
        raise StoryboardProblem(Message("line-length", {"line": line, "text": text.strip()[:40], "most": MAX_SECONDS}))
    return seconds
