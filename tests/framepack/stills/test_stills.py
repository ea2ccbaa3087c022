"""Pictures from words by a real diffusers pipeline with random weights, and models that may not be used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framepack.errors import StillModelRejected
from framepack.stills.making import StillRequest, StillsCalledOff, make_stills
from framepack.stills.models import still_model, still_model_names
from tests.support.tiny_still_model import write_still_model

ASKED = StillRequest("a harbour at dusk", height=32, width=64, count=2, seed=7, steps=2)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_still_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def mine(tiny: Path, tmp_path: Path) -> Path:
    """A folder with a copy of the model, to be spoiled."""
    shutil.copytree(tiny, tmp_path / "mine" / "tiny")
    return tmp_path / "mine"


def made(folder: Path, asked: StillRequest, shares: list[float] | None = None) -> list[Image.Image]:
    told = [] if shares is None else shares
    model = still_model(folder, "tiny")
    return list(make_stills(model, asked, device="cpu", memory=None, progress=told.append, cancelled=lambda: False))


def test_several_pictures_are_made_from_words_and_the_same_seed_makes_the_same(tiny: Path) -> None:
    shares: list[float] = []
    first, second = made(tiny.parent, ASKED, shares)

    assert first.size == second.size == (64, 32)
    assert np.asarray(first).std() > 0
    assert np.abs(np.asarray(first, int) - np.asarray(second, int)).max() > 0
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    (again,) = made(tiny.parent, replace(ASKED, count=1, seed=8))
    assert np.array_equal(np.asarray(again), np.asarray(second))


def test_a_picture_is_changed_by_words(tiny: Path) -> None:
    source = Image.new("RGB", (64, 32), "teal")
    (slightly,) = made(tiny.parent, replace(ASKED, count=1, steps=4, source=source, strength=0.5))
    assert slightly.size == (64, 32)


def test_it_ends_within_a_step_when_nobody_wants_it(tiny: Path) -> None:
    model = still_model(tiny.parent, "tiny")
    steps: list[float] = []
    pictures = make_stills(
        model,
        replace(ASKED, steps=20),
        device="cpu",
        memory=None,
        progress=steps.append,
        cancelled=lambda: len(steps) >= 2,
    )
    with pytest.raises(StillsCalledOff):
        list(pictures)
    assert len(steps) == 2


def test_a_folder_of_models_and_a_model_itself_are_found(tiny: Path, tmp_path: Path) -> None:
    assert still_model_names(tiny.parent) == still_model_names(tiny) == ["tiny"]
    assert still_model_names(tmp_path / "nowhere") == []
    found = still_model(tiny, "tiny")
    assert found.pipeline == "StableDiffusionPipeline"
    assert found.size == sum(path.stat().st_size for path in tiny.rglob("*.safetensors"))


def _pickled(folder: Path) -> None:
    for path in folder.joinpath("unet").glob("*.safetensors"):
        path.rename(path.with_suffix(".bin"))


def _with_code(folder: Path) -> None:
    folder.joinpath("pipeline.py").write_text("print('here')")


def _own_library(folder: Path) -> None:
    index = json.loads(folder.joinpath("model_index.json").read_text())
    folder.joinpath("model_index.json").write_text(json.dumps({**index, "unet": ["their_library", "TheirUNet"]}))


def _half_an_index(folder: Path) -> None:
    folder.joinpath("model_index.json").write_text('{"_class_name": "Stable')


def _no_weights(folder: Path) -> None:
    for path in folder.rglob("*.safetensors"):
        path.unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_pickled, "its part unet has no safetensors file"),
        (_with_code, "it needs code of its own"),
        (_own_library, "it needs code of its own"),
        (_half_an_index, "model_index.json is not one that diffusers writes"),
        (_no_weights, "it has no weights"),
    ],
)
def test_what_is_not_safe_or_not_whole_is_refused(mine: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(mine / "tiny")
    with pytest.raises(StillModelRejected, match=said):
        still_model(mine, "tiny")


def test_damaged_weights_are_one_sentence(mine: Path) -> None:
    weights = next((mine / "tiny" / "vae").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(StillModelRejected, match="diffusers does not read it"):
        made(mine, ASKED)


def test_a_name_is_never_a_path(tiny: Path) -> None:
    with pytest.raises(StillModelRejected, match="it is not in the folder"):
        still_model(tiny.parent / "elsewhere", "../tiny")
