"""``python -m projects import`` as a person runs it, and what it refuses."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio
import pytest
from openpyxl import Workbook

from framepack.checkpoints.table import checkpoint_named
from framepack.shots.request import ShotRequest, default_settings
from projects.__main__ import main
from projects.database.opening import open_database, session_for
from projects.database.tables import Shot
from projects.settings import StudioSettings
from projects.stories.story import ShotStory, Story
from projects.storyboard.journal import undo
from projects.storyboard.reading import get_project, list_projects, shots_of
from projects.storyboard.several import delete_shots
from tests.support.papers import said_in_many_ways
from tests.support.plain_pictures import png


@pytest.fixture(autouse=True)
def home(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioSettings:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    return studio


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["import", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


def shots(studio: StudioSettings, project_id: str) -> list[Shot]:
    database = open_database(studio)
    with session_for(database) as session:
        found = shots_of(session=session, project_id=project_id)
    database.dispose()
    return found


def write_workbook(path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["prompt", "seconds"])
    book.worksheets[0].append(["a boat", 2.5])
    book.save(path)


def a_story() -> str:
    settings = default_settings(checkpoint_named("draft"), height=192, width=192)
    request = ShotRequest(settings, "weights", "a boat", 7, 2.0, "ab" * 32)
    told = ShotStory(start="cut", request=request, fps=30, frames=61, units=())
    return Story(algorithm=2, of="take", shots=(told,)).text()


def write_folder(path: Path) -> None:
    path.mkdir()
    for name in ("10.png", "9.png", "notes.txt"):
        (path / name).write_bytes(png(64, 64) if name.endswith("png") else b"x")


@pytest.mark.parametrize(
    ("name", "write", "prompts"),
    [
        ("lines.txt", lambda path: path.write_text("a boat (2 s)\nthe sea\n"), ["a boat", "the sea"]),
        ("list.csv", lambda path: path.write_text("prompt,seconds\na boat,2\n"), ["a boat"]),
        ("list.xlsx", write_workbook, ["a boat"]),
        ("play.fountain", lambda path: path.write_text("INT. SEA\n\nA boat.\n\nANNA\nHi.\n"), ["A boat."]),
        ("pictures", write_folder, ["", ""]),
        ("take.json", lambda path: path.write_text(a_story()), ["a boat"]),
    ],
)
def test_shots_become_a_project_called_as_what_they_come_from(
    home: StudioSettings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    write: Callable[[Path], object],
    prompts: list[str],
) -> None:
    write(tmp_path / name)
    status, said, err = run(capsys, tmp_path / name)
    assert status == 0, err
    told = json.loads(said)
    assert told["title"] == name.split(".")[0]
    assert told["shots"] == len(prompts)
    assert [shot.prompt for shot in shots(home, told["project"])] == prompts


def test_what_is_left_out_of_a_folder_is_told(
    home: StudioSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path / "pictures")
    _, said, err = run(capsys, tmp_path / "pictures")
    assert [shot.name for shot in shots(home, json.loads(said)["project"])] == ["9", "10"]
    assert "notes.txt" in err


def test_shots_come_into_a_project_as_one_edit(
    home: StudioSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("a boat\n")
    project_id = json.loads(run(capsys, file)[1])["project"]
    file.write_text("the sea\nthe shore\n")
    status, said, _ = run(capsys, file, "--into", "LINES")
    assert (status, json.loads(said)) == (0, {"project": project_id, "title": "lines", "shots": 3})
    assert [shot.label for shot in shots(home, project_id)] == ["SH0010", "SH0020", "SH0030"]
    database = open_database(home)
    with session_for(database) as session:
        undo(session=session, project_id=project_id)
        session.commit()
    database.dispose()
    assert [shot.prompt for shot in shots(home, project_id)] == ["a boat"]


def test_a_storyboard_file_and_an_archive_are_projects_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").write_bytes(png(64, 64))
    board = tmp_path / "board.toml"
    board.write_text('title = "Mine"\n[[shot]]\nimage = "a.png"\nprompt = "a boat"\nseconds = 2.0\n')
    first = json.loads(run(capsys, board)[1])
    assert main(["export", "Mine", "--as", "archive", "-o", str(tmp_path / "mine.zip")]) == 0
    capsys.readouterr()
    second = json.loads(run(capsys, tmp_path / "mine.zip")[1])
    assert second["title"] == first["title"] == "Mine"
    assert second["project"] != first["project"]
    for path in (board, tmp_path / "mine.zip"):
        status, _, err = run(capsys, path, "--into", first["project"])
        assert (status, "leave --into out" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"", "nothing in it"),
        ("a.txt", b"\xff\xfe\xff\xfd\xfe", "no text"),
        ("a.csv", b"prompt,seconds\na boat,soon\n", "line 2"),
        ("a.docx", b"PK", "nothing that shots can be made of"),
        ("a.xlsx", b"PK\x03\x04 cut short", "nothing that shots can be made of"),
        ("a.zip", b"PK\x03\x04 cut short", "nothing that shots can be made of"),
        ("a.toml", b"title = ", "not a TOML file"),
        ("a.fountain", b"Title: none\n", "nothing in it"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_one_sentence_and_leaves_no_project(
    home: StudioSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(data)
    status, out, err = run(capsys, tmp_path / name)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
    database = open_database(home)
    with session_for(database) as session:
        assert list_projects(session=session) == []
    database.dispose()


def test_what_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, tmp_path / "nowhere.txt")
    assert (status, "nowhere.txt" in err) == (2, True)


def test_a_recut_of_an_editing_program_is_taken_over_and_told(
    home: StudioSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = open_database(home)
    with session_for(database) as session:
        project_id = said_in_many_ways(session, home, rendered=True).id
        get_project(session=session, project_id=project_id).film = {"stills": True}
        third = shots_of(session=session, project_id=project_id)[2]
        delete_shots(session=session, project_id=project_id, shot_ids=[third.id])
        session.commit()
    database.dispose()
    cut = tmp_path / "cut.otio"
    assert main(["export", project_id, "--as", "otio", "-o", str(cut)]) == 0
    timeline = otio.adapters.read_from_file(str(cut))
    (track,) = timeline.video_tracks()
    kept = [item.clone() for item in track if isinstance(item, otio.schema.Clip)]
    track[:] = [kept[1], kept[0]]
    otio.adapters.write_to_file(timeline, str(cut))
    capsys.readouterr()
    status, said, err = run(capsys, cut)
    assert (status, "--into" in err) == (2, True)
    status, said, err = run(capsys, cut, "--into", project_id)
    assert (status, json.loads(said)["shots"]) == (0, 2)
    assert "SH0010" in err
    assert [shot.label for shot in shots(home, project_id)] == ["SH0020", "SH0010"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_pipes_and_devices_are_refused_at_once_under_every_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, studio: StudioSettings
) -> None:
    for ending in ("txt", "toml", "fountain", "xlsx", "zip", "mp4", "json", "otio", "safetensors", ""):
        pipe, link = tmp_path / f"pipe.{ending}", tmp_path / f"link.{ending}"
        os.mkfifo(pipe)
        link.symlink_to("/dev/zero")
        for path in (pipe, link):
            status, _, said = run(capsys, path)
            assert status == 2
            assert f"“{path.name}” is neither a file nor a folder" in said
    assert not studio.database_file.exists()
