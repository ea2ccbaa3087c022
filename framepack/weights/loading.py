"""Owns how a checkpoint's parts are loaded from their folders into the library's classes; nothing is downloaded here.

Only safetensors are read and no code from a checkpoint is run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoFramepackTransformer3DModel
from safetensors import SafetensorError
from torch import device as Device
from torch import dtype as Dtype
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    LlamaConfig,
    PreTrainedTokenizerFast,
    SiglipImageProcessorPil,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from framepack.checkpoints.folders import find_part, weight_files
from framepack.checkpoints.recognising import recognise
from framepack.checkpoints.table import Checkpoint, Part
from framepack.device.devices import Formats
from framepack.device.faults import accelerator_lost, memory_short
from framepack.device.memory_plan import PartSizes
from framepack.errors import FramepackError, HostMemoryShort, WeightsDamaged
from framepack.formats.file_faults import first_fault
from framepack.messages import Message
from framepack.ops.fp8 import WeightFormat
from framepack.parallel.group import Group
from framepack.weights.block_loading import (
    Offloading,
    PublishedBlocks,
    block_places,
    load_blocks,
    load_small_parts,
    missing_and_unknown,
    published_shapes_of,
    refill_small_parts,
    small_parts,
)
from framepack.weights.block_store import BlockStore
from framepack.weights.lora import AdaptedTensors, Loras
from framepack.weights.renamed_tensors import RenamedTensors
from framepack.weights.single_loading import model_of_single, open_weights, single_config
from framepack.weights.tensor_files import sums_are_finite
from framepack.weights.text_layers import LAYERS_NOT_RUN, PREFIX, empty_text_model, layer_layout, load_text_layers


@dataclass(frozen=True)
class Place:
    """Where weights come from and go to: a checkpoint, the folder used instead of the hub's cache, a device."""

    checkpoint: Checkpoint
    models: Path | None
    device: Device


@dataclass(frozen=True)
class TextEncoder:
    """A text model with its tokenizer.

    ``layers_not_run`` of its last layers are not there; ``close`` is to be called when it is done with.
    """

    model: Any
    tokenizer: Any
    layers_not_run: int = 0
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class ImageEncoder:
    """An image model with what makes its input from a picture."""

    model: Any
    processor: Any


@dataclass(frozen=True)
class LoadedTransformer:
    """The transformer: ``rest`` is the library's model without its blocks, which are in ``store``.

    ``tensors`` is what both were read from, and are again for other LoRAs.
    """

    rest: HunyuanVideoFramepackTransformer3DModel
    store: BlockStore
    tensors: AdaptedTensors


def transformer_config(place: Place) -> Any:
    """The transformer's configuration as the library has it, with its defaults for what the file leaves out.

    Raises WeightsMissing or WeightsDamaged, as all of these do.
    """
    with _quiet(), _damage_of(place, "transformer"):
        return small_parts(_config_file(place, "transformer", HunyuanVideoFramepackTransformer3DModel)).config


def vae_width(place: Place) -> int:
    """The channels of the VAE at full size."""
    with _quiet(), _damage_of(place, "vae"):
        return int(_config_file(place, "vae", AutoencoderKLHunyuanVideo)["block_out_channels"][0])


def part_sizes(place: Place, formats: Formats, format: WeightFormat) -> PartSizes:
    """The bytes of all parts in the formats they will be used in, from their configurations alone."""
    text = empty_text_model(_folder_object(place, "text_encoder", LlamaConfig))
    clip_config = _folder_object(place, "text_encoder_2", CLIPTextConfig)
    siglip_config = _folder_object(place, "image_encoder", SiglipVisionConfig)
    with _quiet(), _damage_of(place, "transformer"), torch.device("meta"):
        rest = small_parts(_config_file(place, "transformer", HunyuanVideoFramepackTransformer3DModel))
        vae = AutoencoderKLHunyuanVideo.from_config(_config_file(place, "vae", AutoencoderKLHunyuanVideo))
        clip, siglip = CLIPTextModel(clip_config), SiglipVisionModel(siglip_config)
    return PartSizes(
        blocks=tuple(one.layout.nbytes for one in block_places(rest.config, formats.transformer, format)),
        rest=_bytes(rest, formats.transformer),
        text_layers=tuple(layer_layout(layer, formats.encoders).nbytes for layer in text.layers),
        text_rest=_bytes(text.embed_tokens, formats.encoders),
        clip=_bytes(clip, formats.encoders),
        siglip=_bytes(siglip, formats.encoders),
        vae=_bytes(vae, max(formats.encoders, formats.decoder, key=lambda dtype: dtype.itemsize)),
    )


