"""The names of a transformer's layers: those of the original HunyuanVideo, and the published ones they stand for.

The published FramePack transformers carry the names of diffusers. Files made with other programs carry those of the
original HunyuanVideo, where projections of one input are one layer: the rows of ``img_attn_qkv`` are those of
``attn.to_q``, ``attn.to_k`` and ``attn.to_v`` one after the other. A layer's name is that of its tensors without
``.weight`` or ``.bias``. No torch, no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_ROOT = {
    "img_in.proj": ("x_embedder.proj",),
    "time_in.mlp.0": ("time_text_embed.timestep_embedder.linear_1",),
    "time_in.mlp.2": ("time_text_embed.timestep_embedder.linear_2",),
    "time_in.in_layer": ("time_text_embed.timestep_embedder.linear_1",),
    "time_in.out_layer": ("time_text_embed.timestep_embedder.linear_2",),
    "guidance_in.mlp.0": ("time_text_embed.guidance_embedder.linear_1",),
    "guidance_in.mlp.2": ("time_text_embed.guidance_embedder.linear_2",),
    "guidance_in.in_layer": ("time_text_embed.guidance_embedder.linear_1",),
    "guidance_in.out_layer": ("time_text_embed.guidance_embedder.linear_2",),
    "vector_in.in_layer": ("time_text_embed.text_embedder.linear_1",),
    "vector_in.out_layer": ("time_text_embed.text_embedder.linear_2",),
    "txt_in.input_embedder": ("context_embedder.proj_in",),
    "txt_in.t_embedder.mlp.0": ("context_embedder.time_text_embed.timestep_embedder.linear_1",),
    "txt_in.t_embedder.mlp.2": ("context_embedder.time_text_embed.timestep_embedder.linear_2",),
    "txt_in.t_embedder.in_layer": ("context_embedder.time_text_embed.timestep_embedder.linear_1",),
    "txt_in.t_embedder.out_layer": ("context_embedder.time_text_embed.timestep_embedder.linear_2",),
    "txt_in.c_embedder.linear_1": ("context_embedder.time_text_embed.text_embedder.linear_1",),
    "txt_in.c_embedder.linear_2": ("context_embedder.time_text_embed.text_embedder.linear_2",),
    "txt_in.c_embedder.in_layer": ("context_embedder.time_text_embed.text_embedder.linear_1",),
    "txt_in.c_embedder.out_layer": ("context_embedder.time_text_embed.text_embedder.linear_2",),
    "final_layer.linear": ("proj_out",),
    "final_layer.adaLN_modulation.1": ("norm_out.linear",),
}
# The last layer's shift and scale stand in the other order in the published model.
HALVES_SWAPPED = frozenset({"final_layer.adaLN_modulation.1"})

_QKV = ("attn.to_q", "attn.to_k", "attn.to_v")
_REFINER = {
    "norm1": ("norm1",),
    "norm2": ("norm2",),
    "self_attn_qkv": _QKV,
    "self_attn.qkv": _QKV,
    "self_attn_proj": ("attn.to_out.0",),
    "self_attn.proj": ("attn.to_out.0",),
    "mlp.fc1": ("ff.net.0.proj",),
    "mlp.fc2": ("ff.net.2",),
    "mlp.0": ("ff.net.0.proj",),
    "mlp.2": ("ff.net.2",),
    "adaLN_modulation.1": ("norm_out.linear",),
}
# (in the original, in ComfyUI's form of it): the published layers.
_DOUBLE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("img_mod.linear", "img_mod.lin"): ("norm1.linear",),
    ("txt_mod.linear", "txt_mod.lin"): ("norm1_context.linear",),
    ("img_attn_qkv", "img_attn.qkv"): _QKV,
    ("txt_attn_qkv", "txt_attn.qkv"): ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
    ("img_attn_q_norm", "img_attn.norm.query_norm"): ("attn.norm_q",),
    ("img_attn_k_norm", "img_attn.norm.key_norm"): ("attn.norm_k",),
    ("txt_attn_q_norm", "txt_attn.norm.query_norm"): ("attn.norm_added_q",),
    ("txt_attn_k_norm", "txt_attn.norm.key_norm"): ("attn.norm_added_k",),
    ("img_attn_proj", "img_attn.proj"): ("attn.to_out.0",),
    ("txt_attn_proj", "txt_attn.proj"): ("attn.to_add_out",),
    ("img_mlp.fc1", "img_mlp.0"): ("ff.net.0.proj",),
    ("img_mlp.fc2", "img_mlp.2"): ("ff.net.2",),
    ("txt_mlp.fc1", "txt_mlp.0"): ("ff_context.net.0.proj",),
    ("txt_mlp.fc2", "txt_mlp.2"): ("ff_context.net.2",),
}
_SINGLE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("linear1", "linear1"): (*_QKV, "proj_mlp"),
    ("linear2", "linear2"): ("proj_out",),
    ("q_norm", "norm.query_norm"): ("attn.norm_q",),
    ("k_norm", "norm.key_norm"): ("attn.norm_k",),
    ("modulation.linear", "modulation.lin"): ("norm.linear",),
}
_IN_A_LIST = re.compile(
    r"(?P<list>(?:single_)?transformer_blocks|context_embedder\.token_refiner\.refiner_blocks)\.(?P<number>\d+)\."
)
_ORIGINAL_LISTS = {
    "transformer_blocks": "double_blocks",
    "single_transformer_blocks": "single_blocks",
    "context_embedder.token_refiner.refiner_blocks": "txt_in.individual_token_refiner.blocks",
}
# What other programs put in front of the names of a whole transformer, the longer ones first.
PREFIXES = (
    *("base_model.model.transformer.", "base_model.model.", "model.diffusion_model.", "diffusion_model."),
    *("model.model.", "transformer.", "module.", "model."),
)


def original_layers(published: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The layers of the original, in every spelling, of a transformer whose ``published`` layers are these.

    Each with the published layers whose rows it holds, in order.
    """
    blocks: dict[str, int] = {}
    for name in published:
        if within := _IN_A_LIST.match(name):
            blocks[within["list"]] = max(blocks.get(within["list"], 0), int(within["number"]) + 1)
    found: dict[str, tuple[str, ...]] = dict(_ROOT)
    for within_list, count in blocks.items():
        for number in range(count):
            here, there = f"{_ORIGINAL_LISTS[within_list]}.{number}", f"{within_list}.{number}"
            for original, layers in _in_a_block(within_list):
                found[f"{here}.{original}"] = tuple(f"{there}.{layer}" for layer in layers)
    return found


def without_prefix(name: str) -> str:
    """``name`` without what other programs put in front of it."""
    return next((name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix)), name)


def _in_a_block(within_list: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if within_list not in ("transformer_blocks", "single_transformer_blocks"):
        yield from _REFINER.items()
        return
    for spellings, layers in (_DOUBLE if within_list == "transformer_blocks" else _SINGLE).items():
        for spelling in dict.fromkeys(spellings):
            yield spelling, layers
