"""Which part of a checkpoint a single file of weights is, told by the names and shapes in its header. No torch.

A file's own name decides nothing but one thing: F1 and the original FramePack have the same layers in the same sizes,
so which of the two a transformer is can be read from its name alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from framepack.checkpoints.table import Part
from framepack.formats.gguf_header import is_gguf, read_gguf_header
from framepack.formats.other_models import model_of
from framepack.formats.safetensors_header import NotReadable, TensorFacts, read_header
from framepack.formats.transformer_names import without_prefix
from framepack.messages import Message

# A file that holds an encoder or a VAE among much else, such as a whole Stable Diffusion, is not that part: another
# program may have trained it further. So much of a file's tensors has to be of the part.
_SHARE = 0.8
# The end of a name that only this part has, and what else has to be there.
_TEXT_END = "layers.0.self_attn.q_proj.weight"
_LORA_ENDS = (".lora_A.weight", ".lora_down.weight", ".lora.down.weight", ".hada_w1_a", ".lokr_w1", ".lokr_w1_a")
_BLOCKS = (
    *("transformer_blocks.0.attn.to_q.weight", "double_blocks.0.img_attn_qkv.weight"),
    "double_blocks.0.img_attn.qkv.weight",
)
_F1 = re.compile(r"(?:^|[^a-z0-9])f1(?:[^a-z0-9]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Recognised:
    """What a file is: ``part`` of a checkpoint, or ``other``, a sentence.

    ``prefix`` stands before all names of the part. ``sizes`` are the channels by which parts go together: those of the
    part itself, and for a transformer those it takes from each encoder.
    """

    part: Part | None = None
    other: Message | None = None
    prefix: str = ""
    sizes: Mapping[Part, int] | None = None


def recognise(path: Path) -> Recognised:
    """What the file at ``path`` is; looked at once while it stays as it is."""
    try:
        facts = path.stat()
    except OSError:
        return Recognised(other=Message("no-such-file"))
    return _recognise(path, facts.st_size, facts.st_mtime_ns)


def tensors_of(path: Path) -> Mapping[str, TensorFacts]:
    """The tensors of a file of either kind. Raises NotReadable."""
    return read_gguf_header(path) if is_gguf(path) else read_header(path).tensors


def is_named_f1(path: Path) -> bool:
    """Whether a transformer's file is called F1, or lies in a folder that is."""
    return any(_F1.search(name) for name in (path.stem, path.parent.name))


@lru_cache(maxsize=4096)
def _recognise(path: Path, size: int, changed: int) -> Recognised:  # noqa: ARG001 - they say that it is the same file
    try:
        tensors = tensors_of(path)
    except NotReadable as fault:
        return Recognised(other=fault.message)
    found = _transformer(tensors) or _vae(tensors) or _encoder(tensors)
    if found is None or sum(name.startswith(found.prefix) for name in tensors) < _SHARE * len(tensors):
        return Recognised(other=_something_else(path, tensors))
    return found


def _transformer(tensors: Mapping[str, TensorFacts]) -> Recognised | None:
    names = {without_prefix(name): facts for name, facts in tensors.items()}
    if not any(name in names for name in _BLOCKS) or "clean_x_embedder.proj.weight" not in names:
        return None
    inputs: dict[Part, tuple[str, ...]] = {
        "text_encoder": ("context_embedder.proj_in", "txt_in.input_embedder"),
        "text_encoder_2": ("time_text_embed.text_embedder.linear_1", "vector_in.in_layer"),
        "image_encoder": ("image_projection.up",),
    }
    sizes: dict[Part, int] = {
        part: names[f"{layer}.weight"].shape[1]
        for part, layers in inputs.items()
        for layer in layers
        if f"{layer}.weight" in names
    }
    return Recognised("transformer", sizes=sizes)


def _vae(tensors: Mapping[str, TensorFacts]) -> Recognised | None:
    end = "decoder.conv_in.conv.weight"
    first = next((name for name in tensors if name.endswith(end)), None)
    if first is None or len(tensors[first].shape) != 5 or f"{first.removesuffix(end)}quant_conv.weight" not in tensors:
        return None
    return Recognised("vae", prefix=first.removesuffix(end))


def _encoder(tensors: Mapping[str, TensorFacts]) -> Recognised | None:
    def before(end: str) -> str | None:
        return next((name.removesuffix(end) for name in tensors if name.endswith(end)), None)

    if (prefix := before("embeddings.patch_embedding.weight")) is not None and "text" not in prefix:
        # CLIP's own vision model has an embedding of the class.
        if f"{prefix}embeddings.class_embedding" in tensors or f"{prefix}encoder.{_TEXT_END}" not in tensors:
            return None
        size = tensors[f"{prefix}embeddings.patch_embedding.weight"].shape[0]
        return Recognised("image_encoder", prefix=prefix, sizes={"image_encoder": size})
    if (prefix := before("embeddings.token_embedding.weight")) is not None:
        if f"{prefix}encoder.{_TEXT_END}" not in tensors:
            return None
        size = tensors[f"{prefix}embeddings.token_embedding.weight"].shape[1]
        return Recognised("text_encoder_2", prefix=prefix, sizes={"text_encoder_2": size})
    if (prefix := before("embed_tokens.weight")) is not None:
        attention = f"{prefix}layers.0.self_attn"
        # Relatives of LLaMA add biases (Qwen) or norms (Qwen 3, Gemma 3) here.
        unlike = (f"{attention}.q_proj.bias", f"{attention}.q_norm.weight")
        if f"{prefix}{_TEXT_END}" not in tensors or any(name in tensors for name in unlike):
            return None
        size = tensors[f"{prefix}embed_tokens.weight"].shape[1]
        return Recognised("text_encoder", prefix=prefix, sizes={"text_encoder": size})
    return None


def _something_else(path: Path, tensors: Mapping[str, TensorFacts]) -> Message:
    if not tensors:
        return Message("file-without-tensors", {"file": path.name})
    if any(name.endswith(_LORA_ENDS) for name in tensors):
        return Message("file-is-lora", {"file": path.name})
    model = model_of(tensors)
    names = {without_prefix(name): facts for name, facts in tensors.items()}
    if model is None and any(name in names for name in _BLOCKS):
        three_dimensional = any(
            len(names[name].shape) == 5 for name in ("img_in.proj.weight", "x_embedder.proj.weight") if name in names
        )
        model = "HunyuanVideo" if three_dimensional else "Flux"
    if model:
        return Message("file-is-of-model", {"file": path.name, "model": model})
    return Message("file-is-unknown", {"file": path.name, "first": next(iter(tensors))})
