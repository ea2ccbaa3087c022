"""A report has what helps to find a fault, and none of the secrets, prompts and names that were planted everywhere."""

from __future__ import annotations

import json
import logging
import os
import zipfile
from pathlib import Path

import pytest

from framepack.errors import ImageRejected
from framepack.messages import Message
from projects.__main__ import main
from projects.database.opening import session_for
from projects.database.tables import Film, PictureOrder, ProjectUpdate, Render, ShotUpdate, Worker
from projects.door.password import program_token, set_password
from projects.logs.files import log_file
from projects.logs.records import at_work_on
from projects.messages import stored
from projects.reporting.packing import LOG_BYTES, ReportOptions, pack_report
from projects.settings import StudioSettings
from projects.storyboard.projects import edit_project
from projects.storyboard.shots import edit_shot
from tests.support.studio_at_work import StudioAtWork

PROMPT, NAME, FILE = "a red kite over Annabel's harbour", "Annabel's wedding", "annabel by night.jpg"
KEY, TOKEN, PASSWORD = "key-of-the-endpoint-4711", "hf_AbCdEfGhIjKlMnOp", "correct horse battery"
SECRETS = (KEY, TOKEN, PASSWORD)
WORDS = ("Annabel", "annabel", "red kite")


@pytest.fixture
def work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    """A studio that has rendered, and whose rows and logs have secrets and words wherever there can be some."""
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    monkeypatch.setenv("STUDIO_REWRITE_KEY", KEY)
    monkeypatch.setattr("projects.commands.doctor._NAME_DEVICES", "print('cpu')")
    monkeypatch.setattr("projects.commands.doctor_engine._ASK", ("-c", """print('{"checks": []}')"""))
    work = StudioAtWork(studio)
    assert work.render(*work.shots).status == "done"
    set_password(studio, PASSWORD)
    problem = stored(ImageRejected(FILE, Message("no-picture")).message)
    with session_for(work.database) as session:
        edit_project(session=session, project_id=work.project.id, changes=ProjectUpdate(name=NAME))
        edit_shot(session=session, shot_id=work.shots[0].id, changes=ShotUpdate(prompt=PROMPT, name=NAME))
        session.add_all(
            [
                Render(project_id=work.project.id, status="failed", error=problem),
                Render(project_id=work.project.id, status="failed", error=f"{FILE} cannot be read"),
                Film(project_id=work.project.id, name=NAME, status="failed", error=problem),
                PictureOrder(
                    project_id=work.project.id,
                    shot_id=work.shots[0].id,
                    model=NAME,
                    prompt=PROMPT,
                    count=1,
                    seed=1,
                    height=64,
                    width=64,
                    error=problem,
                ),
                Worker(executor_id="annabels-pc-cpu", device="cpu", pid=1, host="annabels-pc", hardware="A processor"),
            ]
        )
        session.commit()
    with log_file(studio, "worker-cpu"):
        logging.getLogger("x").warning("the hub refused %s for /home/annabel/%s", TOKEN, FILE)
    # What comes into a file beside the log, or was written by an earlier version, is hidden when it is packed.
    said = f"{KEY} {TOKEN} '/home/annabel/{FILE}'\n"
    (studio.logs_dir / "worker-cpu.output").write_text(said + "a fault of the driver\n" * 50_000, encoding="utf-8")
    (studio.logs_dir / "download-f1.log").write_text(f"Authorization: Bearer {TOKEN}\n'{FILE}'\n", encoding="utf-8")
    return work


