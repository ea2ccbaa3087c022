"""Whether a file can be written is told before the work for it is done."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from framepack.english import ENGLISH
from framepack.files.outputs import output_problem
from framepack.messages import worded

Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.fixture
def read(tmp_path: Path) -> Path:
    path = tmp_path / "read.mp4"
    path.write_bytes(b"precious")
    return path


def problem(path: Path, *inputs: Path, endings: tuple[str, ...] = (".mp4",)) -> str:
    found = output_problem(path, inputs=[("replaces-picture", one) for one in inputs], endings=endings)
    return worded(found, ENGLISH) if found else ""


def test_a_new_file_and_one_that_nobody_reads_may_be_written_and_nothing_is_left_of_the_question(read: Path) -> None:
    assert problem(read) == problem(read.with_name("new.mp4"), read) == problem(read.with_name("NEW.MP4"), read) == ""
    assert [path.name for path in read.parent.iterdir()] == ["read.mp4"]
    assert read.read_bytes() == b"precious"


def test_what_is_read_is_never_replaced_under_any_of_its_names(
    read: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link.mp4").symlink_to(read)
    (tmp_path / "hard.mp4").hardlink_to(read)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "up").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("read.mp4", "./read.mp4", "link.mp4", "hard.mp4", "folder/../read.mp4", "folder/up/read.mp4"):
        assert problem(Path(name), read) == problem(Path(name), Path("link.mp4")).replace("link.mp4", str(read))
        assert problem(Path(name), read) == f"it would replace the picture {read}"


def test_a_file_system_that_ignores_case_knows_a_file_by_every_spelling(read: Path) -> None:
    other = read.with_name("READ.mp4")
    expected = f"it would replace the picture {read}" if other.exists() else ""
    assert problem(other, read) == expected


def test_a_name_that_ends_as_something_else_says_what_is_written(tmp_path: Path) -> None:
    for name in ("film.gif", "film.webm", "film", "film.mp4.txt", ".mp4"):
        assert problem(tmp_path / name) == f"{name} does not end as what is written, which is .mp4"
    assert problem(tmp_path / "latents", endings=()) == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "is a folder" in problem(tmp_path)
    assert "there is no folder" in problem(tmp_path / "none" / "film.mp4")
    assert "is not a file" in problem(tmp_path / "pipe.mp4")
    assert "cannot be written (File name too long)" in problem(tmp_path / ("x" * 5000 + ".mp4"))
    assert "written" in problem(Path("/proc/film.mp4"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whoever may do all is refused nothing")
def test_a_folder_that_may_not_be_written_to_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "may not be written to" in problem(tmp_path / "film.mp4")
    tmp_path.chmod(0o700)


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 3 * 2**20))
    assert (
        problem(tmp_path / "film.mp4") == f"there is no room in {tmp_path}: 3 MiB are free, and at least 64 are needed"
    )
