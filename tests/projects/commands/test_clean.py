"""``python -m projects clean``: says what is not needed, and removes it only when it is told to."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from projects.__main__ import main
from projects.database.opening import session_for
from projects.database.tables import Film, ShotUpdate
from projects.settings import StudioSettings
from projects.storage.places import film_path, take_path
from projects.storyboard.projects import delete_project
from projects.takes.takes import delete_take
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    """A studio of three rendered shots, with a film's file of 2 MB that belongs to nothing."""
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    work = StudioAtWork(studio)
    work.render(*work.shots)
    stray = film_path(studio, Film(project_id="p", name="f"))
    stray.write_bytes(b"\0" * 2_000_000)
    os.utime(stray, (0, 0))
    return work


def as_json(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["clean", "--json", *options]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    said: dict[str, Any] = json.loads(line)
    return said


def test_without_yes_it_only_says_what_is_not_needed_and_how_to_remove_it(
    work: StudioAtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["clean"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["2.0", "MB", "1", "files", *["files", "of", "films", "that", "are", "no", "more"]]
    assert said[1].split() == ["2.0", "MB", "1", "files", *["together", "not", "needed", "any", "more"]]
    assert "MB in all are on the disk." in said[2]
    assert said[3:] == ["Nothing was removed. To remove what is not needed: python -m projects clean --yes"]
    assert len(list(work.settings.films_dir.iterdir())) == 1


def test_with_yes_it_removes_it(work: StudioAtWork, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", "--yes"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Files removed: 1 (2.0 MB)."
    assert list(work.settings.films_dir.iterdir()) == []
    assert as_json(capsys)["needless"]["films"] == {"files": 0, "size": 0}


def test_what_was_deleted_is_named_and_removed_only_with_deleted(
    work: StudioAtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    shot = work.shots[2]
    work.edit(shot, ShotUpdate(prompt="other words"))
    work.render(shot)
    earlier = work.takes(shot)[1]
    with session_for(work.database) as session:
        delete_take(session=session, take_id=earlier.id)
        session.commit()
    assert as_json(capsys, "--yes")["removed"] == {"files": 1, "size": 2_000_000}
    assert take_path(work.settings, earlier.id).exists()
    with session_for(work.database) as session:
        delete_project(session=session, project_id=work.project.id)
        session.commit()
    assert main(["clean"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "only serve to bring back what was deleted (projects “small”)." in said[-3]
    assert "python -m projects clean --deleted --yes" in said[-1]
    deleted = as_json(capsys, "--deleted")["deleted"]
    assert (deleted["projects"], deleted["shots"], deleted["takes"]) == (["small"], 0, 0)
    assert deleted["files"] > 10
    removed = as_json(capsys, "--deleted", "--yes")["removed"]
    assert removed == {"files": deleted["files"], "size": deleted["size"]}
    assert list(work.settings.takes_dir.iterdir()) == []
