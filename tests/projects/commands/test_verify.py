"""``python -m projects verify`` as a person runs it, with the draft checkpoint at its smallest."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.media.video import read_frames
from framepack.store.section_store import SectionStore
from projects.__main__ import main
from projects.database.opening import open_database, session_for
from projects.database.tables import Take
from projects.films.stitching import conform_take
from projects.generator.engine_holder import EngineHolder
from projects.settings import StudioSettings
from projects.storage.places import film_path, picture_path, take_path
from projects.stories.telling import take_story
from projects.takes.takes import finish_take, record_take
from tests.support.damage import flip_bytes, remove
from tests.support.films import film_now
from tests.support.plain_pictures import png
from tests.support.rendering import plans_by_rows, small_project

IDENTITY = checkpoint_identity(checkpoint_named("draft"), None)


class Made:
    """A rendered project of a shot and one that continues it, and what a person at a terminal sees of it."""

    def __init__(self, studio: StudioSettings, capsys: pytest.CaptureFixture[str], *, paint: bool) -> None:
        self.studio, self._capsys = studio, capsys
        self.store = SectionStore(studio.sections_dir)
        studio.make_folders()
        database = open_database(studio)
        with session_for(database) as session:
            project, _ = small_project(session, studio, ("cut", 0.5), ("continue", 0.3))
            plans = plans_by_rows(session, project.id, IDENTITY)
            chain = tuple(plan.planned for plan in plans if plan.planned is not None)
            if paint:
                for key, shown in (unit for shot in chain for unit in shot.units):
                    count = 1 if shown == 1 else 36
                    grey = [np.full((64, 64, 3), 90 + n, np.uint8) for n in range(count)]
                    self.store.publish(key, np.zeros((1, 16, 1, 8, 8), np.float32), grey, 30)
            else:
                image = chain[0].request.image or ""
                holder = EngineHolder(settings=studio, device="cpu", threads=2)
                with holder.engine("draft", IDENTITY) as engine:
                    for place in range(len(chain)):
                        list(engine.render(chain, place, {image: picture_path(studio, image)}, self.store))
                holder.release_if_idle(0.0)
            self.takes: list[Take] = []
            for plan, planned in zip(plans, chain, strict=True):
                take = record_take(session=session, shot_id=plan.shot.id, planned=planned)
                conform_take(settings=studio, take=take)
                self.takes.append(finish_take(session=session, take_id=take.id, seconds_spent=1.0))
            film = film_now(session, studio, project.id)
            session.commit()
        database.dispose()
        self.film = film_path(studio, film)
        self.take = take_path(studio, self.takes[0].id)
        self.image = picture_path(studio, chain[0].request.image or "")

    def verify(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        self._capsys.readouterr()
        status = main(["verify", *arguments, "--json"])
        return status, json.loads(self._capsys.readouterr().out or "{}")

    def files(self) -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in self.studio.home.rglob("*") if path.is_file()}


Make = Callable[..., Made]


@pytest.fixture
def make(studio: StudioSettings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    return lambda paint: Made(studio, capsys, paint=paint)


def test_a_film_made_again_on_the_same_device_comes_out_the_same_and_nothing_is_left(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(False)
    (tmp_path / "aside").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "aside"))
    before = made.files()

    status, said = made.verify(str(made.film), "--again", "--device", "cpu")
    assert (status, said["well"], said["device"]) == (0, True, "cpu")
    sections = [section for shot in said["shots"] for section in shot["sections"]]
    assert [(one["state"], one["same_again"]) for one in sections] == [("whole", True)] * 3
    assert made.files() == before
    assert list((tmp_path / "aside").iterdir()) == []

    # What lies there whole, but is not what comes out.
    key = made.takes[1].units[-1][0]
    frames = list(read_frames(made.store.video(key)))
    latents = made.store.latents(key)
    made.store.discard(key)
    made.store.publish(key, latents + 1e-6, frames, 30)
    status, said = made.verify(str(made.film), "--again", "--device", "cpu")
    assert (status, said["well"]) == (1, False)
    assert [one["same_again"] for one in said["shots"][1]["sections"]] == [False]


def test_sections_that_are_gone_or_damaged_are_told_and_stay_as_they_are(make: Make) -> None:
    made = make(True)
    assert made.verify(str(made.take)) == (0, made.verify(str(made.take))[1])
    _, said = made.verify(str(made.take))
    assert (said["well"], said["of"], said["shows_its_sections"]) == (True, "take", True)
    assert [one["weights"] for one in said["shots"]] == ["here"]

    start, section = (key for key, _ in made.takes[0].units)
    flip_bytes(made.store.video(section))
    made.store.discard(start)
    before = made.files()
    status, said = made.verify(str(made.take))
    assert (status, said["well"], said["shows_its_sections"]) == (1, False, None)
    assert [one["state"] for one in said["shots"][0]["sections"]] == ["missing", "damaged"]
    assert made.files() == before


def test_what_cannot_be_made_again_says_why(make: Make, tmp_path: Path) -> None:
    made = make(True)
    status, said = made.verify(str(take_path(made.studio, made.takes[1].id)), "--again", "--device", "cpu")
    assert (status, said["shots"][0]["problem"]) == (1, "it goes on from a shot that this file does not tell of.")

    remove(made.image)
    status, said = made.verify(str(made.take), "--again", "--device", "cpu")
    assert said["shots"][0]["pictures_lacking"] == [made.image.name]
    assert "is not in this studio" in said["shots"][0]["problem"]

    story = take_story(made.takes[0])
    assert story is not None
    beside = tmp_path / "take.json"
    beside.write_text(story.text().replace(IDENTITY, "0" * 64))
    status, said = made.verify(str(beside), "--again", "--device", "cpu")
    assert (status, said["shots"][0]["weights"], said["shows_its_sections"]) == (1, "others", None)


def test_a_person_reads_it_in_sentences(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    made = make(True)
    assert main(["verify", str(made.film)]) == 0
    out = capsys.readouterr().out
    assert "Shot 1 (shot 0): 2 of 2 sections are here, whole; damaged: 0, missing: 0." in out


def test_a_file_that_says_nothing_of_what_made_it_is_refused(make: Make, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(64, 64))
    make(True)
    assert main(["verify", str(tmp_path / "a.png")]) == 2
    assert main(["verify", str(tmp_path / "none.mp4")]) != 0
