"""Shots with LoRAs, made by the real worker, which changes them between shots; one that is gone stops only its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import LoraMissing
from framepack.store.section_store import SectionStore
from projects.database.opening import open_database, session_for
from projects.database.tables import Project, ProjectUpdate, Shot, ShotUpdate
from projects.loras.files import lora_file
from projects.loras.library import add_lora, choice_of
from projects.messages import in_english, read
from projects.queue.orders import UNFINISHED, enqueue_render, render_changed
from projects.settings import StudioSettings
from projects.stories.telling import take_story
from projects.storyboard.choosing import own_of
from projects.storyboard.projects import edit_project
from projects.storyboard.shots import edit_shot
from projects.takes.again import put_back
from projects.takes.staleness import ShotPlan, plan_for
from projects.takes.takes import takes_of
from tests.support.checkpoints import build_models
from tests.support.rendering import fresh, small_project, until, worker_process
from tests.support.small_loras import small_lora
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


class Filming:
    """A project of three cuts of the same words and seed, made with the model that LoRAs fit."""

    def __init__(self, home: Path, models: Path) -> None:
        self.settings = StudioSettings.from_environment({"STUDIO_HOME": str(home), "STUDIO_MODELS": str(models)})
        self.settings.make_folders()
        self.database: sa.Engine = open_database(self.settings)
        self.identity = checkpoint_identity(checkpoint_named("f1"), models)
        with session_for(self.database) as session:
            project, shots = small_project(session, self.settings, ("cut", 0.1), ("cut", 0.1), ("cut", 0.1))
            project.checkpoint = "f1"
            for shot in shots:
                shot.prompt, shot.seed = "a boat", 7
            file = small_lora(home / "rain.safetensors", words="r41n")
            self.rain = choice_of(add_lora(session=session, settings=self.settings, file=file, name=file.name)).stored()
            session.commit()
            self.project, self.shots = project, shots

    def choose(self, place: int, *loras: dict[str, object]) -> None:
        with session_for(self.database) as session:
            edit_shot(session=session, shot_id=self.shots[place].id, changes=ShotUpdate(loras=[*loras]))
            session.commit()

    def order(self) -> str:
        with session_for(self.database) as session:
            render = render_changed(
                session=session, settings=self.settings, project_id=self.project.id, identity=self.identity
            )
            session.commit()
            return render.id

    def end_of(self, render_id: str) -> tuple[str, str]:
        until(lambda: fresh(self.database, render_id).status not in UNFINISHED)
        render = fresh(self.database, render_id)
        return render.status, in_english(read(render.error)) if render.error else ""

    def plans(self) -> list[ShotPlan]:
        with session_for(self.database) as session:
            return plan_for(session=session, settings=self.settings, project_id=self.project.id, identity=self.identity)

    def latents(self, place: int) -> np.ndarray:
        planned = self.plans()[place].planned
        assert planned is not None
        return np.asarray(SectionStore(self.settings.sections_dir).latents(planned.sections[0]))


def test_a_worker_changes_loras_between_shots_and_makes_only_what_changed(tmp_path: Path, models: Path) -> None:
    filming = Filming(tmp_path / "studio", models)
    rain = filming.rain
    filming.choose(1, rain)
    filming.choose(2, rain | {"strength": 0.3, "words": ""})
    with worker_process(filming.settings, "--device", "cpu"):
        assert filming.end_of(filming.order()) == ("done", "")
        made = [filming.latents(place) for place in range(3)]
        assert not np.array_equal(made[0], made[1])
        assert not np.array_equal(made[0], made[2])
        assert not np.array_equal(made[1], made[2])

        # The words count as well as the weights, and what is taken off again is found.
        filming.choose(1)
        assert [plan.state for plan in filming.plans()] == ["done", "stale", "done"]
        assert np.array_equal(filming.latents(1), made[0])
        filming.choose(1, rain | {"words": ""})
        filming.choose(2, rain | {"strength": 0.3})
        assert filming.end_of(filming.order()) == ("done", "")
        assert not np.array_equal(filming.latents(1), made[1])

    log = (filming.settings.logs_dir / "test.log").read_text()
    assert log.count("The model's weights were read again for another choice of LoRAs, in ") >= 3
    with session_for(filming.database) as session:
        newest = [takes_of(session=session, shot_id=shot.id)[0] for shot in filming.shots]
        assert newest[1].request["loras"] == [{key: rain[key] for key in ("sha256", "name", "strength")}]
        assert newest[2].request["prompt"] == "r41n, a boat"
        assert "loras" not in newest[0].request
        story = take_story(newest[2])
        assert story is not None
        assert story.shots[0].loras[0].name == "rain"

        # What made a take is put back with its LoRA.
        edit_shot(session=session, shot_id=filming.shots[2].id, changes=ShotUpdate(loras=None))
        put_back(session=session, shot_id=filming.shots[2].id)
        session.commit()
    assert [plan.state for plan in filming.plans()] == ["done"] * 3


def test_a_lora_that_is_gone_stops_only_its_own_shot(tmp_path: Path, models: Path) -> None:
    filming = Filming(tmp_path / "studio", models)
    filming.choose(1, filming.rain)
    gone = lora_file(filming.settings, str(filming.rain["sha256"]))
    assert gone is not None
    gone.unlink()
    with worker_process(filming.settings, "--device", "cpu"):
        assert filming.end_of(filming.order()) == ("done", "")
        with session_for(filming.database) as session:
            wanted = [shot.id for shot in filming.shots]
            render_id = enqueue_render(session=session, project_id=filming.project.id, shot_ids=wanted).id
            session.commit()
        said = "The LoRA rain is not in this studio any more; add its file on the page “LoRAs” again, or take it off."
        assert filming.end_of(render_id) == ("failed", f"SH0020: {said}")
    assert [plan.state for plan in filming.plans()] == ["done", "empty", "done"]


def test_a_lora_that_goes_while_its_shot_is_made_is_named(studio: StudioSettings, tmp_path: Path) -> None:
    work = StudioAtWork(studio)
    with session_for(work.database) as session:
        file = small_lora(tmp_path / "rain.safetensors")
        lora = add_lora(session=session, settings=studio, file=file, name=file.name)
        session.commit()
    work.room.faults = [LoraMissing(lora.id)]
    render = work.render(work.shots[2])
    assert render.error is not None
    assert in_english(read(render.error)).startswith("The LoRA rain is not in this studio any more")


def test_a_chain_waits_for_the_shot_whose_lora_is_gone(tmp_path: Path, models: Path) -> None:
    filming = Filming(tmp_path / "studio", models)
    with session_for(filming.database) as session:
        for shot in filming.shots[1:]:
            edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(start="continue"))
        session.commit()
    filming.choose(1, {"sha256": "a" * 64, "name": "snow"})
    problems = [plan.problem for plan in filming.plans()]
    assert [problem and problem.id for problem in problems] == [None, "lora-not-here", "continues-unready"]


def test_the_draft_has_no_loras_and_keeps_its_keys(tmp_path: Path, models: Path) -> None:
    filming = Filming(tmp_path / "studio", models)
    with session_for(filming.database) as session:
        edit_project(session=session, project_id=filming.project.id, changes=ProjectUpdate(checkpoint="draft"))
        session.commit()

    def keys() -> list[object]:
        with session_for(filming.database) as session:
            plans = plan_for(
                session=session, settings=filming.settings, project_id=filming.project.id, identity="draft"
            )
        return [plan.planned and plan.planned.units for plan in plans]

    before = keys()
    with session_for(filming.database) as session:
        edit_project(session=session, project_id=filming.project.id, changes=ProjectUpdate(loras=[filming.rain]))
        session.commit()
    assert keys() == before
    with session_for(filming.database) as session:
        edit_project(session=session, project_id=filming.project.id, changes=ProjectUpdate(real_checkpoint="f1"))
        project, shot = session.get_one(Project, filming.project.id), session.get_one(Shot, filming.shots[0].id)
        plans = plan_for(
            session=session,
            settings=filming.settings,
            project_id=project.id,
            identity=filming.identity,
            made_for="real",
        )
        assert plans[0].planned is not None
        assert plans[0].planned.request.settings.loras == ((filming.rain["sha256"], 1.0),)
        assert plans[0].planned.request.prompt == "r41n, a boat"
        assert own_of(shot)["loras"] is None
