"""``python -m projects export`` as a person runs it, and what it refuses."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import opentimelineio as otio
import pypdf
import pytest
from openpyxl import load_workbook
from PIL import Image

from projects.__main__ import main
from projects.commands.exporting import KINDS
from projects.database.opening import open_database, session_for
from projects.database.tables import Edition, Project
from projects.settings import StudioSettings
from projects.storyboard.finding import project_named
from projects.storyboard.projects import create_project
from projects.storyboard.reading import shots_of
from projects.timelines.files import ENDINGS
from tests.support.papers import DIALOGUE, said_in_many_ways
from tests.support.plain_pictures import png

NAME = "燈塔 The lighthouse"


@pytest.fixture(autouse=True)
def home(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioSettings:
    """A studio with a project, its last shot with a picture of the one before, and an edition without the first."""
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    database = open_database(studio)
    with session_for(database) as session:
        project = said_in_many_ways(session, studio, rendered=True)
        project.film = {"stills": True}
        shots = shots_of(session=session, project_id=project.id)
        shots[2].media_id = shots[1].media_id
        left_out = {shots[0].id: {"left_out": True}}
        session.add(Edition(project_id=project.id, name="short", shots=left_out))
        session.commit()
    database.dispose()
    return studio


def make_project(studio: StudioSettings, name: str) -> Project:
    database = open_database(studio)
    with session_for(database) as session:
        project = create_project(session=session, name=name)
        session.commit()
    database.dispose()
    return project


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([*map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_under_its_ending_and_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    out = tmp_path / f"out{KINDS[kind].ending}"
    status, said, err = run(capsys, "export", NAME, "--as", kind, "-o", out)
    assert (status, err) == (0, "")
    told = json.loads(said)
    assert (told["output"], told["as"], told["title"], told["bytes"]) == (str(out), kind, NAME, out.stat().st_size)
    assert not list(tmp_path.glob(".*"))


def test_each_document_is_opened_by_what_is_not_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def made(kind: str, *more: str) -> Path:
        out = tmp_path / f"{kind}{KINDS[kind].ending}"
        assert run(capsys, "export", NAME, "--as", kind, "-o", out, *more)[0] == 0
        return out

    pages = pypdf.PdfReader(made("pdf", "--panels", "1", "--paper", "A3", "--portrait")).pages
    assert [round(float(page.mediabox.height)) for page in pages] == [1191] * 3
    assert len(load_workbook(made("xlsx", "--pictures")).worksheets[0]._images) == 3
    with Image.open(made("gif")) as gif:
        assert gif.n_frames == 2  # two shots of one picture are one
    with zipfile.ZipFile(made("stills")) as bundle:
        assert len(bundle.namelist()) == 3
    with zipfile.ZipFile(made("archive", "--without-sections")) as bundle:
        assert "storyboard.json" in bundle.namelist()


def test_a_timeline_names_media_that_lie_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cut.otio"
    assert run(capsys, "export", NAME, "--as", "otio", "-o", out)[0] == 0
    clips = otio.adapters.read_from_file(str(out)).find_clips()
    named = [Path(clip.media_reference.target_url.removeprefix("file://")) for clip in clips]
    assert len(named) == 3
    assert all(path.is_file() and path.parent == tmp_path / "cut_media" for path in named)


def test_captions_that_are_wanted_as_a_file_lie_beside_the_film(
    home: StudioSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = open_database(home)
    with session_for(database) as session:
        project = project_named(session=session, wanted=NAME)
        project.film = {"stills": True, "captions": "file"}
        session.commit()
    database.dispose()
    assert run(capsys, "export", NAME, "--as", "mp4", "-o", tmp_path / "film.mp4")[0] == 0
    assert DIALOGUE in (tmp_path / "film.srt").read_text("utf-8")


def test_an_edition_is_written_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "list.csv"
    assert run(capsys, "export", NAME, "--as", "csv", "-o", out, "--edition", "SHORT")[0] == 0
    text = out.read_text("utf-8-sig")
    assert "SH0010" not in text
    assert "SH0020" in text
    assert run(capsys, "export", NAME, "--as", "csv", "-o", out, "--edition", "long")[0] == 2
    status, _, err = run(capsys, "export", NAME, "--as", "archive", "-o", tmp_path / "a.zip", "--edition", "short")
    assert (status, "all editions" in err) == (2, True)


def test_a_storyboard_file_stands_for_its_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(png(64, 64))
    board = tmp_path / "board.toml"
    board.write_text('title = "From a file"\n[[shot]]\nimage = "a.png"\nprompt = "a boat"\nseconds = 2.0\n')
    out = tmp_path / "board.csv"
    status, said, _ = run(capsys, "export", board, "--as", "csv", "-o", out)
    assert (status, json.loads(said)["title"]) == (0, "From a file")
    assert "a boat" in out.read_text("utf-8-sig")
    # Nor does any output take the place of what it is made from, under whatever name.
    linked = tmp_path / "linked.csv"
    linked.hardlink_to(board)
    before = board.read_bytes()
    status, _, err = run(capsys, "export", board, "--as", "csv", "-o", linked)
    assert (status, "would replace the storyboard" in err) == (2, True)
    assert board.read_bytes() == before


@pytest.mark.parametrize("output", ["out.csv", "out", "out.pdf.txt"])
def test_an_ending_that_does_not_fit_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    status, said, err = run(capsys, "export", NAME, "--as", "pdf", "-o", tmp_path / output)
    assert (status, said) == (2, "")
    assert "which is .pdf" in err
    assert not (tmp_path / output).exists()


def test_a_kind_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", NAME, "--as", "docx", "-o", str(tmp_path / "a.docx")])
    assert ended.value.code == 2


def test_outputs_among_the_studios_own_files_are_refused(
    home: StudioSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "export", NAME, "--as", "csv", "-o", home.media_dir / "a.csv")
    assert (status, "studio's own files" in err) == (2, True)


def test_a_name_that_several_projects_have_is_refused_with_their_ids(
    home: StudioSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [make_project(home, "Twins").id for _ in range(2)]
    out = tmp_path / "a.csv"
    status, _, err = run(capsys, "export", "twins", "--as", "csv", "-o", out)
    assert status == 2
    assert all(id in err for id in ids)
    assert run(capsys, "export", ids[0], "--as", "csv", "-o", out)[0] == 0
    status, _, err = run(capsys, "export", "nobody", "--as", "csv", "-o", out)
    assert (status, "nobody" in err) == (2, True)


def test_an_edition_that_is_called_as_another_is_refused_too(
    home: StudioSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = open_database(home)
    with session_for(database) as session:
        project = project_named(session=session, wanted=NAME)
        session.add_all([Edition(project_id=project.id, name="twin") for _ in range(2)])
        session.commit()
    database.dispose()
    status, _, err = run(capsys, "export", NAME, "--as", "csv", "-o", tmp_path / "a.csv", "--edition", "twin")
    assert (status, "Several editions" in err) == (2, True)


@pytest.mark.parametrize("kind", [*ENDINGS, "pdf", "sheet", "gif", "stills"])
def test_a_project_without_shots_makes_no_file(
    home: StudioSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    make_project(home, "empty")
    out = tmp_path / f"out{KINDS[kind].ending}"
    status, _, err = run(capsys, "export", "empty", "--as", kind, "-o", out)
    assert (status, out.exists(), err.count("\n")) == (2, False, 1)


def test_panels_out_of_bounds_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "export", NAME, "--as", "pdf", "-o", tmp_path / "a.pdf", "--panels", "13")
    assert (status, "between 1 and 12" in err) == (2, True)
