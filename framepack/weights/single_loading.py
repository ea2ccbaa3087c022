"""Owns how a part is loaded that is one file without a configuration, as other programs keep it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLHunyuanVideo
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, SiglipVisionConfig, SiglipVisionModel

from framepack.checkpoints.recognising import recognise, tensors_of
from framepack.checkpoints.single_configs import (
    clip_config,
    llama_config,
    siglip_config,
    transformer_config,
    vae_config,
)
from framepack.checkpoints.table import Part
from framepack.formats.gguf_header import is_gguf
from framepack.formats.safetensors_header import TensorFacts
from framepack.formats.transformer_names import without_prefix
from framepack.formats.vae_names import older_name
from framepack.weights.gguf_tensors import GgufTensors
from framepack.weights.scaled_tensors import ScaledTensors
from framepack.weights.tensor_files import FileTensors, TensorFiles

_CONFIGS: Mapping[Part, Callable[[Mapping[str, TensorFacts]], dict[str, Any]]] = {
    "transformer": transformer_config,
    "text_encoder": llama_config,
    "text_encoder_2": clip_config,
    "image_encoder": siglip_config,
    "vae": vae_config,
}
# What publishers put in front of all names of an encoder and the library of today does not.
_PUBLISHED_PREFIXES: Mapping[Part, str] = {"text_encoder_2": "text_model.", "image_encoder": "vision_model."}


def open_weights(checkpoint: str, part: Part, files: Sequence[Path], *, prefix: str = "") -> FileTensors:
    """The tensors of the ``files`` of ``part``, without ``prefix``; those in 8 bits or less as what they stand for.

    Raises NotReadable, and what safetensors raises for damaged files.
    """
    if len(files) == 1 and is_gguf(files[0]):
        return GgufTensors(checkpoint, part, files[0])
    return ScaledTensors(TensorFiles(checkpoint, part, files, prefix=prefix))


def single_config(part: Part, path: Path) -> dict[str, Any]:
    """The configuration of ``part`` in the file ``path``. Raises NotReadable, and KeyError for tensors it lacks."""
    prefix = recognise(path).prefix
    tensors = tensors_of(path)
    if part == "transformer":
        return transformer_config({without_prefix(name): facts for name, facts in tensors.items()})
    within = {name.removeprefix(prefix): facts for name, facts in tensors.items() if name.startswith(prefix)}
    return _CONFIGS[part](_by_published_names(within) if part == "vae" else within)


def model_of_single(checkpoint: str, part: Part, path: Path, dtype: torch.dtype) -> tuple[Any, list[str]]:
    """The VAE, the second text encoder or the image encoder in the file ``path``, in ``dtype`` on the CPU.

    With the names of the tensors that it lacks, of which the model is of no use then.
    """
    config = single_config(part, path)
    files = open_weights(checkpoint, part, [path], prefix=recognise(path).prefix)
    if part == "vae":
        with torch.device("meta"):
            model = AutoencoderKLHunyuanVideo.from_config(config)
        names = _vae_names(files.names, model.state_dict(), len(config["block_out_channels"]))
        missing = sorted(name for name, kept in names.items() if kept not in files.names)
        if not missing:
            state = {
                name: _shaped(files.get(names[name]), tensor.shape, dtype)
                for name, tensor in model.state_dict().items()
            }
            model.load_state_dict(state, strict=True, assign=True)
        return model, missing
    published = _PUBLISHED_PREFIXES[part]
    kind, config_kind = (
        (CLIPTextModel, CLIPTextConfig) if part == "text_encoder_2" else (SiglipVisionModel, SiglipVisionConfig)
    )
    state = {f"{published}{name}": files.get(name).to(dtype) for name in sorted(files.names)}
    model, facts = kind.from_pretrained(
        None, config=config_kind(**config), state_dict=state, dtype=dtype, output_loading_info=True
    )
    return model, sorted(facts["missing_keys"]) or sorted(str(key) for key in facts["mismatched_keys"])


def _vae_names(kept: Iterable[str], published: Iterable[str], blocks: int) -> dict[str, str]:
    """Published names of a VAE's tensors, each with the one it has in its file."""
    older = any(name.startswith("decoder.up.") for name in kept)
    return {name: older_name(name, blocks) if older else name for name in published}


def _by_published_names(tensors: Mapping[str, TensorFacts]) -> Mapping[str, TensorFacts]:
    """The facts about a VAE's tensors that its configuration is read from, by their published names."""
    if not any(name.startswith("decoder.up.") for name in tensors):
        return tensors
    blocks = len({name.split(".")[2] for name in tensors if name.startswith("encoder.down.")})
    wanted = {
        f"encoder.down_blocks.{block}.resnets.{number}.conv1.conv.weight"
        for block in range(blocks)
        for number in range(8)
    }
    wanted |= {"encoder.conv_in.conv.weight", "decoder.conv_in.conv.weight", "decoder.conv_out.conv.weight"}
    wanted |= {"encoder.mid_block.attentions.0.to_q.weight"}
    return {name: tensors[older] for name in wanted if (older := older_name(name, blocks)) in tensors}


def _shaped(tensor: Tensor, shape: torch.Size, dtype: torch.dtype) -> Tensor:
    """``tensor`` in ``shape``; the older autoencoders have products as convolutions of one point."""
    if tensor.shape != shape and tensor.numel() == math.prod(shape):
        tensor = tensor.reshape(shape)
    return tensor.to(dtype)
