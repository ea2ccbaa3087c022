"""Shots with LoRAs: the weights are read again for another strength, and nothing else is loaded anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from framepack.checkpoints.loras import lora_sha256
from framepack.checkpoints.table import CHECKPOINTS
from framepack.engine import model_manager
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot
from framepack.english import ENGLISH
from framepack.environment import EngineOptions
from framepack.errors import LoraMissing, LoraRejected
from framepack.media.pictures import picture_hash
from framepack.messages import worded
from framepack.shots.events import Notice
from framepack.shots.keys import plan_chain
from framepack.shots.request import LoraAt, Settings, ShotRequest
from framepack.store.section_store import SectionStore
from tests.support.checkpoints import build_models


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    path = tmp_path_factory.mktemp("pictures") / "picture.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 96, 3), dtype=np.uint8)).save(path)
    return {picture_hash(path): path}


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    generator = torch.Generator().manual_seed(2)
    sizes = {"lora_up": (16, 4), "lora_down": (4, 80)}
    path = tmp_path / "style.safetensors"
    named = {f"lora_unet_single_blocks_0_linear2.{end}.weight": size for end, size in sizes.items()}
    save_file({name: torch.randn(size, generator=generator) for name, size in named.items()}, path)
    return path


class Studio:
    """An engine that stays open, and a store for what it makes."""

    def __init__(self, models: Path, pictures: dict[str, Path], folder: Path, loras: dict[str, Path]) -> None:
        self.engine = Engine(
            CHECKPOINTS["f1"], EngineOptions(device="cpu", models=models), lora_file=lambda name: loras.get(name)
        )
        self.store = SectionStore(folder)
        self._pictures = pictures

    def render(self, *loras: LoraAt) -> tuple[np.ndarray, list[str]]:
        settings = Settings("f1", 64, 64, steps=2, guidance=10.0, cfg=1.0, rescale=0.0, loras=loras)
        chain = plan_chain([ShotRequest(settings, "tiny", "a boat", 7, 0.1, next(iter(self._pictures)))])
        events = list(render_shot(self.engine, chain, 0, self._pictures, self.store))
        said = [worded(event.message, ENGLISH) for event in events if isinstance(event, Notice)]
        return np.asarray(self.store.latents(chain[0].sections[0])), said


@pytest.fixture
def loras(lora: Path) -> dict[str, Path]:
    return {lora_sha256(lora): lora}


@pytest.fixture
def studio(models: Path, pictures: dict[str, Path], tmp_path: Path, loras: dict[str, Path]) -> Iterator[Studio]:
    one = Studio(models, pictures, tmp_path / "sections", loras)
    with one.engine:
        yield one


def test_another_strength_reads_the_blocks_again_and_loads_nothing_else(
    studio: Studio, loras: dict[str, Path], pictures: dict[str, Path], models: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (name,) = loras
    plain, _ = studio.render()
    for load in ("load_transformer", "load_vae", "load_llama", "load_clip", "load_siglip"):
        monkeypatch.setattr(model_manager, load, lambda *_: pytest.fail("it is loaded anew"))
    strong, said = studio.render((name, 0.8))
    assert said[0].startswith("The model's weights were read again for another choice of LoRAs, in ")
    weak, _ = studio.render((name, 0.3))
    assert not np.array_equal(plain, strong)
    assert not np.array_equal(strong, weak)
    monkeypatch.undo()

    fresh = Studio(models, pictures, tmp_path / "fresh", loras)
    with fresh.engine:
        assert np.array_equal(fresh.render((name, 0.3))[0], weak)


def test_a_lora_that_is_gone_or_another_by_now_stops_the_shot(studio: Studio, loras: dict[str, Path]) -> None:
    with pytest.raises(LoraMissing, match="not on this computer any more"):
        studio.render(("a" * 64, 1.0))
    (name,) = loras
    save_file({"single_blocks.0.linear2.diff": torch.ones(16, 80)}, loras[name])
    with pytest.raises(LoraRejected, match="another one than was chosen"):
        studio.render((name, 1.0))
