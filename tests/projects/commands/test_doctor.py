"""``python -m projects doctor``: each kind of damage is found, said with what helps, and repaired."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from framepack.files.manifest import beside, describe, write_manifest
from projects.__main__ import main
from projects.database.opening import session_for
from projects.database.tables import Film, Media, Take
from projects.loras.files import lora_file
from projects.loras.library import add_lora
from projects.settings import StudioSettings
from projects.storage.places import film_path, picture_path, take_path
from tests.support.damage import cut_short, damaged_names, empty, flip_bytes, flip_near_the_start, overwrite_latents
from tests.support.films import film_now
from tests.support.running_studio import free_port
from tests.support.small_loras import small_lora
from tests.support.studio_at_work import StudioAtWork

Damage = Callable[["Patient"], None]


class Patient:
    """A studio of three shots and a film, and a doctor for it."""

    def __init__(self, settings: StudioSettings, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings = settings
        self._capsys = capsys
        self.work = StudioAtWork(settings)
        assert self.work.render(*self.work.shots).status == "done"
        with session_for(self.work.database) as session:
            self.film = film_now(session, settings, self.work.project.id)
            session.commit()
            self.takes = list(session.exec(select(Take)).all())
            (self.picture,) = session.exec(select(Media)).all()
        settings.conditioning_dir.joinpath("ab").mkdir(parents=True)
        self.conditioning = settings.conditioning_dir / "ab" / f"{'ab' * 32}.safetensors"
        shutil.copy(self.unit("latents.safetensors"), self.conditioning)
        write_manifest(beside(self.conditioning), describe([self.conditioning]))

    def unit(self, name: str) -> Path:
        """A file of the last shot's section."""
        (key, _) = self.takes[-1].units[-1]
        return self.settings.sections_dir / key[:2] / key / name

    def look(self, *options: str) -> tuple[int, dict[str, Any]]:
        self._capsys.readouterr()
        status = main(["doctor", "--json", *options])
        (line,) = self._capsys.readouterr().out.splitlines()
        return status, json.loads(line)

    def found(self, *options: str) -> list[dict[str, Any]]:
        status, said = self.look(*options)
        found = [check for check in said["checks"] if check["state"] == "found"]
        assert (status, said["well"]) == (1 if found else 0, not found)
        return found


