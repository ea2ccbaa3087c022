"""The shot list as CSV and XLSX, opened by libraries that know nothing of us, and read back."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlmodel import Session

from projects.database.tables import Shot
from projects.documents.panels import storyboard_of
from projects.documents.shot_list import COLUMNS, write_csv, write_xlsx, write_xlsx_with_pictures
from projects.documents.words import DOCUMENT_WORDS
from projects.interchange.shot_lines import guarded, shots_from_text, text_of_file, unguarded
from projects.scripts.workbook import is_workbook, shots_from_workbook
from projects.settings import StudioSettings
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import NewShot
from tests.support.papers import HOSTILE, PROMPT, said_in_many_ways


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "list.xlsx"


def said(shots: list[Shot] | tuple[NewShot, ...]) -> list[tuple[object, ...]]:
    return [(one.prompt, one.name, one.seconds, one.start, one.dialogue, one.notes) for one in shots]


def test_a_csv_has_a_line_for_every_shot_and_opens_as_utf_8(
    session: Session, studio: StudioSettings, out: Path
) -> None:
    project = said_in_many_ways(session, studio)
    write_csv(storyboard_of(session=session, project_id=project.id), out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines(keepends=True)))
    assert [row["Number"] for row in rows] == ["SH0010", "SH0020", "SH0030"]
    assert rows[0]["Prompt"] == PROMPT
    assert rows[2]["Prompt"] == "She turns, says “no” and\nleaves."
    # The dissolve of half a second overlaps.
    assert [row["Begins in the film"] for row in rows] == ["0:00:00.00", "0:00:00.70", "0:00:03.20"]
    assert [row["Shows"] for row in rows] == ["picture", "picture", "nothing yet"]


def test_no_cell_of_a_csv_begins_like_a_formula(session: Session, studio: StudioSettings, out: Path) -> None:
    project = said_in_many_ways(session, studio)
    write_csv(storyboard_of(session=session, project_id=project.id), out)
    cells = [cell for row in csv.reader(out.read_text("utf-8-sig").splitlines()) for cell in row]
    assert not [cell for cell in cells if cell.strip()[:1] in {"=", "+", "-", "@"}]
    assert f"'{HOSTILE}" in cells


def test_a_csv_is_read_back_as_it_was(session: Session, studio: StudioSettings, out: Path) -> None:
    project = said_in_many_ways(session, studio)
    write_csv(storyboard_of(session=session, project_id=project.id), out)
    read = shots_from_text(text_of_file(out.read_bytes(), out.name))
    assert said(read) == said(shots_of(session=session, project_id=project.id))


@pytest.mark.parametrize("text", ["=1+1", "'=1", "''=1", " =1", "'", "'tis", "＝1", "\t=", "-", "a=b", ""])
def test_a_guarded_text_comes_back_whatever_it_is(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).strip().startswith(("=", "+", "-", "@", "＝"))


def test_a_workbook_has_text_numbers_and_times_and_no_formula(
    session: Session, studio: StudioSettings, out: Path
) -> None:
    project = said_in_many_ways(session, studio)
    write_xlsx(storyboard_of(session=session, project_id=project.id), out)
    sheet = load_workbook(out).worksheets[0]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in sheet[1]] == [DOCUMENT_WORDS[name] for name in COLUMNS]
    assert sheet.freeze_panes == "B2"
    assert rows[0]["seconds"].value == 1.2
    assert rows[1]["film_start"].value == dt.timedelta(seconds=0.7)
    assert rows[1]["prompt"].value == HOSTILE
    assert rows[1]["prompt"].data_type == "s"
    assert rows[1]["prompt"].quotePrefix
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_a_workbook_is_read_back_as_it_was(session: Session, studio: StudioSettings, out: Path) -> None:
    project = said_in_many_ways(session, studio)
    write_xlsx_with_pictures(storyboard_of(session=session, project_id=project.id), studio, out)
    assert is_workbook(out)
    assert said(shots_from_workbook(out)) == said(shots_of(session=session, project_id=project.id))


def test_a_workbook_can_have_a_picture_of_each_shot_that_has_one(
    session: Session, studio: StudioSettings, out: Path
) -> None:
    project = said_in_many_ways(session, studio, rendered=True)
    write_xlsx_with_pictures(storyboard_of(session=session, project_id=project.id), studio, out)
    pictures = load_workbook(out).worksheets[0]._images
    assert [picture.anchor._from.row for picture in pictures] == [1, 2]


def test_a_project_of_any_name_has_a_sheet(session: Session, studio: StudioSettings, out: Path) -> None:
    project = said_in_many_ways(session, studio)
    project.name = "[*?/:\\]" + "長" * 60
    write_xlsx(storyboard_of(session=session, project_id=project.id), out)
    assert load_workbook(out).sheetnames == ["長" * 31]
