"""The names of the VAE's tensors: those other programs have from the older autoencoders, for the published ones."""

from __future__ import annotations

import re

_PLAIN = (
    (r"\.mid_block\.resnets\.0\.", ".mid.block_1."),
    (r"\.mid_block\.resnets\.1\.", ".mid.block_2."),
    (r"\.mid_block\.attentions\.0\.group_norm\.", ".mid.attn_1.norm."),
    (r"\.mid_block\.attentions\.0\.to_(q|k|v)\.", r".mid.attn_1.\1."),
    (r"\.mid_block\.attentions\.0\.to_out\.0\.", ".mid.attn_1.proj_out."),
    (r"\.conv_norm_out\.", ".norm_out."),
    (r"\.down_blocks\.(\d+)\.resnets\.(\d+)\.", r".down.\1.block.\2."),
    (r"\.down_blocks\.(\d+)\.downsamplers\.0\.", r".down.\1.downsample."),
    (r"\.conv_shortcut\.", ".nin_shortcut."),
)
_UP = re.compile(r"\.up_blocks\.(\d+)\.(?:resnets\.(\d+)|upsamplers\.0)\.")


def older_name(published: str, up_blocks: int) -> str:
    """The older name of a tensor of a VAE with so many ``up_blocks``, which are counted from the other end there."""
    name = published
    for sign, older in _PLAIN:
        name = re.sub(sign, older, name)
    if found := _UP.search(name):
        number = up_blocks - 1 - int(found[1])
        within = "upsample" if found[2] is None else f"block.{found[2]}"
        name = name.replace(found[0], f".up.{number}.{within}.")
    return name