def load_transformer(
    place: Place,
    dtype: Dtype,
    format: WeightFormat = "plain",
    offloading: Offloading = Offloading(),  # noqa: B008 - it is frozen
    group: Group | None = None,
    loras: Loras = Loras(),  # noqa: B008 - it is frozen
) -> LoadedTransformer:
    """The transformer, in ``dtype`` and the large weights in ``format``, its blocks where ``offloading`` says.

    The ranks of a ``group``, which all load the same, have one copy of streamed blocks on the host between them.
    ``loras`` are added to its weights, which is done before any is quantised; raises LoraRejected. Its tensors are read
    one by one straight to where they shall be, so never is more than one copy of them in memory.
    """
    config = transformer_config(place)
    shards = weight_files(place.checkpoint, "transformer", place.models)
    with _quiet(), _damage_of(place, "transformer"):
        rest = small_parts(config)
        opened = open_weights(place.checkpoint.name, "transformer", shards)
        files = RenamedTensors(opened, published_shapes_of(rest.config, rest.state_dict()))
        places = block_places(rest.config, dtype, format)
        missing, unknown = missing_and_unknown(files, rest.state_dict(), places)
        _refuse(place, "transformer", missing, unknown)
        tensors = AdaptedTensors(files)
        tensors.use(loras)
        load_small_parts(rest, tensors, dtype, place.device)
        store = load_blocks(PublishedBlocks(tensors, places, place.device), places, offloading, place.device, group)
    return LoadedTransformer(rest, store, tensors)


def change_loras(place: Place, loaded: LoadedTransformer, loras: Loras) -> None:
    """Read the weights of ``loaded`` again, from their files to where they are, with ``loras`` and no others.

    Raises LoraRejected, and then all is as it was. After any other error the transformer is of no use.
    """
    with _quiet(), _damage_of(place, "transformer"):
        loaded.tensors.use(loras)
        refill_small_parts(loaded.rest, loaded.tensors)
        loaded.store.refill()


def load_vae(place: Place, encoder: Dtype, decoder: Dtype) -> AutoencoderKLHunyuanVideo:
    """The VAE with a format for each direction; it works in tiles of time as the library does by default."""
    vae = _model(place, "vae", AutoencoderKLHunyuanVideo, encoder)
    vae.post_quant_conv.to(decoder)
    vae.decoder.to(decoder)
    return vae


def load_llama(place: Place, dtype: Dtype, resident: int | None = None) -> TextEncoder:
    """The first text encoder as far as it is run, with its tokenizer exactly as its file describes it.

    Only its first ``resident`` layers stay on the device, the others are read while it runs; None for all of them. The
    library's own LLaMA tokenizer class would rebuild another splitting of words than LLaMA 3's.
    """
    shards = weight_files(place.checkpoint, "text_encoder", place.models)
    config = _folder_object(place, "text_encoder", LlamaConfig)
    with _quiet(), _damage_of(place, "text_encoder"):
        model = empty_text_model(config)
        single = find_part(place.checkpoint, "text_encoder", place.models).single
        prefix = recognise(single).prefix if single else PREFIX
        files = open_weights(place.checkpoint.name, "text_encoder", shards, prefix=prefix)
        _refuse(place, "text_encoder", sorted(set(model.state_dict()) - files.names))
        streamed = load_text_layers(model, files, dtype, place.device, resident)
    tokenizer = _folder_object(place, "tokenizer", PreTrainedTokenizerFast)
    return TextEncoder(model, tokenizer, LAYERS_NOT_RUN, streamed.close if streamed else files.close)


