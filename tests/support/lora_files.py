"""LoRAs of every spelling for a tiny transformer, random, each with the whole change it makes to the weights.

The changes are made apart from the program: by PEFT where it wrote the file, else by plain products of whole matrices
in the original's fused layers, which are taken apart afterwards.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoHaConfig, LoKrConfig, LoraConfig, get_peft_model
from safetensors.torch import save_file
from torch import Tensor

from framepack.formats.transformer_names import HALVES_SWAPPED, original_layers

RANK = 4
PUBLISHED_LAYERS = (
    *("transformer_blocks.0.attn.to_q", "transformer_blocks.0.attn.add_k_proj", "transformer_blocks.0.norm1.linear"),
    *(
        "transformer_blocks.0.attn.to_out.0",
        "transformer_blocks.0.ff.net.0.proj",
        "transformer_blocks.0.ff_context.net.2",
    ),
    *("single_transformer_blocks.1.attn.to_k", "single_transformer_blocks.0.proj_mlp"),
    *("single_transformer_blocks.1.proj_out", "single_transformer_blocks.0.norm.linear", "x_embedder.proj"),
    *("context_embedder.token_refiner.refiner_blocks.0.attn.to_v", "clean_x_embedder.proj_2x", "proj_out"),
)
ORIGINAL_LAYERS = (
    *("double_blocks.0.img_attn_qkv", "double_blocks.0.txt_attn_qkv", "double_blocks.0.img_mod.linear"),
    *("double_blocks.0.img_attn_proj", "double_blocks.0.txt_mlp.fc1", "double_blocks.0.img_mlp.fc2"),
    *("single_blocks.0.linear1", "single_blocks.1.linear2", "single_blocks.1.modulation.linear"),
    *("img_in.proj", "txt_in.individual_token_refiner.blocks.0.self_attn_qkv", "vector_in.in_layer"),
    *("final_layer.linear", "final_layer.adaLN_modulation.1"),
)
COMFY_LAYERS = ("double_blocks.0.img_attn.qkv", "double_blocks.0.txt_mlp.0", "single_blocks.1.modulation.lin")
Change = dict[str, Tensor]


@dataclass(frozen=True)
class MadeLora:
    """A file, and what it adds at strength 1 to each published weight."""

    path: Path
    change: Change


def lora_kinds() -> dict[str, Callable[[Any, Path], MadeLora]]:
    """Every kind of LoRA by name, as what writes one for a whole ``model`` into a folder."""
    plain = PUBLISHED_LAYERS
    linear = [name for name in plain if name not in ("x_embedder.proj", "clean_x_embedder.proj_2x")]
    half, short = torch.float16, torch.bfloat16
    return {
        "PEFT": lambda model, folder: _by_peft(
            model, folder, LoraConfig(r=RANK, lora_alpha=6, target_modules=list(plain), alpha_pattern={"to_q": 3})
        ),
        "PEFT, scaled by the square root": lambda model, folder: _by_peft(
            model, folder, LoraConfig(r=RANK, lora_alpha=6, use_rslora=True, target_modules=linear)
        ),
        "PEFT LoHa": lambda model, folder: _by_peft(model, folder, LoHaConfig(r=RANK, alpha=2, target_modules=linear)),
        "PEFT LoKr": lambda model, folder: _by_peft(
            model, folder, LoKrConfig(r=2, alpha=3, decompose_both=True, target_modules=linear)
        ),
        "PEFT LoKr of whole matrices": lambda model, folder: _by_peft(
            model, folder, LoKrConfig(r=64, alpha=32, target_modules=linear)
        ),
        "diffusers": lambda model, folder: _written(
            model, folder, plain, "transformer.{}.lora_{}.weight", ("A", "B"), dtype=half
        ),
        "diffusers with its scale": lambda model, folder: _written(
            model, folder, plain, "transformer.{}.lora_{}.weight", ("A", "B"), scale_in_metadata=True
        ),
        "kohya, published layers": lambda model, folder: _written(
            model, folder, plain, "lora_unet_{}.lora_{}.weight", ("down", "up"), kohya=True, dtype=short
        ),
        "kohya, original layers": lambda model, folder: _written(
            model, folder, ORIGINAL_LAYERS, "lora_unet_{}.lora_{}.weight", ("down", "up"), kohya=True
        ),
        "original": lambda model, folder: _written(
            model, folder, ORIGINAL_LAYERS, "{}.lora_{}.weight", ("A", "B"), dtype=half
        ),
        "original, for diffusers": lambda model, folder: _written(
            model, folder, ORIGINAL_LAYERS, "transformer.{}.lora_{}.weight", ("A", "B")
        ),
        "ComfyUI": lambda model, folder: _written(
            model, folder, COMFY_LAYERS, "diffusion_model.{}.lora_{}.weight", ("A", "B")
        ),
        "LyCORIS LoHa, original layers": lambda model, folder: _lycoris(model, folder, ORIGINAL_LAYERS),
        "differences": lambda model, folder: _differences(model, folder, ("single_blocks.0.linear1", "proj_out")),
    }


def merged(model: Any, change: Mapping[str, Tensor], strength: float) -> Any:
    """A copy of ``model`` with ``change`` in its weights."""
    whole = copy.deepcopy(model)
    state = whole.state_dict()
    for name, values in change.items():
        state[name] += strength * values.reshape(state[name].shape)
    return whole


def original_rows(model: Any, layer: str) -> tuple[list[str], list[int], int]:
    """The published layers of one by any name, how many rows each has, and their columns."""
    state = model.state_dict()
    layers = {name.removesuffix(".weight") for name in state if name.endswith(".weight")}
    published = list(original_layers(layers).get(layer, (layer,)))
    return (
        published,
        [state[f"{name}.weight"].shape[0] for name in published],
        state[f"{published[0]}.weight"][0].numel(),
    )


def _by_peft(model: Any, folder: Path, config: Any) -> MadeLora:
    torch.manual_seed(3)
    adapted = get_peft_model(copy.deepcopy(model), config)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name or "hada_" in name or "lokr_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    adapted.save_pretrained(folder)
    before, after = model.state_dict(), adapted.merge_and_unload().state_dict()
    change = {name: after[name] - before[name] for name in before if not torch.equal(after[name], before[name])}
    assert change
    return MadeLora(folder / "adapter_model.safetensors", change)


def _written(
    model: Any,
    folder: Path,
    layers: tuple[str, ...],
    names: str,
    ends: tuple[str, str],
    *,
    kohya: bool = False,
    scale_in_metadata: bool = False,
    dtype: torch.dtype = torch.float32,
) -> MadeLora:
    """A LoRA whose tensors are named by ``names`` and ``ends``; kohya's have a number for the scale of each layer."""
    generator = torch.Generator().manual_seed(5)
    tensors: dict[str, Tensor] = {}
    change: Change = {}
    for layer in layers:
        published, rows, columns = original_rows(model, layer)
        down = (torch.randn((RANK, columns), generator=generator) * 0.3).to(dtype)
        up = (torch.randn((sum(rows), RANK), generator=generator) * 0.3).to(dtype)
        said = layer.replace(".", "_") if kohya else layer
        shaped = down
        if layer in ("x_embedder.proj", "img_in.proj", "clean_x_embedder.proj_2x"):
            shaped = down.reshape(RANK, *model.state_dict()[f"{published[0]}.weight"].shape[1:])
        tensors[names.format(said, ends[0])] = shaped.contiguous()
        tensors[names.format(said, ends[1])] = up
        scale = 0.5 if kohya or scale_in_metadata else 1.0
        if kohya:
            tensors[f"lora_unet_{said}.alpha"] = torch.tensor(RANK * scale, dtype=dtype)
        _take_apart(layer, published, rows, scale * (up.float() @ down.float()), change)
    kept = {"transformer.r": RANK, "transformer.lora_alpha": RANK / 2}
    metadata = {"lora_adapter_metadata": json.dumps(kept)} if scale_in_metadata else {"format": "pt"}
    return _saved(folder, tensors, change, metadata)