def opened(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def test_a_report_has_no_secrets_no_prompts_and_no_names(work: StudioAtWork, tmp_path: Path) -> None:
    out = tmp_path / "report.zip"
    assert main(["report", str(out)]) == 0
    report = opened(out)
    token = program_token(work.settings)
    assert token is not None
    whole = b"\n".join([*report.values(), *(name.encode() for name in report)]).decode()
    for planted in (*SECRETS, *WORDS, token, str(work.settings.home), os.fspath(Path.home()) + "/"):
        assert planted not in whole, planted
    assert {"README.txt", "doctor.json", "versions.json", "orders.json", "workers.json"} <= set(report)
    assert not [name for name in report if name.startswith(("words", "pictures"))]


@pytest.mark.usefixtures("work")
def test_a_report_has_what_helps(tmp_path: Path) -> None:
    out = tmp_path / "report.zip"
    main(["report", str(out)])
    report = opened(out)
    checks = {one["check"]: one for one in json.loads(report["doctor.json"])}
    assert (checks["database"]["state"], checks["clock"]["state"]) == ("well", "well")
    assert "device" in checks
    orders = json.loads(report["orders.json"])
    assert sorted(one["status"] for one in orders["renders"]) == ["done", "failed", "failed"]
    assert sorted(map(str, (one["problem"] for one in orders["renders"]))) == [
        *("['image-rejected', 'no-picture']", "['text']"),
        "[]",
    ]
    assert {one["status"] for one in orders["takes"]} == {"done"}
    assert all(one["created_at"] for kind in orders.values() for one in kind)
    assert json.loads(report["workers.json"])[0]["hardware"] == "A processor"
    assert json.loads(report["versions.json"])["packages"]["streamlit"]
    assert "the hub refused" in report["logs/worker-cpu.log"].decode()
    output = report["logs/worker-cpu.output"]
    assert 0 < len(output) <= LOG_BYTES
    assert set(output.decode().splitlines()) == {"a fault of the driver"}


@pytest.mark.usefixtures("work")
def test_prompts_and_pictures_are_in_it_where_they_are_asked_for_and_secrets_never(tmp_path: Path) -> None:
    out = tmp_path / "report.zip"
    assert main(["report", str(out), "--with-prompts", "--with-pictures"]) == 0
    report = opened(out)
    (project,) = json.loads(report["words.json"])
    assert (project["name"], project["shots"][0]["prompt"]) == (NAME, PROMPT)
    assert [name for name in report if name.startswith("pictures/")]
    assert not [secret for secret in SECRETS if secret.encode() in b"".join(report.values())]
    assert "words.json" in report["README.txt"].decode()


def test_too_many_pictures_are_left_out_and_counted(
    work: StudioAtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.reporting.packing.MOST_PICTURE_BYTES", 10)
    out = tmp_path / "report.zip"
    pack_report(work.settings, work.database, [], ReportOptions(pictures=True), out)
    report = opened(out)
    assert not [name for name in report if name.startswith("pictures/")]
    assert "(1 left out)" in report["README.txt"].decode()


def test_a_studio_whose_database_is_damaged_can_be_reported(
    studio: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    monkeypatch.setattr("projects.commands.doctor._NAME_DEVICES", "print('cpu')")
    monkeypatch.setattr("projects.commands.doctor_engine._ASK", ("-c", """print('{"checks": []}')"""))
    studio.make_folders()
    studio.database_file.write_bytes(b"no database " * 100)
    out = tmp_path / "report.zip"
    assert main(["report", str(out)]) == 0
    report = opened(out)
    found = [one["check"] for one in json.loads(report["doctor.json"]) if one["state"] == "found"]
    assert "database" in found
    assert "orders.json" not in report


def test_a_place_that_cannot_be_written_is_one_sentence(
    studio: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    monkeypatch.setattr("projects.commands.doctor._NAME_DEVICES", "print('cpu')")
    monkeypatch.setattr("projects.commands.doctor_engine._ASK", ("-c", """print('{"checks": []}')"""))
    assert main(["report", str(tmp_path / "nowhere" / "report.zip")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_report_of_an_order_has_all_lines_about_it_and_no_others(work: StudioAtWork, tmp_path: Path) -> None:
    settings, mine, other = work.settings, "a" * 32, "b" * 32
    with log_file(settings, "worker-x"), at_work_on("render", mine):
        try:
            raise ValueError("what went wrong")
        except ValueError:
            logging.getLogger("projects.test").exception("It failed.")
    with log_file(settings, "worker-y"):
        with at_work_on("film", other):
            logging.getLogger("projects.test").warning("Another one.")
        logging.getLogger("projects.test").warning("The key is %s.", KEY)
    out = tmp_path / "report.zip"
    pack_report(settings, work.database, [], ReportOptions(order=mine), out)
    with zipfile.ZipFile(out) as packed:
        said = packed.read("order.log").decode()
        assert mine in packed.read("README.txt").decode()
    assert "It failed." in said
    assert "ValueError: what went wrong" in said
    assert "Another one." not in said
    assert KEY not in said
