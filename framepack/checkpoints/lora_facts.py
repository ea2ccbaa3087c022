"""What is told of a LoRA without a model: its spelling, kind and rank, and its trigger words. No torch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from framepack.checkpoints.loras import LoraFile, LoraLayer, rank_of
from framepack.errors import LoraRejected
from framepack.formats.transformer_names import without_prefix
from framepack.messages import Message, Value

Spelling = Literal["diffusers", "kohya", "original"]
Kind = Literal["LoRA", "LoHa", "LoKr", "difference"]

# How the names of layers begin, as published and in the original.
_PUBLISHED = re.compile(
    r"(?:single_)?transformer_blocks\.\d|(?:clean_)?x_embedder\.|context_embedder\.|time_text_embed\.|norm_out\."
    r"|proj_out$|image_projection\."
)
_ORIGINAL = re.compile(
    r"(?:double|single)_blocks\.\d|(?:img|txt|time|vector|guidance)_in\.|final_layer\.|clean_x_embedder\."
)
_UNDERSCORED = re.compile(
    r"(?:lora_unet|lora_transformer|lycoris)_(?:(?:single_)?transformer_blocks_\d|(?:double|single)_blocks_\d"
    r"|(?:clean_)?x_embedder_|context_embedder_|time_text_embed_|norm_out_|proj_out$|(?:img|txt|time|vector|guidance)_in_"
    r"|final_layer_)"
)
_KINDS: Mapping[str, Kind] = MappingProxyType(
    {"down": "LoRA", "hada_w1_a": "LoHa", "lokr_w1": "LoKr", "lokr_w1_a": "LoKr", "difference": "difference"}
)
# Where programs write the words that a LoRA was trained with, in the metadata of its file.
_TRIGGER_WORDS = ("modelspec.trigger_phrase", "trigger_words", "ss_trigger_words")
_MOST_WORDS = 1000


@dataclass(frozen=True)
class LoraFacts:
    """``rank`` is the highest there is, None where nothing is a product; ``dtype`` the usual one, as ``BF16``.

    ``layers`` counts those it changes; ``words`` are the trigger words that its file names.
    """

    spelling: Spelling
    kind: Kind
    rank: int | None
    layers: int
    dtype: str
    words: str


def lora_facts(lora: LoraFile) -> LoraFacts:
    """What is told of a LoRA. Raises LoraRejected where no layer is called as one of FramePack or HunyuanVideo."""
    known = [(layer, spelling) for layer in lora.layers if (spelling := _spelling(layer.name))]
    if not known:
        values: dict[str, Value] = {"count": len(lora.tensors), "first": next(iter(lora.tensors))}
        raise LoraRejected(lora.path.name, Message("lora-fits-nothing", values))
    ranks = [rank for layer, _ in known if (rank := rank_of(layer, lora.tensors))]
    return LoraFacts(
        spelling=Counter(spelling for _, spelling in known).most_common(1)[0][0],
        kind=Counter(_kind(layer) for layer, _ in known).most_common(1)[0][0],
        rank=max(ranks, default=None),
        layers=len(known),
        dtype=Counter(facts.dtype for facts in lora.tensors.values()).most_common(1)[0][0],
        words=next((words for key in _TRIGGER_WORDS if (words := _line(lora.metadata.get(key, "")))), ""),
    )


def _spelling(layer: str) -> Spelling | None:
    if _UNDERSCORED.match(layer):
        return "kohya"
    name = without_prefix(layer)
    if _PUBLISHED.match(name):
        return "diffusers"
    return "original" if _ORIGINAL.match(name) else None


def _kind(layer: LoraLayer) -> Kind:
    return next((kind for role, kind in _KINDS.items() if role in layer.keys), "LoRA")


def _line(text: str) -> str:
    return " ".join(text.split())[:_MOST_WORDS]
