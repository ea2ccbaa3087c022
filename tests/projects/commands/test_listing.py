"""``python -m projects list`` and ``show``: what projects there are, and how the shots of one stand."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest

from projects.__main__ import main
from projects.database.opening import session_for
from projects.database.tables import ProjectUpdate, ShotUpdate
from projects.films.editions import create_edition, leave_out
from projects.settings import StudioSettings
from projects.storage.places import take_path
from projects.storyboard.projects import archive_project, create_project, delete_project, edit_project, rename_project
from projects.storyboard.shots import edit_shot
from tests.support.studio_at_work import StudioAtWork

NAME = "Café 灯塔 👩\u200d🚀"


@pytest.fixture
def work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    """A studio whose project has three rendered shots."""
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    work = StudioAtWork(studio)
    work.render(*work.shots)
    with session_for(work.database) as session:
        rename_project(session=session, project_id=work.project.id, name=NAME)
        session.commit()
    return work


def as_json(capsys: pytest.CaptureFixture[str], *command: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*command, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    said: dict[str, Any] = json.loads(line)
    return said


def other_project(work: StudioAtWork, name: str) -> str:
    with session_for(work.database) as session:
        project = create_project(session=session, name=name)
        session.commit()
        return project.id


def test_all_projects_are_listed_but_the_deleted_ones(work: StudioAtWork, capsys: pytest.CaptureFixture[str]) -> None:
    away, gone = other_project(work, "Away"), other_project(work, "Gone")
    with session_for(work.database) as session:
        archive_project(session=session, project_id=away)
        delete_project(session=session, project_id=gone)
        session.commit()

    first, second = as_json(capsys, "list")["projects"]
    assert (first["title"], first["shots"], first["seconds"], first["state"]) == (NAME, 3, 5.0, "done")
    assert (second["title"], second["state"], second["archived"]) == ("Away", "empty", True)
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [work.project.id, away]
    assert lines[0].endswith(NAME)


def test_a_project_is_shown_with_the_states_and_takes_of_each_pass(
    work: StudioAtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    with session_for(work.database) as session:
        changes = ProjectUpdate(name=NAME, real_checkpoint="draft", real_steps=2)
        edit_project(session=session, project_id=work.project.id, changes=changes)
        edit_shot(session=session, shot_id=work.shots[2].id, changes=ShotUpdate(prompt="夜 falls", name="Night"))
        edition = create_edition(session=session, project_id=work.project.id, name="短版")
        leave_out(session=session, edition_id=edition.id, shot_id=work.shots[0].id, left_out=True)
        session.commit()

    said = as_json(capsys, "show", NAME)
    assert [(one["name"], one["shots"]) for one in said["editions"]] == [("短版", ["SH0020", "SH0030"])]
    assert (said["id"], said["title"], said["seconds"]) == (work.project.id, NAME, 5.0)
    assert said["models"] == {"draft": "draft", "real": "draft"}
    first, second, third = said["shots"]
    assert (first["label"], first["start"], second["start"], third["seconds"]) == ("SH0010", "cut", "continue", 1.0)
    assert (first["state"], third["state"]) == ("done", "stale")
    assert third["states"] == {"draft": "stale", "real": "never rendered"}
    assert (third["name"], third["prompt"]) == ("Night", "夜 falls")
    (take,) = work.takes(work.shots[0])
    assert first["chosen"]["draft"]["path"] == str(take_path(work.settings, take.id))
    assert first["chosen"]["real"] is None
    assert as_json(capsys, "show", work.project.id) == said

    assert main(["show", NAME]) == 0
    out = capsys.readouterr().out
    assert "SH0030" in out
    assert "Night · 夜 falls" in out
    assert "draft: stale, real: never rendered; draft take 1" in out


def test_a_name_is_known_however_its_letters_are_put_together(
    work: StudioAtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (unicodedata.normalize("NFD", NAME), NAME.upper(), f" {NAME} "):
        assert as_json(capsys, "show", name)["id"] == work.project.id
    capitals = other_project(work, NAME.upper())
    assert as_json(capsys, "show", NAME.upper())["id"] == capitals
    assert as_json(capsys, "show", NAME)["id"] == work.project.id


def test_a_name_of_several_projects_is_refused_with_their_ids(
    work: StudioAtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    other = other_project(work, NAME)
    assert main(["show", NAME]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"Several projects are called “{NAME}”; name one by its id: ")
    assert work.project.id in said
    assert other in said
    assert as_json(capsys, "show", other)["id"] == other


def test_a_name_of_none_is_one_sentence(work: StudioAtWork, capsys: pytest.CaptureFixture[str]) -> None:
    with session_for(work.database) as session:
        delete_project(session=session, project_id=work.project.id)
        session.commit()
    for name in (NAME, work.project.id, ""):
        assert main(["show", name]) == 2
        assert capsys.readouterr().err == f"There is no project '{name}' (any more).\n"


def test_a_project_is_shown_without_the_weights_of_its_model(
    work: StudioAtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    with session_for(work.database) as session:
        edit_project(session=session, project_id=work.project.id, changes=ProjectUpdate(name=NAME, checkpoint="f1"))
        session.commit()
    assert [shot["state"] for shot in as_json(capsys, "show", NAME)["shots"]] == ["stale"] * 3
