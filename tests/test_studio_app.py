"""The application as a process: what it says when it cannot begin, and that its workers go first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.children import children_with
from tests.support.rendering import until
from tests.support.running_studio import Studio, running_studio


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "studio"
    folder.mkdir()
    return folder


def workers_of(studio: Studio) -> list[psutil.Process]:
    return children_with(studio.pid, "worker")


@pytest.mark.skipif(sys.platform not in ("linux", "win32"), reason="only Linux and Windows let pages alone give way")
def test_pages_give_way_to_the_workers_also_to_one_that_was_started_again(home: Path) -> None:
    with running_studio(home, STUDIO_PAGES_ONLY="0") as studio:
        until(lambda: workers_of(studio), 30)
        (first,) = workers_of(studio)
        assert psutil.Process(studio.pid).nice() > first.nice() == psutil.Process().nice()

        first.kill()
        until(lambda: workers_of(studio) not in ([], [first]), 30)
        (second,) = workers_of(studio)
        assert second.nice() == psutil.Process().nice()


def test_a_studio_that_cannot_open_its_database_says_so_in_one_line_and_serves_its_pages(home: Path) -> None:
    (home / "studio.db").write_bytes(b"")
    with running_studio(home, STUDIO_PAGES_ONLY="0") as studio:
        said = [line for line in lines_of(studio) if "cannot be used" in line]

        assert len(said) == 1
        assert "Traceback" not in studio.log.read_text()


def lines_of(studio: Studio) -> Iterator[str]:
    yield from studio.log.read_text(errors="replace").splitlines()
