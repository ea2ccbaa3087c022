"""Owns the sizes of the draft's models and how they lie on disk; knows nothing of how they are trained.

The folders and classes are those of the published checkpoints, so that one loading code reads both.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoFramepackTransformer3DModel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    LlamaConfig,
    LlamaModel,
    PreTrainedTokenizerBase,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
)

VOCABULARY = 1536
IMAGE_SIDE = 64
LATENT_CHANNELS = 16
TEXT_WIDTH, POOLED_WIDTH = 128, 64
SHARD_SIZE = "15MB"

# Ids of the special tokens; both tokenizers put them first.
LLAMA_SPECIALS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|pad|>")
CLIP_SPECIALS = ("<|startoftext|>", "<|endoftext|>")


def build_vae() -> AutoencoderKLHunyuanVideo:
    """Few channels at full resolution: there the decoder spends its time on a CPU."""
    return AutoencoderKLHunyuanVideo(
        block_out_channels=(16, 32, 80, 104),
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
    )


def build_transformer() -> HunyuanVideoFramepackTransformer3DModel:
    """256 wide, 2 double and 7 single blocks."""
    return HunyuanVideoFramepackTransformer3DModel(
        num_attention_heads=4,
        attention_head_dim=64,
        num_layers=2,
        num_single_layers=7,
        num_refiner_layers=1,
        text_embed_dim=TEXT_WIDTH,
        pooled_projection_dim=POOLED_WIDTH,
        rope_axes_dim=(16, 24, 24),
        image_condition_type=None,
        has_image_proj=True,
        image_proj_dim=96,
        has_clean_x_embedder=True,
        guidance_embeds=True,
    )


def build_text_encoder() -> LlamaModel:
    """Four layers, of which the first two reach the transformer: it reads ``hidden_states[-3]``, as of the real one."""
    return LlamaModel(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=TEXT_WIDTH,
            intermediate_size=256,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=512,
            bos_token_id=0,
            eos_token_id=3,
            pad_token_id=4,
        )
    )


def build_text_encoder_2() -> CLIPTextModel:
    """Its pooled output is taken at the end token, which is found by its id."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=VOCABULARY,
            hidden_size=POOLED_WIDTH,
            intermediate_size=192,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            projection_dim=POOLED_WIDTH,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )


def build_image_encoder() -> SiglipVisionModel:
    """16 tokens of 96 from a picture of 64 px."""
    return SiglipVisionModel(
        SiglipVisionConfig(
            hidden_size=96,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=IMAGE_SIDE,
            patch_size=16,
            vision_use_head=False,
        )
    )


def build_image_processor() -> SiglipImageProcessor:
    """The published processor's settings at the draft's size."""
    return SiglipImageProcessor(size={"height": IMAGE_SIDE, "width": IMAGE_SIDE}, do_convert_rgb=True)


@dataclass
class Draft:
    """The five models of a draft checkpoint; the transformer and the encoders are trained together."""

    vae: AutoencoderKLHunyuanVideo
    transformer: HunyuanVideoFramepackTransformer3DModel
    text_encoder: LlamaModel
    text_encoder_2: CLIPTextModel
    image_encoder: SiglipVisionModel

    def conditioned_parts(self) -> dict[str, torch.nn.Module]:
        """Everything but the VAE, by folder name."""
        return {
            "transformer": self.transformer,
            "text_encoder": self.text_encoder,
            "text_encoder_2": self.text_encoder_2,
            "image_encoder": self.image_encoder,
        }


def build_draft() -> Draft:
    """Random weights, from torch's own generator."""
    return Draft(build_vae(), build_transformer(), build_text_encoder(), build_text_encoder_2(), build_image_encoder())


def load_vae(folder: Path) -> AutoencoderKLHunyuanVideo:
    """The VAE of the checkpoint in ``folder``, fp32."""
    return AutoencoderKLHunyuanVideo.from_pretrained(folder / "vae", torch_dtype=torch.float32)


def load_draft(folder: Path) -> Draft:
    """All five models of the checkpoint in ``folder``, fp32: a later round of training starts from these."""
    fp32 = torch.float32
    return Draft(
        load_vae(folder),
        HunyuanVideoFramepackTransformer3DModel.from_pretrained(folder / "transformer", torch_dtype=fp32),
        LlamaModel.from_pretrained(folder / "text_encoder", dtype=fp32),
        CLIPTextModel.from_pretrained(folder / "text_encoder_2", dtype=fp32),
        SiglipVisionModel.from_pretrained(folder / "image_encoder", dtype=fp32),
    )


def save_vae(vae: AutoencoderKLHunyuanVideo, folder: Path) -> None:
    """As bf16 safetensors below ``folder/vae``; ``vae`` is left in bf16."""
    vae.to(torch.bfloat16).save_pretrained(folder / "vae")


def save_conditioned(draft: Draft, folder: Path) -> None:
    """The transformer (in shards, as published) and the three encoders, as bf16; the models are left in bf16."""
    for name, model in draft.conditioned_parts().items():
        model.to(torch.bfloat16)
        if name == "transformer":
            model.save_pretrained(folder / name, max_shard_size=SHARD_SIZE)
        else:
            model.save_pretrained(folder / name)
    build_image_processor().save_pretrained(folder / "feature_extractor")


def replace_folder(out: Path, given: Path, write: Callable[[Path], None]) -> None:
    """Puts a whole checkpoint folder in the place of ``out``: what was there, renewed by ``write``, and its VAE.

    ``given`` has the VAE where ``out`` has none. Cut off while writing, the folder before stays.
    """
    fresh, worn = (out.with_name(f"{out.name}.{word}") for word in ("new", "old"))
    for folder in (fresh, worn):
        shutil.rmtree(folder, ignore_errors=True)
    if out.exists():
        shutil.copytree(out, fresh)
    fresh.mkdir(parents=True, exist_ok=True)
    if not (fresh / "vae").exists():
        shutil.copytree(given / "vae", fresh / "vae")
    table = "latent_rgb.json"
    if (given / table).exists() and not (fresh / table).exists():
        shutil.copyfile(given / table, fresh / table)
    write(fresh)
    if out.exists():
        out.rename(worn)
    fresh.rename(out)
    shutil.rmtree(worn, ignore_errors=True)


def save_tokenizers(llama: PreTrainedTokenizerBase, clip: PreTrainedTokenizerBase, folder: Path) -> None:
    """Both tokenizers where the published layout has them, without the blanks that are nearly half of such a file."""
    for tokenizer, name in ((llama, "tokenizer"), (clip, "tokenizer_2")):
        tokenizer.save_pretrained(folder / name)
        path = folder / name / "tokenizer.json"
        whole = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def save_preview_table(weight: torch.Tensor, bias: torch.Tensor, folder: Path) -> None:
    """The linear map of scaled latents to RGB in 0..1: weight (16, 3), bias (3,)."""
    table = {
        "latent_rgb": [[round(value, 4) for value in row] for row in weight.tolist()],
        "latent_rgb_bias": [round(value, 4) for value in bias.tolist()],
    }
    (folder / "latent_rgb.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def size_of_weights(folder: Path) -> int:
    """Bytes of all safetensors below ``folder``."""
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
