"""Shots from workbooks as people make them, and workbooks that are none or mean harm."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from projects.errors import StoryboardProblem
from projects.scripts.workbook import is_workbook, shots_from_workbook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "shots.data"


def write(path: Path, *rows: tuple[object, ...]) -> None:
    made = Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    made.save(path)


def test_the_first_sheet_with_cells_is_read_whatever_the_file_is_called(book: Path) -> None:
    made = Workbook()
    sheet = made.create_sheet("Shots")
    sheet.append(["#", "Prompt", "Length", "Dialogue"])
    sheet.append([])
    sheet.append([1, "a boat", 3, "Look!"])
    sheet.append([2, "the sea", dt.time(0, 2), None])
    sheet.append([3, "the shore", "1:05", None])
    sheet.append([4, "night", dt.time(0, 0, 7), None])
    made.save(book)
    assert is_workbook(book)
    shots = shots_from_workbook(book)
    assert [(shot.prompt, shot.seconds, shot.dialogue) for shot in shots] == [
        ("a boat", 3.0, "Look!"),
        ("the sea", 2.0, ""),
        ("the shore", 65.0, ""),
        ("night", 7.0, ""),
    ]


def test_columns_may_have_chinese_names(book: Path) -> None:
    write(book, ("提示詞", "秒數", "台詞"), ("海浪", 2.5, "走吧 🌊"))
    (shot,) = shots_from_workbook(book)
    assert (shot.prompt, shot.seconds, shot.dialogue) == ("海浪", 2.5, "走吧 🌊")


def test_a_formula_counts_as_what_it_showed_and_without_that_as_nothing(book: Path) -> None:
    write(book, ("prompt", "notes"), ("a boat", '=WEBSERVICE("http://example.invalid")'))
    (shot,) = shots_from_workbook(book)
    assert shot.notes == ""


def test_a_table_without_names_is_refused_with_the_names_there_are(book: Path) -> None:
    write(book, ("a boat", 3), ("the sea", 2))
    with pytest.raises(StoryboardProblem, match="prompt, name, seconds, start, dialogue, notes"):
        shots_from_workbook(book)


def test_a_length_that_is_none_is_refused_with_its_line(book: Path) -> None:
    write(book, ("prompt", "seconds"), ("a boat", "soon"))
    with pytest.raises(StoryboardProblem, match="line 2"):
        shots_from_workbook(book)


def test_more_shots_than_are_added_at_once_are_refused(book: Path) -> None:
    write(book, ("prompt",), *[("a boat",)] * 501)
    with pytest.raises(StoryboardProblem, match="500"):
        shots_from_workbook(book)


def repacked(path: Path, name: str, data: bytes) -> None:
    """The workbook with another part."""
    with zipfile.ZipFile(path) as bundle:
        parts = {info.filename: bundle.read(info) for info in bundle.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for part, content in (parts | {name: data}).items():
            bundle.writestr(part, content)


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (SHEET, b"<nothing", "damaged"),
        (SHEET, b"<worksheet>" + b" " * 80 * 2**20 + b"</worksheet>", "far larger"),
        (SHEET, b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><worksheet>&b;</worksheet>', "entities"),
        (SHEET, '<?xml version="1.0"?><!DOCTYPE a><worksheet/>'.encode("utf-16"), "entities"),
        ("../escaped.txt", b"x", "put elsewhere"),
        ("xl/workbook.xml", b"<workbook/>", "does not name"),
    ],
    ids=["no XML", "bomb", "entities", "wide entities", "path", "no sheets"],
)
def test_a_workbook_that_means_harm_is_refused_with_a_sentence(book: Path, name: str, data: bytes, said: str) -> None:
    write(book, ("prompt",), ("a boat",))
    repacked(book, name, data)
    with pytest.raises(StoryboardProblem, match=said):
        shots_from_workbook(book)


def test_a_cell_far_below_makes_no_million_rows(book: Path) -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = "prompt"
    made.worksheets[0]["A2"] = "a boat"
    made.worksheets[0]["XFD1048576"] = "far"
    made.save(book)
    assert [shot.prompt for shot in shots_from_workbook(book)] == ["a boat"]


def test_other_files_are_no_workbooks(book: Path) -> None:
    book.write_text("prompt\na boat\n")
    assert not is_workbook(book)
    with zipfile.ZipFile(book, "w") as bundle:
        bundle.writestr("a.txt", "x")
    assert not is_workbook(book)
