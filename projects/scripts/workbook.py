"""Shots from a workbook of spreadsheets (XLSX): its first sheet that is a table of shots.

Formulas are not worked out: what a cell showed when the workbook was saved counts.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from framepack.files.packed import Bounds, Unpackable, opened_zip, unpacked
from framepack.messages import Message
from projects.errors import StoryboardProblem
from projects.interchange.shot_lines import MOST_SHOTS, shots_from_rows
from projects.storyboard.shots import NewShot

# Pictures in it count, too. Sheets of repeated cells are packed very well.
_BOUNDS = Bounds(entries=5000, total=256 * 2**20, ratio=500)
_MOST_PART_BYTES = 64 * 2**20
_WIDE = ("utf-16-le", "utf-16-be")
_CONTENT = "xl/workbook.xml"
# Empty rows in between are looked over, and columns far to the right are not looked at.
_MOST_ROWS = 20 * MOST_SHOTS
_MOST_COLUMNS = 64
# What openpyxl stumbles over in a part that is not what it should be.
_DAMAGE = (
    InvalidFileException,
    zipfile.BadZipFile,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
)


def is_workbook(path: Path) -> bool:
    """Whether a file is such a workbook, whatever it is called."""
    try:
        with zipfile.ZipFile(path) as bundle:
            return _CONTENT in bundle.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def shots_from_workbook(path: Path) -> tuple[NewShot, ...]:
    """The shots of a workbook's first sheet that has any cells, as ``shots_from_rows``. Raises StoryboardProblem."""
    try:
        with opened_zip(path, _BOUNDS) as bundle:
            _check(bundle)
        return shots_from_rows(_rows(path))
    except Unpackable as fault:
        raise StoryboardProblem(Message("of-file", {"file": path.name, "reason": fault.message})) from None


def _check(bundle: zipfile.ZipFile) -> None:
    """Raise Unpackable where a part is too large, or declares entities, which no workbook needs."""
    for entry in bundle.infolist():
        if entry.filename.lower().endswith((".xml", ".rels")):
            data = unpacked(bundle, entry.filename, _MOST_PART_BYTES)
            if any(mark.encode(code) in data for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("ascii", *_WIDE)):
                raise Unpackable(Message("timeline-entities"))


def _rows(path: Path) -> list[list[str]]:
    """The cells of the first sheet that has any, as texts. Raises Unpackable."""
    try:
        # As a file, whatever its name; of formulas it has what they showed.
        with path.open("rb") as file:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                cells = sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)
                rows = [[_text(value) for value in row] for row in cells]
                if any(cell for row in rows for cell in row):
                    return rows
    except _DAMAGE:
        raise Unpackable(Message("packed-damaged")) from None
    return []


def _text(value: object) -> str:
    """A cell's value as somebody would type it.

    Spreadsheets take what is typed as 0:03 for three minutes after midnight; of a shot it is three seconds.
    """
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, dt.time):
        shown = (value.hour, value.minute) if value.second == 0 else (60 * value.hour + value.minute, value.second)
        value = dt.timedelta(minutes=shown[0], seconds=shown[1] + value.microsecond / 1e6)
    if isinstance(value, dt.timedelta):
        value = value.total_seconds()
    if isinstance(value, int | float):
        return f"{value:.10g}"
    return str(value).strip()