def load_clip(place: Place, dtype: Dtype) -> TextEncoder:
    """The second text encoder with its tokenizer."""
    model = _model(place, "text_encoder_2", CLIPTextModel, dtype)
    return TextEncoder(model, _folder_object(place, "tokenizer_2", CLIPTokenizer))


def load_siglip(place: Place, dtype: Dtype) -> ImageEncoder:
    """The image encoder; pictures are prepared with Pillow everywhere, so that every computer sees the same pixels."""
    model = _model(place, "image_encoder", SiglipVisionModel, dtype)
    return ImageEncoder(model, _folder_object(place, "feature_extractor", SiglipImageProcessorPil))


def _model(place: Place, part: Part, kind: Any, dtype: Dtype) -> Any:
    found = find_part(place.checkpoint, part, place.models)
    with _quiet(), _damage_of(place, part):
        if found.single is not None:
            model, missing = model_of_single(place.checkpoint.name, part, found.single, dtype)
            _refuse(place, part, missing)
            model = model.eval().requires_grad_(False).to(place.device)
            _refuse_not_finite(place, part, model)
            return model
        model, facts = kind.from_pretrained(
            str(found.path), use_safetensors=True, local_files_only=True, output_loading_info=True, dtype=dtype
        )
        _refuse(place, part, sorted(facts["missing_keys"]) or sorted(str(key) for key in facts["mismatched_keys"]))
        model = model.eval().requires_grad_(False).to(place.device)
        _refuse_not_finite(place, part, model)
    return model


def _refuse_not_finite(place: Place, part: Part, model: torch.nn.Module) -> None:
    """Raise WeightsDamaged where ``model``, as it was loaded, holds values that are no numbers."""
    if sums_are_finite(model.parameters()):
        return
    files = open_weights(place.checkpoint.name, part, weight_files(place.checkpoint, part, place.models))
    files.check(model.parameters(), sorted(files.names))


def _refuse(place: Place, part: Part, missing: list[str], unknown: list[str] | None = None) -> None:
    """Raise WeightsDamaged where there are names of tensors that are missing or that nobody knows."""
    for names, told in ((missing, "weights-lack"), (unknown or [], "weights-have-more")):
        if names:
            reason = Message(told, {"tensor": names[0], "more": len(names) - 1})
            raise WeightsDamaged(place.checkpoint.name, part, reason)


def _config_file(place: Place, part: Part, kind: Any) -> Any:
    found = find_part(place.checkpoint, part, place.models)
    return single_config(part, found.single) if found.single else kind.load_config(str(found.path))


def _bytes(module: torch.nn.Module, dtype: Dtype) -> int:
    return dtype.itemsize * sum(parameter.numel() for parameter in module.parameters())


def _folder_object(place: Place, part: Part, kind: Any) -> Any:
    found = find_part(place.checkpoint, part, place.models)
    with _quiet(), _damage_of(place, part):
        if found.single is not None:
            return kind(**single_config(part, found.single))
        return kind.from_pretrained(str(found.path), local_files_only=True)


@contextmanager
def _damage_of(place: Place, part: Part) -> Iterator[None]:
    """Turn what the libraries raise for unreadable files into WeightsDamaged, naming the file where one can be told.

    What is for want of memory becomes HostMemoryShort, unless it is the device's; what the device did passes.
    """
    try:
        yield
    except (torch.OutOfMemoryError, FramepackError):
        raise
    except (MemoryError, OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        if memory_short(error):
            raise HostMemoryShort(place.checkpoint.name, part) from error
        if accelerator_lost(error):
            raise
        lines = str(error).strip().splitlines()
        told = lines[0] if lines else type(error).__name__
        raise WeightsDamaged(place.checkpoint.name, part, _fault_of(place, part) or told) from error


def _fault_of(place: Place, part: Part) -> Message | None:
    """What is to be seen of the damage in the part's files."""
    try:
        return first_fault(find_part(place.checkpoint, part, place.models).files(part))
    except OSError as error:
        return Message("file-unreadable", {"file": Path(str(error.filename)).name, "reason": str(error.strerror)})


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
