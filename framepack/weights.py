"""Owns how a checkpoint's parts are loaded from their folders into the library's classes; nothing is downloaded here.

Only safetensors are read and no code from a checkpoint is run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import transformers
from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoFramepackTransformer3DModel
from safetensors import SafetensorError
from torch import device as Device
from torch import dtype as Dtype
from transformers import (
    CLIPTextModel,
    CLIPTokenizer,
    LlamaModel,
    PreTrainedTokenizerFast,
    SiglipImageProcessorPil,
    SiglipVisionModel,
)

from framepack.checkpoints import Checkpoint, Part
from framepack.errors import WeightsDamaged
from framepack.model_folders import find_part


@dataclass(frozen=True)
class Place:
    """Where weights come from and go to: a checkpoint, the folder used instead of the hub's cache, a device."""

    checkpoint: Checkpoint
    models: Path | None
    device: Device


@dataclass(frozen=True)
class TextEncoder:
    """A text model with its tokenizer."""

    model: Any
    tokenizer: Any


@dataclass(frozen=True)
class ImageEncoder:
    """An image model with what makes its input from a picture."""

    model: Any
    processor: Any


def load_transformer(place: Place, dtype: Dtype) -> HunyuanVideoFramepackTransformer3DModel:
    """The transformer on the device, in ``dtype``. Raises WeightsMissing or WeightsDamaged, as all of these do."""
    return _model(place, "transformer", HunyuanVideoFramepackTransformer3DModel, dtype)


def load_vae(place: Place, encoder: Dtype, decoder: Dtype) -> AutoencoderKLHunyuanVideo:
    """The VAE with a format for each direction; it works in tiles of time as the library does by default."""
    vae = _model(place, "vae", AutoencoderKLHunyuanVideo, encoder)
    vae.post_quant_conv.to(decoder)
    vae.decoder.to(decoder)
    return vae


def load_llama(place: Place, dtype: Dtype) -> TextEncoder:
    """The first text encoder, with its tokenizer exactly as its file describes it.

    The library's own LLaMA tokenizer class would rebuild another splitting of words than LLaMA 3's.
    """
    model = _model(place, "text_encoder", LlamaModel, dtype)
    return TextEncoder(model, _folder_object(place, "tokenizer", PreTrainedTokenizerFast))


def load_clip(place: Place, dtype: Dtype) -> TextEncoder:
    """The second text encoder with its tokenizer."""
    model = _model(place, "text_encoder_2", CLIPTextModel, dtype)
    return TextEncoder(model, _folder_object(place, "tokenizer_2", CLIPTokenizer))


def load_siglip(place: Place, dtype: Dtype) -> ImageEncoder:
    """The image encoder; pictures are prepared with Pillow everywhere, so that every computer sees the same pixels."""
    model = _model(place, "image_encoder", SiglipVisionModel, dtype)
    return ImageEncoder(model, _folder_object(place, "feature_extractor", SiglipImageProcessorPil))


def _model(place: Place, part: Part, kind: Any, dtype: Dtype) -> Any:
    folder = find_part(place.checkpoint, part, place.models).path
    with _quiet(), _damage_of(place.checkpoint, part):
        model, facts = kind.from_pretrained(
            str(folder), use_safetensors=True, local_files_only=True, output_loading_info=True, dtype=dtype
        )
        if missing := sorted(facts["missing_keys"]) or sorted(str(key) for key in facts["mismatched_keys"]):
            raise WeightsDamaged(place.checkpoint.name, part, f"it lacks {missing[0]} and {len(missing) - 1} more")
    return model.eval().requires_grad_(False).to(place.device)


def _folder_object(place: Place, part: Part, kind: Any) -> Any:
    folder = find_part(place.checkpoint, part, place.models).path
    with _quiet(), _damage_of(place.checkpoint, part):
        return kind.from_pretrained(str(folder), local_files_only=True)


@contextmanager
def _damage_of(checkpoint: Checkpoint, part: Part) -> Iterator[None]:
    """Turn what the libraries raise for unreadable files into WeightsDamaged."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()
        raise WeightsDamaged(checkpoint.name, part, reason[0] if reason else type(error).__name__) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' progress bars and notes about loading off the terminal meanwhile."""
    libraries = (transformers.utils.logging, diffusers.utils.logging)
    before = [(library.get_verbosity(), library.is_progress_bar_enabled()) for library in libraries]
    for library in libraries:
        library.set_verbosity(logging.ERROR)
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library, (verbosity, progress_bar) in zip(libraries, before, strict=True):
            library.set_verbosity(verbosity)
            if progress_bar:
                library.enable_progress_bar()