@pytest.fixture
def patient(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Patient:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    # Loading torch to ask for devices takes seconds; it is tried once, below.
    monkeypatch.setattr("projects.commands.doctor._NAME_DEVICES", "print('cpu')")
    monkeypatch.setattr("projects.commands.doctor_engine._ASK", ("-c", """print('{"checks": []}')"""))
    monkeypatch.setattr("projects.commands.doctor.LOW_DISK_BYTES", 0)
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", str(free_port()))
    return Patient(studio, capsys)


def settle(path: Path) -> None:
    """As if it had been made long ago."""
    os.utime(path, (0, 0))


def video_damaged(patient: Patient) -> None:
    flip_near_the_start(patient.unit("frames.mp4"))


def video_empty(patient: Patient) -> None:
    empty(patient.unit("frames.mp4"))


def video_missing(patient: Patient) -> None:
    patient.unit("frames.mp4").unlink()


def latents_overwritten(patient: Patient) -> None:
    overwrite_latents(patient.unit("latents.safetensors"))


def latents_missing(patient: Patient) -> None:
    patient.unit("latents.safetensors").unlink()


def manifest_cut(patient: Patient) -> None:
    cut_short(patient.unit("manifest.json"))


def conditioning_cut(patient: Patient) -> None:
    cut_short(patient.conditioning)


def conditioning_flipped(patient: Patient) -> None:
    flip_bytes(patient.conditioning)


def conditioning_cut_that_has_no_manifest(patient: Patient) -> None:
    beside(patient.conditioning).unlink()
    cut_short(patient.conditioning)


def take_flipped(patient: Patient) -> None:
    flip_bytes(take_path(patient.settings, patient.takes[0].id))


def take_cut(patient: Patient) -> None:
    cut_short(take_path(patient.settings, patient.takes[0].id))


def take_gone(patient: Patient) -> None:
    take_path(patient.settings, patient.takes[0].id).unlink()


def film_flipped(patient: Patient) -> None:
    flip_bytes(film_path(patient.settings, patient.film))


def film_gone(patient: Patient) -> None:
    film_path(patient.settings, patient.film).unlink()


def take_without_a_row(patient: Patient) -> None:
    path = take_path(patient.settings, "f" * 32)
    path.write_bytes(b"a video")
    settle(path)


def picture_without_a_row(patient: Patient) -> None:
    data = b"a picture"
    name = "5a0d3b8ec3d0c58c4d5a5c4b1b3fb5bb8a1e7f7d"
    path = patient.settings.media_dir / name[:2] / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    settle(path)


REPAIRED: list[tuple[str, Damage]] = [
    ("sections", video_damaged),
    ("sections", video_empty),
    ("sections", video_missing),
    ("sections", latents_overwritten),
    ("sections", latents_missing),
    ("sections", manifest_cut),
    ("conditioning", conditioning_cut),
    ("conditioning", conditioning_flipped),
    ("conditioning", conditioning_cut_that_has_no_manifest),
    ("takes", take_flipped),
    ("takes", take_cut),
    ("takes", take_gone),
    ("films", film_flipped),
    ("films", film_gone),
    ("takes", take_without_a_row),
    ("pictures", picture_without_a_row),
]


def test_a_studio_that_is_well_is_called_well(patient: Patient) -> None:
    status, said = patient.look()
    assert (status, said["well"]) == (0, True)
    states = {check["check"]: check["state"] for check in said["checks"]}
    files = ("database", "queue", "sections", "conditioning", "pictures", "takes", "films")
    assert {states[check] for check in (*files, "disk", "ffmpeg", "device", "weights of draft")} == {"well"}
    assert states["weights of f1"] in ("note", "well")
    assert [states[check] for check in ("clock", "port", "sharing", "folder")] == ["well"] * 4
    assert damaged_names(patient.settings.home) == []


@pytest.mark.parametrize(("check", "damage"), REPAIRED, ids=lambda value: getattr(value, "__name__", ""))
def test_each_kind_of_damage_is_found_and_repaired(patient: Patient, check: str, damage: Damage) -> None:
    damage(patient)
    (found,) = patient.found()
    assert (found["check"], found["can_be_repaired"], found["repaired"]) == (check, True, False)
    assert found["advice"]
    assert damaged_names(patient.settings.home) == []
    (repaired,) = patient.found("--repair")
    assert repaired["repaired"]
    assert patient.found() == []
    assert patient.work.render(*patient.work.shots).status == "done"
    assert patient.work.states() == ["done", "done", "done"]


def test_a_take_that_cannot_be_joined_anew_is_not_done_any_more(patient: Patient) -> None:
    take_cut(patient)
    shutil.rmtree(patient.settings.sections_dir)
    assert [found["check"] for found in patient.found("--repair")] == ["takes"]
    with session_for(patient.work.database) as session:
        assert session.get_one(Take, patient.takes[0].id).status == "failed"
    assert patient.found() == []
    assert patient.work.render(*patient.work.shots).status == "done"
    assert patient.work.states() == ["done", "done", "done"]


def test_a_film_whose_file_is_gone_is_not_done_any_more(patient: Patient) -> None:
    film_gone(patient)
    patient.found("--repair")
    with session_for(patient.work.database) as session:
        assert session.get_one(Film, patient.film.id).status == "failed"


def test_a_damaged_picture_is_put_aside_and_asked_for_again(patient: Patient) -> None:
    path = picture_path(patient.settings, patient.picture.id)
    flip_bytes(path)
    assert {found["check"] for found in patient.found("--repair")} == {"pictures"}
    assert not path.exists()
    (found,) = patient.found()
    assert patient.picture.name in found["message"]
    assert "again" in found["advice"]
    assert not found["can_be_repaired"]


def test_a_damaged_lora_is_found_and_whole_again_once_it_is_added(patient: Patient, tmp_path: Path) -> None:
    file = small_lora(tmp_path / "rain.safetensors")
    with session_for(patient.work.database) as session:
        lora = add_lora(session=session, settings=patient.settings, file=file, name=file.name)
        session.commit()
    kept = lora_file(patient.settings, lora.id)
    assert kept is not None
    flip_bytes(kept)
    (found,) = patient.found()
    assert found["check"] == "loras"
    assert "rain" in found["message"]
    assert "loras add" in found["advice"]
    kept.unlink()
    (found,) = patient.found()
    assert found["message"] == "rain.safetensors has no file any more."
    with session_for(patient.work.database) as session:
        add_lora(session=session, settings=patient.settings, file=file, name=file.name)
    assert patient.found() == []


@pytest.mark.parametrize("damage", [empty, cut_short, lambda path: path.write_bytes(b"no database " * 100)])
def test_a_database_that_cannot_be_used_is_one_sentence(patient: Patient, damage: Callable[[Path], None]) -> None:
    patient.work.database.dispose()
    for leftover in patient.settings.home.glob("studio.db-*"):
        leftover.unlink()
    damage(patient.settings.database_file)
    found = patient.found("--repair")
    assert [one["check"] for one in found] == ["database"]
    assert "\n" not in found[0]["message"]


def test_a_damaged_queue_is_found(patient: Patient) -> None:
    queue = patient.settings.home / "studio_queue.db"
    queue.write_bytes(b"no database " * 100)
    (found,) = patient.found()
    assert found["check"] == "queue"
    assert str(queue) in found["advice"]


def test_a_database_in_use_is_well(patient: Patient) -> None:
    holder = sqlite3.connect(patient.settings.database_file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert patient.found() == []
    holder.execute("ROLLBACK")
    holder.close()


def test_copies_of_the_database_are_told_of_with_those_that_are_damaged(patient: Patient) -> None:
    patient.settings.backups_dir.mkdir()
    whole, damaged = (patient.settings.backups_dir / f"studio-before-00{number}.db" for number in (19, 20))
    with closing(sqlite3.connect(patient.settings.database_file)) as source, closing(sqlite3.connect(whole)) as copy:
        source.backup(copy)
    damaged.write_bytes(b"no database at all " * 500)
    patient.settings.database_file.with_name("studio.db.harmed").write_bytes(b"x")

    status, said = patient.look()
    told = [(check["state"], check["message"]) for check in said["checks"] if check["check"] == "copies"]
    assert status == 0
    assert [state for state, _ in told] == ["well", "note", "note"]
    assert f"the newest is {damaged}" in told[0][1]
    assert "studio-before-0020.db: file is not a database" in told[1][1]
    assert "studio.db.harmed" in told[2][1]


def test_a_full_disk_a_missing_ffmpeg_and_a_device_that_hangs_are_found(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.commands.doctor.LOW_DISK_BYTES", 2**62)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(patient.settings.home / "no ffmpeg"))
    monkeypatch.setattr("projects.commands.doctor._NAME_DEVICES", "import time; time.sleep(60)")
    monkeypatch.setattr("projects.commands.doctor.SECONDS_FOR_THE_DEVICE", 0.2)
    assert [found["check"] for found in patient.found()] == ["disk", "ffmpeg", "device"]


def test_a_port_that_is_taken_is_found_and_a_device_is_named_by_torch(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("STUDIO_HOME", str(patient.settings.home))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("STREAMLIT_SERVER_PORT", str(taken.getsockname()[1]))
        _, said = patient.look()
    checks = {check["check"]: check for check in said["checks"]}
    assert checks["port"]["state"] == "found"
    assert "cpu" in checks["device"]["message"]
    assert "sdpa" in checks["engine's attention"]["message"]
    assert "engine's disk" not in checks


def test_an_engine_that_cannot_be_asked_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projects.commands.doctor_engine._ASK", ("-c", "raise SystemExit('no module of that name')"))
    (found,) = patient.found()
    assert (found["check"], found["state"]) == ("engine", "found")
    assert "no module of that name" in found["message"]


def test_in_words_each_check_is_one_line(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    video_damaged(patient)
    capsys.readouterr()
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    (found,) = [line for line in lines if line.startswith("FOUND")]
    assert "--repair" in found
    assert all(line.startswith(("ok ", "note ", "FOUND ")) for line in lines)
