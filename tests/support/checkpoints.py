"""Builds tiny random checkpoints on disk in exactly the published layout, for tests through the real loading code.

    <models>/lllyasviel/FramePack_F1_I2V_HY_20250503/   config.json, an index and the shards it names
    <models>/lllyasviel/FramePackI2V_HY/                the same
    <models>/hunyuanvideo-community/HunyuanVideo/       vae, text_encoder (sharded), text_encoder_2, tokenizer(_2)
    <models>/lllyasviel/flux_redux_bfl/                 image_encoder, feature_extractor

``models`` is what ``STUDIO_MODELS`` names. The CLIP and SigLIP files carry the published prefixes ``text_model.`` and
``vision_model.``. Use sizes such as 64x64 pixels: ``Settings(checkpoint="f1", height=64, width=64, ...)``.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoFramepackTransformer3DModel
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    LlamaConfig,
    LlamaModel,
    SiglipImageProcessorPil,
    SiglipVisionConfig,
    SiglipVisionModel,
)

import framepack
from framepack.checkpoints.table import CHECKPOINTS, Part

TEXT, POOLED, IMAGE = 24, 20, 28
DRAFT = Path(framepack.__file__).parent / "draft"


def build_models(models: Path) -> Path:
    """Write tiny random ``f1`` and ``original`` checkpoints below ``models``, which is returned."""
    torch.manual_seed(0)
    _save(_transformer(), _folder(models, "f1", "transformer"), sharded=True)
    _save(_transformer(), _folder(models, "original", "transformer"), sharded=True)
    _save(_vae(), _folder(models, "f1", "vae"), sharded=False)
    _save(_llama(), _folder(models, "f1", "text_encoder"), sharded=True)
    clip, siglip = _folder(models, "f1", "text_encoder_2"), _folder(models, "f1", "image_encoder")
    _save(_clip(), clip, sharded=False)
    _prefix_keys(clip / "model.safetensors", "text_model.")
    _save(_siglip(), siglip, sharded=False)
    _prefix_keys(siglip / "model.safetensors", "vision_model.")
    _write_tokenizers(_folder(models, "f1", "tokenizer"), _folder(models, "f1", "tokenizer_2"))
    processor = SiglipImageProcessorPil(size={"height": 32, "width": 32}, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    processor.save_pretrained(_folder(models, "f1", "feature_extractor"))
    return models


def _folder(models: Path, checkpoint: str, part: Part) -> Path:
    source = CHECKPOINTS[checkpoint].sources[part]
    return models / source.repository / source.subfolder


def _transformer() -> Any:
    return HunyuanVideoFramepackTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        rope_axes_dim=(2, 2, 4),
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        text_embed_dim=TEXT,
        pooled_projection_dim=POOLED,
        image_proj_dim=IMAGE,
        has_image_proj=True,
        has_clean_x_embedder=True,
        guidance_embeds=True,
    )


def _vae() -> Any:
    return AutoencoderKLHunyuanVideo(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4, mid_block_add_attention=True
    )


def _llama() -> Any:
    return LlamaModel(
        LlamaConfig(
            vocab_size=1536,
            hidden_size=TEXT,
            intermediate_size=32,
            num_hidden_layers=4,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=512,
        )
    )


def _clip() -> Any:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=1536,
            hidden_size=POOLED,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            projection_dim=POOLED,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )


def _siglip() -> Any:
    return SiglipVisionModel(
        SiglipVisionConfig(
            hidden_size=IMAGE,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=32,
            patch_size=16,
            vision_use_head=False,
        )
    )


def _save(model: Any, folder: Path, *, sharded: bool) -> None:
    """Save ``model`` in bf16, if ``sharded`` in several files with an index, as published."""
    half = sum(parameter.numel() for parameter in model.parameters()) // 1000
    model.to(torch.bfloat16).save_pretrained(folder, max_shard_size=f"{half}KB" if sharded else "1GB")
    assert (len(list(folder.glob("*.safetensors"))) > 1) == sharded


def _prefix_keys(path: Path, prefix: str) -> None:
    """Give the keys the published prefix, which the library itself writes no more."""
    tensors = {f"{prefix}{key.removeprefix(prefix)}": value for key, value in load_file(path).items()}
    save_file(tensors, path, {"format": "pt"})


def _write_tokenizers(llama: Path, clip: Path) -> None:
    """The draft's vocabularies: LLaMA's as one tokenizer.json, CLIP's as vocabulary and merges, as published."""
    shutil.copytree(DRAFT / "tokenizer", llama)
    clip.mkdir(parents=True)
    kept = json.loads((DRAFT / "tokenizer_2" / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    (clip / "vocab.json").write_text(json.dumps(kept["vocab"]), encoding="utf-8")
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in kept["merges"]]
    (clip / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]), encoding="utf-8")
    shutil.copy(DRAFT / "tokenizer_2" / "tokenizer_config.json", clip)
