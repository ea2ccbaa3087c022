"""Which model a file of weights or a LoRA is for, told by the names and shapes of its tensors, never by its own name.

It is asked where a file does not fit, so that what is said names what the file is. No torch, no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from framepack.formats.safetensors_header import TensorFacts

# Models that have names of layers no other has; the first that fits is it. A dot may have become an underscore.
_SIGNS = tuple(
    (title, re.compile(sign))
    for title, sign in (
        ("Wan", r"(?:^|[._])blocks[._]\d+[._](?:(?:self|cross)_attn[._][qkvo](?:_img)?[._]|ffn[._][02][._])"),
        ("Wan", r"(?:^|\.)(?<!_)blocks\.\d+\.(?:attn[12]\.(?:to_|add_)|ffn\.net)"),
        ("Stable Diffusion 3", r"(?:^|[._])joint_blocks[._]\d+"),
        ("HiDream", r"double_stream_blocks[._]\d+"),
        ("Qwen-Image", r"transformer_blocks[._]\d+[._](?:img|txt)_(?:mlp|mod)[._]"),
        ("Mochi", r"(?:^|[._])blocks[._]\d+[._](?:attn[._](?:qkv|proj)_[xy]|mlp_[xy])"),
        ("Lumina", r"(?:^|[._])layers[._]\d+[._](?:attention|feed_forward)[._]"),
    )
)
_UNET = re.compile(r"(?:^|[._])(?:down_blocks|up_blocks|mid_block|input_blocks|middle_block|output_blocks)[._]")
_CROSS_ATTENTION = re.compile(r"attn2[._]to_k[._]")
_OF_CROSS_ATTENTION = {768: "Stable Diffusion 1", 1024: "Stable Diffusion 2", 2048: "Stable Diffusion XL"}
_TWO_ATTENTIONS = re.compile(r"transformer_blocks[._]\d+[._]attn([12])[._]")
_BLOCK = re.compile(r"(?:^|[._])(double_blocks|single_blocks|(?:single_)?transformer_blocks)[._](\d+)[._]")
# Flux and HunyuanVideo name and size their blocks alike; Flux has 19 and 38 of them where HunyuanVideo has 20 and 40.
_LAST_OF_FLUX = (18, 37)


def model_of(tensors: Mapping[str, TensorFacts]) -> str | None:
    """The name of the model that ``tensors`` are of, or for; None where it is not known, or is HunyuanVideo's kind."""
    if _has(tensors, _UNET):
        return _unet(tensors)
    if found := next((title for title, sign in _SIGNS if _has(tensors, sign)), None):
        return found
    if attentions := {match[1] for name in tensors if (match := _TWO_ATTENTIONS.search(name))}:
        return "LTX-Video" if "2" in attentions else "CogVideoX"
    return "Flux" if _last_blocks(tensors) == _LAST_OF_FLUX else None


def _unet(tensors: Mapping[str, TensorFacts]) -> str:
    for name, facts in tensors.items():
        if _CROSS_ATTENTION.search(name) and len(facts.shape) > 1 and facts.shape[1] in _OF_CROSS_ATTENTION:
            return _OF_CROSS_ATTENTION[facts.shape[1]]
    return "Stable Diffusion"


def _last_blocks(names: Iterable[str]) -> tuple[int, int]:
    """The numbers of the last block of two streams and of one, -1 where there is none."""
    last = {"double": -1, "single": -1}
    for name in names:
        for block, number in _BLOCK.findall(name):
            kind = "single" if block.startswith("single") else "double"
            last[kind] = max(last[kind], int(number))
    return last["double"], last["single"]


def _has(names: Iterable[str], sign: re.Pattern[str]) -> bool:
    return any(sign.search(name) for name in names)
