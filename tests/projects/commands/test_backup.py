"""``python -m projects backup`` and ``restore``: a whole studio, and what it was at, somewhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS
from sqlmodel import select

from framepack.messages import Message
from framepack.store.section_store import SectionStore
from projects.__main__ import main
from projects.database.opening import open_database, session_for
from projects.database.tables import Render, Take
from projects.door.password import set_password
from projects.door.sharing import refusal
from projects.films.stitching import check_take
from projects.queue.sweeping import sweep
from projects.settings import StudioSettings
from projects.takes.staleness import plan_for
from tests.support.damage import flip_bytes
from tests.support.rendering import PaintingRoom
from tests.support.studio_at_work import IDENTITY, StudioAtWork


@pytest.fixture
def work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    """A studio of three rendered shots."""
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    work = StudioAtWork(studio)
    work.render(*work.shots)
    return work


@pytest.fixture
def elsewhere(tmp_path: Path) -> StudioSettings:
    return StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "elsewhere")})


def moved(work: StudioAtWork, elsewhere: StudioSettings) -> StudioAtWork:
    """The same studio in the home that it was put back into."""
    there = object.__new__(StudioAtWork)
    there.settings, there.database, there.room = elsewhere, open_database(elsewhere), PaintingRoom()
    there.worker = there.new_worker(elsewhere)
    there.project, there.shots = work.project, work.shots
    return there


def put_back(elsewhere: StudioSettings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("STUDIO_HOME", str(elsewhere.home))
        assert main(["restore", str(folder)]) == 0


def test_after_it_nothing_is_rendered_again(
    work: StudioAtWork,
    elsewhere: StudioSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "backup"
    assert main(["backup", str(folder)]) == 0
    assert "The studio is saved in" in capsys.readouterr().out
    put_back(elsewhere, folder, monkeypatch)
    assert "The studio is put back into" in capsys.readouterr().out
    there = moved(work, elsewhere)
    assert there.states() == work.states() == ["done", "done", "done"]
    takes = [take for shot in there.shots for take in there.takes(shot)]
    assert len(takes) == 3
    for take in takes:
        check_take(settings=elsewhere, take=take)
    store = SectionStore(elsewhere.sections_dir)
    with session_for(there.database) as session:
        plans = plan_for(session=session, settings=elsewhere, project_id=there.project.id, identity=IDENTITY)
    keys = [key for plan in plans if plan.planned for key in plan.planned.sections]
    assert len(keys) > 3
    assert all(store.is_whole(key) for key in keys)


def test_what_was_being_rendered_is_gone_on_with_where_it_was(
    work: StudioAtWork, elsewhere: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way = work.order(work.shots[0])
    with session_for(work.database) as session:
        session.get_one(Render, under_way).status = "running"
        session.commit()
    assert main(["backup", str(tmp_path / "backup")]) == 0
    put_back(elsewhere, tmp_path / "backup", monkeypatch)
    database = open_database(elsewhere)
    monkeypatch.setattr(DBOS, "list_workflows", lambda **_: [])  # the queue there is a new one, which knows no jobs
    sweep(database)
    with session_for(database) as session:
        waits = session.get_one(Render, under_way)
        assert (waits.status, waits.handed_over) == ("queued", False)
        assert {take.status for take in session.exec(select(Take)).all()} == {"done"}


def test_the_password_stays_behind_and_a_shared_studio_asks_for_a_new_one(
    work: StudioAtWork, elsewhere: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_password(work.settings, "a long enough password")
    kept = [path.read_bytes() for path in work.settings.door_dir.rglob("*") if path.is_file()]
    assert main(["backup", str(tmp_path / "backup")]) == 0
    put_back(elsewhere, tmp_path / "backup", monkeypatch)
    assert kept
    written = [path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()]
    assert not [one for one in kept if any(one in other for other in written)]
    assert not elsewhere.door_dir.exists()
    assert refusal(replace(elsewhere, share=True), "127.0.0.1") == Message("share-no-password")


def test_what_is_damaged_is_named_and_the_status_says_so(
    work: StudioAtWork, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take = work.takes(work.shots[0])[0]
    flip_bytes(work.settings.takes_dir / f"{take.id}.mp4")
    capsys.readouterr()
    assert main(["backup", str(tmp_path / "backup")]) == 1
    assert f"Damaged, and not saved: takes/{take.id}.mp4" in capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *given: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*given, "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


@pytest.mark.usefixtures("work")
def test_a_dry_run_of_both_says_what_would_be_done(
    elsewhere: StudioSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = str(tmp_path / "backup")
    foreseen = as_json(capsys, "backup", folder, "--dry-run")
    assert not (tmp_path / "backup").exists()
    saved = as_json(capsys, "backup", folder)
    assert saved["files"] == foreseen["files"] == foreseen["copied"]["files"] >= saved["copied"]["files"] > 10
    assert as_json(capsys, "backup", folder)["copied"]["files"] == 0
    monkeypatch.setenv("STUDIO_HOME", str(elsewhere.home))
    checked = as_json(capsys, "restore", folder, "--dry-run")
    assert (checked["files"], checked["size"]) == (saved["files"], saved["size"])
    assert not elsewhere.home.exists()


def test_what_cannot_be_is_one_sentence(work: StudioAtWork, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["restore", str(tmp_path / "nothing")]) == 2
    assert "There is a studio already" in capsys.readouterr().err
    assert main(["backup", str(work.settings.home / "inside")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
