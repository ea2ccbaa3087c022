"""Writes a checkpoint of the published sizes with random values, in the published layout, to measure speed and memory.

    python -m framepack.benchmark.random_weights FOLDER [f1]

``FOLDER`` is what ``STUDIO_MODELS`` names. It takes as much of a disk as the published one: 43 GB.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoFramepackTransformer3DModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, LlamaConfig, LlamaModel, SiglipVisionConfig, SiglipVisionModel

from framepack.benchmark.random_transformer import DEVIATION, PUBLISHED_CONFIG
from framepack.checkpoints.folders import find_part
from framepack.checkpoints.table import CHECKPOINTS, Checkpoint, Part, checkpoint_named

SHARD_BYTES = 4 * 2**30
# All values are taken from this many drawn ones, by turns: drawing each of 20 billion would take longer than measuring.
POOL = 2**24 + 43


@dataclass(frozen=True)
class Sizes:
    """The configurations of the models, as keywords of their classes where they differ from the classes' own values."""

    transformer: Mapping[str, Any]
    vae: Mapping[str, Any]
    text_encoder: Mapping[str, Any]
    text_encoder_2: Mapping[str, Any]
    image_encoder: Mapping[str, Any]


PUBLISHED = Sizes(
    transformer=PUBLISHED_CONFIG,
    vae={},
    text_encoder={
        "vocab_size": 128320,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0,
    },
    text_encoder_2={
        "hidden_size": 768,
        "intermediate_size": 3072,
        "projection_dim": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 1,
    },
    image_encoder={
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_hidden_layers": 27,
        "num_attention_heads": 16,
        "image_size": 384,
        "patch_size": 14,
        "vision_use_head": False,
    },
)


def write_random_checkpoint(models: Path, checkpoint: Checkpoint, sizes: Sizes = PUBLISHED) -> None:
    """Write all parts of ``checkpoint`` below ``models`` in bf16; tokenizers are the embedded checkpoint's."""
    with torch.device("meta"):
        built: dict[Part, Any] = {
            "transformer": HunyuanVideoFramepackTransformer3DModel(**sizes.transformer),
            "vae": AutoencoderKLHunyuanVideo(**sizes.vae),
            "text_encoder": LlamaModel(LlamaConfig(**sizes.text_encoder)),
            "text_encoder_2": CLIPTextModel(CLIPTextConfig(**sizes.text_encoder_2)),
            "image_encoder": SiglipVisionModel(SiglipVisionConfig(**sizes.image_encoder)),
        }
    for part, model in built.items():
        folder = _folder(models, checkpoint, part)
        folder.mkdir(parents=True, exist_ok=True)
        if part in ("transformer", "vae"):
            model.save_config(folder)
            stem = "diffusion_pytorch_model"
        else:
            model.config.save_pretrained(folder)
            stem = "model"
        _write_values({name: tensor.shape for name, tensor in model.state_dict().items()}, folder, stem)
    copied: tuple[Part, ...] = ("tokenizer", "tokenizer_2", "feature_extractor")
    for part in copied:
        given = find_part(CHECKPOINTS["draft"], part, None).path
        shutil.copytree(given, _folder(models, checkpoint, part), dirs_exist_ok=True)
    processor = _folder(models, checkpoint, "feature_extractor") / "preprocessor_config.json"
    side = built["image_encoder"].config.image_size
    facts = json.loads(processor.read_text(encoding="utf-8")) | {"size": {"height": side, "width": side}}
    processor.write_text(json.dumps(facts), encoding="utf-8")


def _folder(models: Path, checkpoint: Checkpoint, part: Part) -> Path:
    source = checkpoint.sources[part]
    return models / source.repository / source.subfolder


def _write_values(shapes: Mapping[str, torch.Size], folder: Path, stem: str) -> None:
    shards = list(_shards(shapes))
    files = [f"{stem}-{number:05}-of-{len(shards):05}.safetensors" for number in range(1, len(shards) + 1)]
    if len(shards) == 1:
        files = [f"{stem}.safetensors"]
    pool = torch.randn(POOL, generator=torch.Generator().manual_seed(0)).mul_(DEVIATION).bfloat16()
    for file, names in zip(files, shards, strict=True):
        save_file({name: _values(name, shapes[name], pool) for name in names}, folder / file, {"format": "pt"})
    if len(shards) > 1:
        where = {name: file for file, names in zip(files, shards, strict=True) for name in names}
        total = 2 * sum(shape.numel() for shape in shapes.values())
        index = {"metadata": {"total_size": total}, "weight_map": where}
        (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def _shards(shapes: Mapping[str, torch.Size]) -> Iterator[list[str]]:
    """The names in their order, cut into what goes into one file."""
    names: list[str] = []
    nbytes = 0
    for name, shape in shapes.items():
        if names and nbytes + 2 * shape.numel() > SHARD_BYTES:
            yield names
            names, nbytes = [], 0
        names.append(name)
        nbytes += 2 * shape.numel()
    yield names


def _values(name: str, shape: torch.Size, pool: Tensor) -> Tensor:
    """Values in bf16 for one tensor; the weights of norms lie around 1, so that no layer dies away."""
    count = shape.numel()
    start = sum(name.encode()) * 7919 % POOL
    times = math.ceil((start + count) / POOL)
    values = pool.repeat(times)[start : start + count] if times > 1 else pool[start : start + count]
    values = values.reshape(shape).clone()
    return values + 1 if len(shape) == 1 and name.endswith("weight") else values


if __name__ == "__main__":
    write_random_checkpoint(Path(sys.argv[1]), checkpoint_named(sys.argv[2] if len(sys.argv) > 2 else "f1"))
