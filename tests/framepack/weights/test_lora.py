"""LoRAs in every spelling: weights come as if the LoRA had been merged into them, wherever they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from framepack.checkpoints.loras import lora_sha256, read_lora
from framepack.checkpoints.table import CHECKPOINTS
from framepack.errors import LoraRejected
from framepack.weights.block_loading import Offloading, blocks_of_model
from framepack.weights.loading import Place, change_loras, load_transformer
from framepack.weights.lora import Loras
from tests.support.loaded_weights import same, values_of
from tests.support.lora_files import lora_kinds, merged
from tests.support.tiny_transformer import tiny_model

F1, CPU = CHECKPOINTS["f1"], torch.device("cpu")
KINDS = lora_kinds()
WAYS = {
    "resident": Offloading(),
    "in host memory": Offloading(frozenset({1}), host_copies=True),
    "read at every step": Offloading(frozenset(), host_copies=False),
}


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_model()


@pytest.fixture(scope="module")
def place(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Place:
    models = tmp_path_factory.mktemp("models")
    model.save_pretrained(models / F1.sources["transformer"].repository, max_shard_size="300KB")
    return Place(F1, models, CPU)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_lora_is_as_if_it_had_been_merged(kind: str, way: str, model: Any, place: Place, tmp_path: Path) -> None:
    made = KINDS[kind](model, tmp_path)
    loras = Loras(((read_lora(made.path), 0.8),))
    loaded = load_transformer(place, torch.float32, "plain", WAYS[way], loras=loras)
    same(loaded, merged(model, made.change, 0.8))
    loaded.store.close()


@pytest.mark.parametrize("way", WAYS)
def test_another_strength_is_as_if_it_had_been_the_first(way: str, model: Any, place: Place, tmp_path: Path) -> None:
    first, second = KINDS["PEFT"](model, tmp_path / "1"), KINDS["original"](model, tmp_path / "2")
    one, other = read_lora(first.path), read_lora(second.path)
    loaded = load_transformer(place, torch.float32, "plain", WAYS[way], loras=Loras(((one, 1.0),)))
    addresses = [tensor.data_ptr() for tensor in loaded.rest.state_dict().values()]

    change_loras(place, loaded, Loras(((one, -0.5), (other, 0.3))))
    same(loaded, merged(merged(model, first.change, -0.5), second.change, 0.3))
    change_loras(place, loaded, Loras())
    same(loaded, model, tolerance=0.0)
    assert [tensor.data_ptr() for tensor in loaded.rest.state_dict().values()] == addresses
    loaded.store.close()


def test_a_step_ends_early_and_the_next_has_the_new_strength(model: Any, place: Place, tmp_path: Path) -> None:
    made = KINDS["PEFT"](model, tmp_path)
    loaded = load_transformer(place, torch.float32, "plain", WAYS["read at every step"])
    with_first = loaded.store.blocks_in_order()
    next(with_first)
    with_first.close()
    change_loras(place, loaded, Loras(((read_lora(made.path), 1.0),)))
    same(loaded, merged(model, made.change, 1.0))


@pytest.mark.parametrize("kind", ["PEFT", "kohya, original layers"])
def test_a_lora_is_added_before_weights_are_quantised(kind: str, model: Any, place: Place, tmp_path: Path) -> None:
    made = KINDS[kind](model, tmp_path)
    loaded = load_transformer(
        place, torch.float32, "fp8_storage", Offloading(frozenset({0})), loras=Loras(((read_lora(made.path), 0.8),))
    )
    whole = blocks_of_model(merged(model, made.change, 0.8), Offloading(), "fp8_storage")
    for (name, found), (_, wanted) in zip(values_of(loaded.store), values_of(whole), strict=True):
        # A value on the edge between two of 8 bits may fall to either side.
        assert (found - wanted).abs().gt(1e-5).float().mean() < 0.001, name


def test_what_fits_nothing_is_listed_and_refused_unless_allowed(model: Any, place: Place, tmp_path: Path) -> None:
    made = KINDS["kohya, original layers"](model, tmp_path)
    tensors = load_file(made.path)
    tensors["lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight"] = torch.ones(4, 4)
    tensors["lora_unet_double_blocks_7_img_mlp_fc1.lora_up.weight"] = torch.ones(64, 4)
    tensors["lora_unet_double_blocks_7_img_mlp_fc1.lora_down.weight"] = torch.ones(4, 32)
    save_file(tensors, tmp_path / "more.safetensors")
    more = read_lora(tmp_path / "more.safetensors")

    with pytest.raises(
        LoraRejected, match=r"3 of its \d+ tensors fit no layer of this model \(lora_te1_text_model.*blocks_7_"
    ):
        load_transformer(place, torch.float32, loras=Loras(((more, 0.8),)))
    loaded = load_transformer(place, torch.float32, loras=Loras(((more, 0.8),), partly=True))
    same(loaded, merged(model, made.change, 0.8))


def test_a_refused_lora_leaves_the_weights_as_they_were(model: Any, place: Place, tmp_path: Path) -> None:
    made = KINDS["PEFT"](model, tmp_path)
    save_file({"transformer_blocks.9.attn.to_q.diff": torch.ones(32, 32)}, tmp_path / "none.safetensors")
    save_file({"single_blocks.0.linear2.diff": torch.full((32, 96), torch.nan)}, tmp_path / "nan.safetensors")
    loaded = load_transformer(place, torch.float32, loras=Loras(((read_lora(made.path), 0.8),)))
    with pytest.raises(LoraRejected, match="none of its 1 tensors fits"):
        change_loras(place, loaded, Loras(((read_lora(tmp_path / "none.safetensors"), 1.0),), partly=True))
    with pytest.raises(LoraRejected, match="no numbers"):
        change_loras(place, loaded, Loras(((read_lora(tmp_path / "nan.safetensors"), 1.0),)))
    same(loaded, merged(model, made.change, 0.8))


def test_a_layer_of_another_size_fits_nothing(place: Place, tmp_path: Path) -> None:
    shapes = {"lora_A": (4, 48), "lora_B": (32, 4)}
    save_file(
        {f"transformer_blocks.0.attn.to_q.{name}.weight": torch.ones(shape) for name, shape in shapes.items()},
        tmp_path / "wide.safetensors",
    )
    with pytest.raises(LoraRejected, match="none of its 2 tensors fits"):
        load_transformer(place, torch.float32, loras=Loras(((read_lora(tmp_path / "wide.safetensors"), 1.0),)))


def test_the_scale_beside_a_file_is_part_of_its_name(model: Any, tmp_path: Path) -> None:
    made = KINDS["PEFT"](model, tmp_path)
    name = lora_sha256(made.path)
    config = tmp_path / "adapter_config.json"
    config.write_text(config.read_text(encoding="utf-8").replace('"lora_alpha": 6', '"lora_alpha": 12'))
    assert lora_sha256(made.path) != name
