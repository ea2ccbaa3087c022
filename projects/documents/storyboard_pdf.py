"""The storyboard on paper: pages of panels with all that is said of each shot, and a contact sheet of pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Literal

from fpdf import FPDF

from framepack.errors import InvalidRequest
from framepack.files.atomic import in_place
from framepack.messages import Message
from projects.documents.fonts import faces_for, weighted
from projects.documents.panels import Panel, Storyboard, picture_of
from projects.documents.pen import Pen
from projects.documents.words import DOCUMENT_WORDS
from projects.documents.wrapping import fitted, lines_of, shortened
from projects.errors import StoryboardProblem
from projects.settings import StudioSettings
from projects.storyboard.beats import beats_text

Paper = Literal["A4", "A3", "Letter"]
# Width and height of a sheet that stands upright, in points, as all lengths here.
PAPERS: Mapping[Paper, tuple[float, float]] = MappingProxyType(
    {"A4": (595.28, 841.89), "A3": (841.89, 1190.55), "Letter": (612.0, 792.0)}
)
MOST_PANELS = 12
_MARGIN, _GAP, _HEAD, _FOOT = 36.0, 14.0, 26.0, 16.0
_LINE = 1.35
# Of a panel's height its words have at least so much where they stand below the picture; beside it, of its width.
_WORDS_BELOW, _WORDS_BESIDE, _LEAST_BESIDE = 0.36, 0.4, 130.0
_SHEET_PICTURE = 122.0
_PIXELS_OF_POINT = 200 / 72
# What is written whatever is said of shots: numbers, lengths, and what stands for the rest.
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "…"
_BLACK, _GREY, _BLUE, _PALE = (20, 20, 20), (110, 110, 110), (30, 70, 130), (236, 236, 236)


@dataclass(frozen=True)
class Page:
    """What a page is like; ``panels`` is how many shots a page of the storyboard has. Raises InvalidRequest."""

    paper: Paper = "A4"
    landscape: bool = True
    panels: int = 6

    def __post_init__(self) -> None:
        if not 1 <= self.panels <= MOST_PANELS:
            reason = Message("not-between", {"value": self.panels, "least": 1, "most": MOST_PANELS})
            raise InvalidRequest("panels", reason)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        width, height = PAPERS[self.paper]
        return (height, width) if self.landscape else (width, height)


@dataclass(frozen=True)
class _Grid:
    """How ``panels`` of ``width`` x ``height`` stand on a page, the picture of each ``picture`` wide."""

    columns: int
    width: float
    height: float
    picture: float
    panels: int
    beside: bool = False


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float


def write_pdf(
    storyboard: Storyboard, settings: StudioSettings, out: Path, page: Page, words: Mapping[str, str] = DOCUMENT_WORDS
) -> None:
    """Write the storyboard: of each shot its picture, number, name, length, prompt, beats, dialogue and notes.

    What is too long for its panel ends in an ellipsis. ``words`` are as DOCUMENT_WORDS. Raises StoryboardProblem for a
    storyboard without shots.
    """
    ratio = storyboard.size[1] / storyboard.size[0]
    with TemporaryDirectory(prefix="fonts-") as fonts:
        _Document(storyboard, settings, page, words, Path(fonts)).save(_grid(page, ratio), out)


def write_sheet(
    storyboard: Storyboard, settings: StudioSettings, out: Path, page: Page, words: Mapping[str, str] = DOCUMENT_WORDS
) -> None:
    """Write a contact sheet: many pictures a page, each with number, name and length. Otherwise as ``write_pdf``."""
    height, width = storyboard.size
    inner, high = _inner(page)
    columns = max(2, round((inner + _GAP) / (_SHEET_PICTURE + _GAP)))
    cell = (inner - (columns - 1) * _GAP) / columns
    tall = cell * height / width + 2 * _size(cell) * _LINE
    if tall > high:
        cell, tall = cell * high / tall, high
    rows = max(1, int((high + _GAP) / (tall + _GAP)))
    with TemporaryDirectory(prefix="fonts-") as fonts:
        grid = _Grid(columns, cell, tall, cell, columns * rows)
        _Document(storyboard, settings, page, words, Path(fonts)).save(grid, out)


def _inner(page: Page) -> tuple[float, float]:
    width, height = page.size
    return width - 2 * _MARGIN, height - 2 * _MARGIN - _HEAD - _FOOT


def _size(width: float) -> float:
    """The size of letters for lines of a width."""
    return min(10.5, max(6.5, width / 30))


def _grid(page: Page, ratio: float) -> _Grid:
    """The grid on which the pictures, ``ratio`` times as wide as high, are largest and leave room for words."""
    inner, high = _inner(page)
    found = []
    for columns in range(1, page.panels + 1):
        rows = math.ceil(page.panels / columns)
        width, height = (inner - (columns - 1) * _GAP) / columns, (high - (rows - 1) * _GAP) / rows
        line = _size(width) * _LINE
        below = min(width, (height * (1 - _WORDS_BELOW) - line) * ratio)
        found.append(_Grid(columns, width, height, below, page.panels))
        words = max(_WORDS_BESIDE * width, _LEAST_BESIDE)
        beside = min(width - words - _GAP, (height - line) * ratio)
        found.append(_Grid(columns, width, height, beside, page.panels, beside=True))
    return max(found, key=lambda grid: grid.picture)


class _Document:
    """A PDF file that is being written, with fonts that are put together in the folder ``fonts``."""

    def __init__(
        self, storyboard: Storyboard, settings: StudioSettings, page: Page, words: Mapping[str, str], fonts: Path
    ) -> None:
        if not storyboard.panels:
            raise StoryboardProblem(Message("no-shots-yet"))
        self._storyboard, self._settings, self._page, self._words = storyboard, settings, page, words
        self._pdf = FPDF(unit="pt", format=page.size)
        self._pdf.set_auto_page_break(False)
        self._pdf.set_title(storyboard.name)
        said = "".join(
            text
            for panel in storyboard.panels
            for text in (
                *(panel.shot.name, panel.shot.prompt, beats_text(panel.shot)),
                *(panel.shot.dialogue, panel.shot.notes),
            )
        )
        said += storyboard.name + "".join(words.values()) + _ALWAYS
        self._pen = Pen(self._pdf, [weighted(face, said, fonts) for face in faces_for(said)])

    def save(self, grid: _Grid, out: Path) -> None:
        panels = self._storyboard.panels
        each = grid.panels
        pages = [panels[first : first + each] for first in range(0, len(panels), each)]
        for number, some in enumerate(pages, start=1):
            self._pdf.add_page()
            self._frame(number, len(pages))
            for place, panel in enumerate(some):
                row, column = divmod(place, grid.columns)
                x = _MARGIN + column * (grid.width + _GAP)
                y = _MARGIN + _HEAD + row * (grid.height + _GAP)
                self._panel(panel, grid, _Box(x, y, grid.width, grid.height))
        with in_place(out) as aside:
            self._pdf.output(str(aside))

    def _frame(self, number: int, pages: int) -> None:
        """The head and the foot of a page."""
        width, height = self._page.size
        count, length = len(self._storyboard.panels), _length(self._storyboard.seconds)
        said = self._words["one_shot" if count == 1 else "length"].format(shots=count, length=length)
        room = width - 2 * _MARGIN - self._pen.measure(9)(said) - _GAP
        self._pdf.set_text_color(*_BLACK)
        self._pen.write(_MARGIN, _MARGIN, fitted(self._storyboard.name, room, self._pen.measure(12)), 12)
        self._pdf.set_text_color(*_GREY)
        self._right(width - _MARGIN, _MARGIN, said, 9)
        page = self._words["page"].format(page=number, pages=pages)
        self._right(width - _MARGIN, height - _MARGIN - 8, page, 8)

    def _panel(self, panel: Panel, grid: _Grid, box: _Box) -> None:
        height, width = self._storyboard.size
        size = _size(box.width)
        shot, length = panel.shot, _length(panel.seconds)
        measure = self._pen.measure(size)
        head = f"{shot.label}  {shot.name}" if shot.name else shot.label
        self._pdf.set_text_color(*_BLACK)
        self._pen.write(box.x, box.y, fitted(head, box.width - measure(length) - size, measure), size)
        self._pdf.set_text_color(*_GREY)
        self._right(box.x + box.width, box.y, length, size)
        top = box.y + size * _LINE
        tall = grid.picture * height / width
        self._picture(panel, _Box(box.x, top, grid.picture, tall), size)
        if grid.beside:
            left = grid.picture + _GAP
            self._said(panel, _Box(box.x + left, top, box.width - left, box.height - size * _LINE), size)
        else:
            top += tall + size * 0.5
            self._said(panel, _Box(box.x, top, box.width, box.y + box.height - top), size)

    def _picture(self, panel: Panel, box: _Box, size: float) -> None:
        longest = round(max(box.width, box.height) * _PIXELS_OF_POINT)
        picture = picture_of(self._settings, self._storyboard, panel, longest)
        if picture is not None:
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=88)
            self._pdf.image(file, box.x, box.y, box.width, box.height)
            return
        self._pdf.set_fill_color(*_PALE)
        self._pdf.rect(box.x, box.y, box.width, box.height, style="F")
        measure = self._pen.measure(size)
        said = fitted(self._words["no_picture"], box.width, measure)
        self._pdf.set_text_color(*_GREY)
        self._pen.write(box.x + (box.width - measure(said)) / 2, box.y + (box.height - size) / 2, said, size)

    def _said(self, panel: Panel, box: _Box, size: float) -> None:
        """Prompt, beats, dialogue and notes, as much of each as there is room for."""
        measure, shot = self._pen.measure(size), panel.shot
        texts = (
            (shot.prompt, _BLACK),
            (beats_text(shot), _BLACK),
            (self._words["said"].format(text=shot.dialogue) if shot.dialogue.strip() else "", _BLUE),
            (self._words["noted"].format(text=shot.notes) if shot.notes.strip() else "", _GREY),
        )
        blocks = [lines_of(text.strip(), box.width, measure) for text, _ in texts]
        rooms = _shared([len(lines) for lines in blocks], int(box.height / (size * _LINE)))
        y = box.y
        for lines, room, (_, colour) in zip(blocks, rooms, texts, strict=True):
            self._pdf.set_text_color(*colour)
            for line in shortened(lines, room, box.width, measure):
                self._pen.write(box.x, y, line, size)
                y += size * _LINE

    def _right(self, x: float, y: float, text: str, size: float) -> None:
        self._pen.write(x - self._pen.measure(size)(text), y, text, size)


def _shared(wanted: Sequence[int], room: int) -> list[int]:
    """How many lines each text has where all together have ``room``: the longest give way first."""
    lines = list(wanted)
    while sum(lines) > max(0, room):
        lines[lines.index(max(lines))] -= 1
    return lines


def _length(seconds: float) -> str:
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
