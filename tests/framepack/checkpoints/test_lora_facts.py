"""What is told of a LoRA without a model: every spelling and kind, its rank, and the words its file names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from framepack.checkpoints.lora_facts import lora_facts
from framepack.checkpoints.loras import read_lora
from framepack.errors import LoraRejected
from tests.support.lora_files import lora_kinds
from tests.support.tiny_transformer import tiny_model

TOLD = {
    "PEFT": ("diffusers", "LoRA", 4, "F32"),
    "PEFT LoHa": ("diffusers", "LoHa", 4, "F32"),
    "PEFT LoKr": ("diffusers", "LoKr", 2, "F32"),
    "diffusers": ("diffusers", "LoRA", 4, "F16"),
    "kohya, published layers": ("kohya", "LoRA", 4, "BF16"),
    "kohya, original layers": ("kohya", "LoRA", 4, "F32"),
    "original": ("original", "LoRA", 4, "F16"),
    "ComfyUI": ("original", "LoRA", 4, "F32"),
    "LyCORIS LoHa, original layers": ("kohya", "LoHa", 4, "F32"),
    "differences": ("diffusers", "difference", None, "F32"),
}


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_model()


@pytest.mark.parametrize("kind", TOLD)
def test_the_spelling_kind_and_rank_of_a_lora_are_told(kind: str, model: Any, tmp_path: Path) -> None:
    facts = lora_facts(read_lora(lora_kinds()[kind](model, tmp_path).path))
    assert (facts.spelling, facts.kind, facts.rank, facts.dtype) == TOLD[kind]
    assert facts.layers == len(read_lora(next(tmp_path.glob("*.safetensors"))).layers)


def test_the_trigger_words_that_a_file_names_are_told(tmp_path: Path) -> None:
    path = tmp_path / "rain.safetensors"
    save_file({"single_blocks.0.linear2.diff": torch.ones(2, 2)}, path, {"modelspec.trigger_phrase": " r41n,\n wet "})
    assert lora_facts(read_lora(path)).words == "r41n, wet"


def test_a_lora_whose_layers_are_called_like_none_of_the_models_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"unheard.of.lora_A.weight": torch.ones(2, 2), "unheard.of.lora_B.weight": torch.ones(2, 2)}, path)
    with pytest.raises(LoraRejected, match="none of its 2 tensors fits a layer of this model; the first is unheard"):
        lora_facts(read_lora(path))