def _lycoris(model: Any, folder: Path, layers: tuple[str, ...]) -> MadeLora:
    generator = torch.Generator().manual_seed(6)
    tensors: dict[str, Tensor] = {}
    change: Change = {}
    for layer in layers:
        published, rows, columns = original_rows(model, layer)
        sizes = {"w1_a": (sum(rows), RANK), "w1_b": (RANK, columns), "w2_a": (sum(rows), RANK), "w2_b": (RANK, columns)}
        parts = {name: torch.randn(size, generator=generator) for name, size in sizes.items()}
        said = f"lycoris_{layer.replace('.', '_')}"
        tensors |= {f"{said}.hada_{name}": part for name, part in parts.items()}
        tensors[f"{said}.alpha"] = torch.tensor(2.0)
        whole = (2.0 / RANK) * (parts["w1_a"] @ parts["w1_b"]) * (parts["w2_a"] @ parts["w2_b"])
        _take_apart(layer, published, rows, whole, change)
    return _saved(folder, tensors, change)


def _differences(model: Any, folder: Path, layers: tuple[str, ...]) -> MadeLora:
    generator = torch.Generator().manual_seed(8)
    tensors: dict[str, Tensor] = {}
    change: Change = {}
    for layer in layers:
        published, rows, columns = original_rows(model, layer)
        whole, bias = (
            torch.randn((sum(rows), columns), generator=generator),
            torch.randn(sum(rows), generator=generator),
        )
        tensors |= {f"diffusion_model.{layer}.diff": whole, f"diffusion_model.{layer}.diff_b": bias}
        _take_apart(layer, published, rows, whole, change)
        _take_apart(layer, published, rows, bias, change, ending="bias")
    return _saved(folder, tensors, change)


def _take_apart(
    layer: str, published: list[str], rows: list[int], whole: Tensor, change: Change, ending: str = "weight"
) -> None:
    if layer in HALVES_SWAPPED:
        whole = torch.cat(tuple(reversed(whole.chunk(2))))
    change |= dict(zip((f"{name}.{ending}" for name in published), whole.split(rows), strict=True))


def _saved(
    folder: Path, tensors: dict[str, Tensor], change: Change, metadata: dict[str, str] | None = None
) -> MadeLora:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "style.safetensors"
    save_file(tensors, path, metadata)
    return MadeLora(path, change)
