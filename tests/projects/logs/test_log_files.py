"""Logs: each line with its order, in files that end somewhere, one process a file, and a full disk harms no work."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path

import pytest

from projects.logs.files import OLDER_KEPT, BoundedFile, from_info_on, log_file
from projects.logs.records import at_work_on
from projects.settings import CHECKOUT, StudioSettings
from tests.support.studio_at_work import StudioAtWork

_log = logging.getLogger("engine")

# A process that writes many lines, each with its own number in it.
WRITER = """
import logging, os, sys
sys.path.insert(0, {checkout!r})
from projects.logs import files
from projects.settings import StudioSettings

files.BoundedFile.__init__.__defaults__ = ({largest},)
with files.log_file(StudioSettings.from_environment(os.environ), "films"), files.from_info_on():
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range({lines}):
        logging.getLogger("film").info("process %s line %d", sys.argv[1], number)
"""


def written(studio: StudioSettings, name: str) -> list[str]:
    return (studio.logs_dir / f"{name}.log").read_text(encoding="utf-8").splitlines()


def test_lines_carry_the_order_that_is_worked_on_and_others_none(studio: StudioSettings) -> None:
    with log_file(studio, "worker-cpu"), from_info_on():
        _log.info("before")
        with at_work_on("render", "0a1b"):
            _log.info("made")
            beside = threading.Thread(target=copy_context().run, args=(_log.info, "beside"))
            beside.start()
            beside.join()
            with at_work_on("film", "2c3d"):
                _log.error("fault", exc_info=ValueError("/home/ann/kite.png"))
        _log.info("after")
    text = [line.split("engine: ")[-1] for line in written(studio, "worker-cpu")]
    assert text == [
        "before",
        "[render 0a1b] made",
        "[render 0a1b] beside",
        "[film 2c3d] fault",
        "ValueError: ….png",
        "after",
    ]


def test_what_a_worker_logs_of_a_render_has_its_id(studio: StudioSettings) -> None:
    work = StudioAtWork(studio)
    with log_file(studio, "worker-cpu"), from_info_on():
        render = work.render(*work.shots)
    made = [line for line in written(studio, "worker-cpu") if "Made section" in line]
    assert len(made) >= 3
    assert all(f"[render {render.id}] Made section" in line for line in made)


def test_a_log_ends_somewhere_and_the_newest_lines_are_in_it(tmp_path: Path) -> None:
    handler = BoundedFile(tmp_path / "pages.log", largest=1000)
    for number in range(1000):
        handler.emit(logging.LogRecord("x", logging.INFO, "", 0, "line %d", (number,), None))
    handler.close()
    files = sorted(tmp_path.glob("pages.log*"))
    assert len(files) == OLDER_KEPT + 1
    assert all(file.stat().st_size <= 1000 for file in files)
    assert files[0].read_text().splitlines()[-1] == "line 999"


@pytest.fixture
def writers(studio: StudioSettings) -> Iterator[list[subprocess.Popen[str]]]:
    program = WRITER.format(checkout=str(CHECKOUT), largest=3000, lines=300)
    environment = os.environ | studio.as_environment()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(number)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_processes_that_write_at_once_each_rotate_a_file_of_their_own(
    studio: StudioSettings, writers: list[subprocess.Popen[str]]
) -> None:
    for process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in writers:
        process.communicate("go\n")
    owners = {}
    for name in ("films", "films-2"):
        files = sorted(studio.logs_dir.glob(f"{name}.log*"))
        assert len(files) == OLDER_KEPT + 1
        (owner,) = {line.split("process ")[1][0] for file in files for line in file.read_text().splitlines()}
        owners[name] = owner
        assert written(studio, name)[-1].endswith("line 299")
    assert set(owners.values()) == {"0", "1"}


def test_the_file_of_a_process_that_was_killed_is_gone_on_with(studio: StudioSettings) -> None:
    program = WRITER.format(checkout=str(CHECKOUT), largest=3000, lines=300)
    process = subprocess.Popen(
        [sys.executable, "-c", program, "0"],
        env=os.environ | studio.as_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.kill()
    process.wait()
    with log_file(studio, "films"):
        _log.warning("the next")
    assert written(studio, "films")[-1].endswith("the next")
    assert not (studio.logs_dir / "films-2.log").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is full at will")
def test_a_full_disk_ends_nothing_and_how_many_lines_it_cost_is_said_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "worker-cpu.log"
    path.symlink_to("/dev/full")
    handler = BoundedFile(path)
    log = logging.Logger("alone")
    log.addHandler(handler)
    for number in range(3):
        log.warning("lost %d", number)
    assert handler.stream is not None
    path.unlink()
    # What was to be written to the full disk stays in the stream that is given up here.
    handler.stream = None
    log.warning("kept")
    handler.close()
    assert path.read_text().splitlines() == ["kept", "3 lines before this one could not be written."]
    assert capsys.readouterr().err == ""


def test_a_folder_that_cannot_be_written_means_no_log_and_nothing_else(studio: StudioSettings) -> None:
    studio.home.mkdir(parents=True)
    studio.logs_dir.write_text("no folder")
    with log_file(studio, "pages"):
        _log.warning("said elsewhere")
    assert studio.logs_dir.read_text() == "no folder"


def test_a_log_that_cannot_be_moved_goes_on_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(source: str, destination: str) -> None:  # noqa: ARG001
        raise PermissionError(32, "it is open elsewhere", source)

    monkeypatch.setattr("os.rename", held)
    handler = BoundedFile(tmp_path / "pages.log", largest=1000)
    for number in range(1000):
        handler.emit(logging.LogRecord("x", logging.INFO, "", 0, "line %d", (number,), None))
    size = (tmp_path / "pages.log").stat().st_size
    assert 2000 <= size <= 2200
    monkeypatch.undo()
    handler.emit(logging.LogRecord("x", logging.INFO, "", 0, "free again", (), None))
    handler.close()
    assert (tmp_path / "pages.log").read_text().startswith("free again")
