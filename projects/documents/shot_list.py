"""The shot list: a table of all that is said of each shot, as CSV and as a workbook of spreadsheets (XLSX).

What is said of a shot is read back from either as it was written (see ``shot_lines`` and ``workbook``), apart from its
beats, which stand there to be read. A text that a spreadsheet would take for a formula is written as text.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.drawing.image import Image as SheetPicture
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from framepack.files.atomic import in_place
from projects.documents.panels import Storyboard, picture_of
from projects.documents.words import DOCUMENT_WORDS
from projects.interchange.shot_lines import guarded, looks_like_formula
from projects.settings import StudioSettings
from projects.storyboard.beats import beats_text

Value = str | float | dt.timedelta
Words = Mapping[str, str]
COLUMNS = (
    *("number", "name", "prompt", "seconds", "start", "dialogue", "notes", "film_start", "film_seconds", "transition"),
    *("state", "beats"),
)
_WIDTHS = {"name": 24, "prompt": 60, "dialogue": 40, "notes": 40, "beats": 40}
_USUAL_WIDTH = 13
_NUMBER, _TIME = "0.00", "[h]:mm:ss.00"
# Pixels of a picture's longer side, and how wide and high a cell is for one pixel.
PICTURE_SIDE = 160
_LETTERS_OF_PIXEL = 1 / 7
_POINTS_OF_PIXEL = 0.75
# A sheet's name may have so many letters, and none of these.
_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def write_csv(storyboard: Storyboard, out: Path, words: Words = DOCUMENT_WORDS) -> None:
    """Write the shot list as CSV in UTF-8, as spreadsheets open it. ``words`` are as DOCUMENT_WORDS."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow([words[name] for name in COLUMNS])
    for row in _rows(storyboard, words):
        table.writerow([_cell_text(value) for value in row])
    with in_place(out) as aside:
        # With the mark at the beginning, without which spreadsheets take UTF-8 for something else.
        aside.write_bytes(text.getvalue().encode("utf-8-sig"))


def write_xlsx(storyboard: Storyboard, out: Path, words: Words = DOCUMENT_WORDS) -> None:
    """Write the shot list as a workbook: its heading stays in sight, and numbers and times are numbers and times."""
    book, _ = _book(storyboard, words)
    with in_place(out) as aside:
        book.save(aside)


def write_xlsx_with_pictures(
    storyboard: Storyboard, settings: StudioSettings, out: Path, words: Words = DOCUMENT_WORDS
) -> None:
    """As ``write_xlsx``, with a small picture of each shot in the last column."""
    book, sheet = _book(storyboard, words)
    column = len(COLUMNS) + 1
    _head(sheet, column, words["picture"], PICTURE_SIDE * _LETTERS_OF_PIXEL + 1)
    for row, panel in enumerate(storyboard.panels, start=2):
        picture = picture_of(settings, storyboard, panel, PICTURE_SIDE)
        if picture is not None:
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=80)
            sheet.add_image(SheetPicture(file), f"{get_column_letter(column)}{row}")
            sheet.row_dimensions[row].height = picture.height * _POINTS_OF_PIXEL + 2
    with in_place(out) as aside:
        book.save(aside)


def _rows(storyboard: Storyboard, words: Words) -> Iterator[list[Value]]:
    """The values of each shot, in the order of ``COLUMNS``."""
    for panel in storyboard.panels:
        shot = panel.shot
        said = (shot.label, shot.name, shot.prompt, shot.seconds, shot.start, shot.dialogue, shot.notes)
        where = (dt.timedelta(seconds=round(panel.start, 3)), round(panel.seconds, 3))
        yield [*said, *where, shot.transition, words[panel.shows], beats_text(shot)]


def _cell_text(value: Value) -> str:
    if isinstance(value, dt.timedelta):
        hours, rest = divmod(value.total_seconds(), 3600)
        return f"{hours:.0f}:{int(rest // 60):02}:{rest % 60:05.2f}"
    return guarded(value) if isinstance(value, str) else f"{value:.10g}"


def _book(storyboard: Storyboard, words: Words) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = " ".join(storyboard.name.translate(_NOT_IN_SHEET_NAMES).split())[:_SHEET_NAME].strip() or "Storyboard"
    for column, name in enumerate(COLUMNS, start=1):
        _head(sheet, column, words[name], _WIDTHS.get(name, _USUAL_WIDTH))
    for number, row in enumerate(_rows(storyboard, words), start=2):
        for column, value in enumerate(row, start=1):
            _fill(sheet.cell(number, column), value)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{len(storyboard.panels) + 1}"
    return book, sheet


def _head(sheet: Worksheet, column: int, words: str, width: float) -> None:
    cell = sheet.cell(1, column)
    _fill(cell, words)
    cell.font = Font(bold=True)
    sheet.column_dimensions[get_column_letter(column)].width = width


def _fill(cell: Cell, value: Value) -> None:
    cell.alignment = Alignment(vertical="top", wrap_text=isinstance(value, str))
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        # What begins like a formula, or as an error is called, is text all the same, also where it is typed again.
        cell.data_type = "s"
        cell.quotePrefix = looks_like_formula(value)
    else:
        cell.value = value
        cell.number_format = _TIME if isinstance(value, dt.timedelta) else _NUMBER
