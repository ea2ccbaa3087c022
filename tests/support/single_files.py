"""The parts of a tiny checkpoint as single files, in the forms other programs keep them in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from framepack.formats.transformer_names import HALVES_SWAPPED, original_layers
from framepack.formats.vae_names import older_name

State = Mapping[str, Tensor]


def as_original(state: State, *, comfy: bool = False) -> dict[str, Tensor]:
    """A transformer's tensors by the original's names, or by those ComfyUI gives them."""
    left = dict(state)
    spellings: dict[tuple[str, ...], list[str]] = {}
    for original, published in original_layers({name.rpartition(".")[0] for name in state}).items():
        spellings.setdefault(published, []).append(original)
    found: dict[str, Tensor] = {}
    for published, originals in spellings.items():
        original = originals[-1 if comfy else 0]
        for end in ("weight", "bias"):
            if any(f"{layer}.{end}" not in left for layer in published):
                continue
            whole = torch.cat([left.pop(f"{layer}.{end}") for layer in published])
            if original in HALVES_SWAPPED:
                whole = torch.cat(tuple(reversed(whole.chunk(2))))
            found[f"{original}.{'scale' if '.norm.' in original else end}"] = whole
    return found | left


def in_8_bits(state: State, scale_name: str | None) -> dict[str, Tensor]:
    """The large weights in float8, each with a scale of its own by that name; as they are where it is None."""
    found: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if tensor.dim() != 2 or "norm" in name:
            found[name] = tensor
            continue
        scale = tensor.abs().max() / 200.0 if scale_name else torch.tensor(1.0)
        found[name] = (tensor / scale).to(torch.float8_e4m3fn)
        if scale_name:
            found[f"{name.removesuffix('.weight')}.{scale_name}"] = scale.float()
            found[f"{name.removesuffix('.weight')}.scale_input"] = torch.tensor(1.0)
    if scale_name == "scale_weight":
        found["scaled_fp8"] = torch.zeros(2).to(torch.float8_e4m3fn)
    return found


def restored(state: State) -> dict[str, Tensor]:
    """What tensors of ``in_8_bits`` stand for, in fp32."""
    found = {}
    for name, tensor in state.items():
        if name.endswith((".scale_weight", ".weight_scale", ".scale_input")) or name == "scaled_fp8":
            continue
        stem = name.removesuffix(".weight")
        scale = state.get(f"{stem}.scale_weight", state.get(f"{stem}.weight_scale", torch.tensor(1.0)))
        found[name] = tensor.float() * (scale if tensor.dtype == torch.float8_e4m3fn else 1.0)
    return found


def older_vae(state: State) -> dict[str, Tensor]:
    """A VAE's tensors by the older names, its attention's products as convolutions of one point."""
    blocks = len({name.split(".")[2] for name in state if name.startswith("decoder.up_blocks")})
    found = {}
    for name, tensor in state.items():
        older = older_name(name, blocks)
        point = ".attn_1." in older and tensor.dim() == 2
        found[older] = tensor.reshape(*tensor.shape, 1, 1, 1) if point else tensor
    return found


def with_prefix(state: State, prefix: str) -> dict[str, Tensor]:
    """The same tensors, all with ``prefix`` before their names."""
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


def save(state: State, path: Path) -> Path:
    """Write ``state`` to the safetensors file ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path, {"format": "pt"})
    return path


def save_gguf(state: State, path: Path, kind: str) -> tuple[Path, dict[str, Tensor]]:
    """Write ``state`` to the GGUF file ``path``, weights of products in ``kind``; with what is in it then, in fp32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "hyvid")
    inside = {}
    generator = np.random.default_rng(0)
    for name, tensor in state.items():
        values = tensor.float().numpy()
        wanted = gguf.GGMLQuantizationType[kind]
        block, nbytes = gguf.GGML_QUANT_SIZES[wanted]
        if tensor.dim() != 2 or tensor.shape[1] % block:
            if tensor.dim() > 4:
                shape: Any = [int(size) for size in tensor.shape]
                writer.add_array(f"comfy.gguf.orig_shape.{name}", shape)
                values = values.reshape(values.shape[0], -1)
            writer.add_tensor(name, values)
            inside[name] = tensor.float()
            continue
        if kind.endswith("_K"):
            raw = _random_blocks(generator, values.shape[0], values.shape[1] // block, nbytes, kind)
        else:
            raw = gguf.quantize(values, wanted)
        writer.add_tensor(name, raw, raw_dtype=wanted)
        inside[name] = torch.from_numpy(gguf.dequantize(raw, wanted)).reshape(tensor.shape)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path, inside


def _random_blocks(generator: np.random.Generator, rows: int, blocks: int, nbytes: int, kind: str) -> Any:
    """Blocks of random bytes whose scales are finite and small; the package does not make them itself."""
    raw = generator.integers(0, 256, (rows, blocks, nbytes), dtype=np.uint8)
    for place in (208,) if kind == "Q6_K" else (0, 2):
        scale = generator.normal(size=(rows, blocks, 1)).astype(np.float16) * np.float16(0.001)
        raw[:, :, place : place + 2] = scale.view(np.uint8)
    return raw.reshape(rows, blocks * nbytes)
