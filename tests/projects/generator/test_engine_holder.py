"""The engine a worker keeps: its weights are those that were asked for by name and by content, or there is none."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import CHECKPOINTS
from framepack.environment import EngineOptions
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import Settings, ShotRequest
from framepack.store.section_store import SectionStore
from projects.errors import WeightsChanged
from projects.generator.engine_holder import EngineHolder, find_device
from projects.settings import StudioSettings
from tests.support.checkpoints import build_models
from tests.support.plain_pictures import png

F1 = CHECKPOINTS["f1"]
PICTURE = hashlib.sha256(png(64, 64)).hexdigest()


class Worker:
    """A worker's engine and the folder of weights it has."""

    def __init__(self, studio: StudioSettings, models: Path) -> None:
        self.models = build_models(models)
        options = EngineOptions(models=models)
        self.settings = dataclasses.replace(studio, engine=options)
        self.settings.make_folders()
        self.holder = EngineHolder(settings=self.settings, device="cpu", threads=1)
        self.store = SectionStore(self.settings.sections_dir)
        self.picture = studio.home / "a.png"
        self.picture.write_bytes(png(64, 64))

    def identity(self) -> str:
        return checkpoint_identity(F1, self.models)

    def exchange_weights(self) -> None:
        """As a download does that finds newer ones."""
        source = F1.sources["transformer"]
        config = self.models / source.repository / "config.json"
        config.write_text(config.read_text() + "\n")

    def planned(self) -> tuple[PlannedShot, ...]:
        settings = Settings(checkpoint="f1", height=64, width=64, steps=2, guidance=10.0, cfg=1.0, rescale=0.0)
        request = ShotRequest(
            settings=settings, identity=self.identity(), prompt="x", seed=1, seconds=0.5, image=PICTURE
        )
        return plan_chain([request])


@pytest.fixture
def worker(studio: StudioSettings, tmp_path: Path) -> Worker:
    return Worker(studio, tmp_path / "models")


def test_the_engine_is_kept_for_the_same_weights_and_exchanged_with_them(worker: Worker) -> None:
    before = worker.identity()
    with worker.holder.engine("f1", before) as first:
        kept = first._engine
    with worker.holder.engine("f1", before) as again:
        assert again._engine is kept
    worker.exchange_weights()
    with worker.holder.engine("f1", worker.identity()) as new:
        assert new._engine is not kept


def test_a_render_planned_with_other_weights_is_refused_in_one_sentence(worker: Worker) -> None:
    before = worker.identity()
    worker.exchange_weights()
    with pytest.raises(WeightsChanged, match="The weights of 'f1' were exchanged"), worker.holder.engine("f1", before):
        pass


def test_weights_exchanged_while_they_are_read_make_no_section(worker: Worker) -> None:
    chain = worker.planned()
    pictures = {PICTURE: worker.picture}
    with worker.holder.engine("f1", chain[0].request.identity) as engine:
        engine.prepare(chain, pictures, worker.store)
        worker.exchange_weights()
        with pytest.raises(WeightsChanged):
            list(engine.render(chain, 0, pictures, worker.store))
    assert not worker.store.has(chain[0].sections[0])


def test_all_names_of_a_device_mean_the_same_hardware() -> None:
    assert find_device("cpu") == find_device("cpu")
    assert find_device(find_device("auto").name) == find_device("auto")
