"""Layers of the VAE as they are fastest on a GPU: norms, enlargements and padding in one pass with each other.

``with_fast_layers`` puts them in the place of the library's own, whose weights they keep; on other devices they do
what the library's do. They know kernels, but neither tiles nor files.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from diffusers.models.autoencoders.autoencoder_kl_hunyuan_video import (
    HunyuanVideoCausalConv3d,
    HunyuanVideoResnetBlockCausal3D,
    HunyuanVideoUpsampleCausal3D,
)
from torch import Tensor, nn

from framepack.ops.triton_available import kernels_work

# What the kernels pad by, as ``torch.nn.functional.pad`` counts it.
_PADDING = (1, 1, 1, 1, 2, 0)
# How much larger they make time, height and width.
_ENLARGEMENTS = {(1, 2, 2), (2, 1, 1), (2, 2, 2)}


class NormedConvolution(nn.Module):
    """A group norm, SiLU and a causal convolution: (n, c, t, h, w) to (n, m, t, h, w)."""

    def __init__(self, norm: nn.GroupNorm, conv: HunyuanVideoCausalConv3d) -> None:
        super().__init__()
        self.norm = norm
        self.conv = conv

    def forward(self, values: Tensor) -> Tensor:
        """The convolution of ``values``, which it leaves as they are."""
        norm = self.norm
        if kernels_work(values.device):
            from framepack.ops.causal_conv_triton import normed_and_padded

            made: Tensor = self.conv.conv(normed_and_padded(values, norm.num_groups, norm.weight, norm.bias, norm.eps))
        else:
            made = self.conv(F.silu(norm(values)))
        return made


class EnlargedConvolution(nn.Module):
    """The library's enlargement by repeated pixels and its causal convolution."""

    def __init__(self, library: HunyuanVideoUpsampleCausal3D) -> None:
        super().__init__()
        self.library = library
        frames, sides, _ = library.upsample_factor
        self._frames, self._sides = int(frames), int(sides)

    def forward(self, values: Tensor) -> Tensor:
        """``values`` (n, c, t, h, w) larger, through the convolution."""
        if kernels_work(values.device):
            from framepack.ops.causal_conv_triton import enlarged_and_padded

            made: Tensor = self.library.conv.conv(enlarged_and_padded(values, self._frames, self._sides))
        else:
            made = self.library(values)
        return made


def with_fast_layers(vae: Any) -> None:
    """Put the fast layers into ``vae``, an AutoencoderKLHunyuanVideo in use; names in its state dict change by it."""
    for module in list(vae.modules()):
        if isinstance(module, HunyuanVideoResnetBlockCausal3D) and isinstance(module.nonlinearity, nn.SiLU):
            if _is_usual(module.conv1) and _is_usual(module.conv2):
                module.conv1, module.norm1 = NormedConvolution(module.norm1, module.conv1), nn.Identity()
                module.conv2, module.norm2 = NormedConvolution(module.norm2, module.conv2), nn.Identity()
                module.nonlinearity = nn.Identity()
        elif upsamplers := getattr(module, "upsamplers", None):
            for number, upsampler in enumerate(upsamplers):
                if _is_usual(upsampler.conv) and tuple(upsampler.upsample_factor) in _ENLARGEMENTS:
                    upsamplers[number] = EnlargedConvolution(upsampler)
    for part in (vae.encoder, vae.decoder):
        if _is_usual(part.conv_out) and isinstance(part.conv_act, nn.SiLU):
            part.conv_out, part.conv_norm_out = NormedConvolution(part.conv_norm_out, part.conv_out), nn.Identity()
            part.conv_act = nn.Identity()


def _is_usual(conv: HunyuanVideoCausalConv3d) -> bool:
    """Whether ``conv`` pads as the kernels do and moves on by single pixels."""
    same = conv.conv.stride == (1, 1, 1) and conv.conv.padding == (0, 0, 0)
    return same and tuple(conv.time_causal_padding) == _PADDING and conv.pad_mode == "replicate"
