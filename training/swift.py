"""Owns the VAE's arithmetic laid out for training: what the library's layers give, in a fraction of the time on a GPU.

It reads the library's own modules, so nothing is copied and gradients reach their parameters. Pictures and features are
(B, T, H, W, C), which is what the GPU's convolutions like best; the library changes the layout at every block. Its
replicated borders are filled in by hand, because the backward pass of the library's padding adds one number at a time.
A clip of one frame goes through convolutions in the plane: its frames before are copies of it, so the taps add up.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLHunyuanVideo


class _Bordered(torch.autograd.Function):
    """(B, T, H, W, C): two copies of the first frame before, one of each border line around, as a causal layer has."""

    @staticmethod
    def forward(_ctx: Any, x: torch.Tensor) -> torch.Tensor:
        b, t, h, w, c = x.shape
        before = 2 if t > 1 else 0
        y = x.new_empty(b, t + before, h + 2, w + 2, c)
        y[:, before:, 1:-1, 1:-1] = x
        y[:, before:, 1:-1, 0], y[:, before:, 1:-1, -1] = x[:, :, :, 0], x[:, :, :, -1]
        y[:, before:, 0], y[:, before:, -1] = y[:, before:, 1], y[:, before:, -2]
        if before:
            y[:, :before] = y[:, before : before + 1]
        return y

    @staticmethod
    def backward(_ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        grad = grads[0].clone()
        if grad.shape[1] > 1:
            grad[:, 2] += grad[:, 0] + grad[:, 1]
            grad = grad[:, 2:]
        grad[:, :, 1] += grad[:, :, 0]
        grad[:, :, -2] += grad[:, :, -1]
        grad[:, :, 1:-1, 1] += grad[:, :, 1:-1, 0]
        grad[:, :, 1:-1, -2] += grad[:, :, 1:-1, -1]
        return grad[:, :, 1:-1, 1:-1].contiguous()


def _conv(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """One causal convolution."""
    conv = layer.conv
    weight, bias = conv.weight.to(x.dtype), conv.bias.to(x.dtype)
    if weight.shape[-1] > 1:
        x = _Bordered.apply(x)
    if x.shape[1] == 1:
        weight = weight.sum(2).contiguous(memory_format=torch.channels_last)
        return F.conv2d(x[:, 0].permute(0, 3, 1, 2), weight, bias, conv.stride[1:]).permute(0, 2, 3, 1)[:, None]
    weight = weight.contiguous(memory_format=torch.channels_last_3d)
    return F.conv3d(x.permute(0, 4, 1, 2, 3), weight, bias, conv.stride).permute(0, 2, 3, 4, 1)


def _normed(norm: torch.nn.GroupNorm, x: torch.Tensor) -> torch.Tensor:
    """Group norm and SiLU, with the sums in fp32."""
    b, c, groups = x.shape[0], x.shape[-1], norm.num_groups
    flat = x.reshape(b, -1, c)
    count = flat.shape[1]
    mean = (flat.sum(1, dtype=torch.float32) / count).view(b, groups, -1).mean(-1)
    square = torch.linalg.vector_norm(flat, dim=1, dtype=torch.float32).square() / count
    variance = square.view(b, groups, -1).mean(-1) - mean.square()
    scale = (variance.clamp_min(0) + norm.eps).rsqrt().repeat_interleave(c // groups, 1) * norm.weight
    shift = norm.bias - mean.repeat_interleave(c // groups, 1) * scale
    return F.silu(torch.addcmul(shift[:, None].to(x.dtype), flat, scale[:, None].to(x.dtype))).view(x.shape)


def _resnet(block: Any, x: torch.Tensor) -> torch.Tensor:
    inner = _conv(block.conv2, _normed(block.norm2, _conv(block.conv1, _normed(block.norm1, x))))
    return inner + (x if block.conv_shortcut is None else _conv(block.conv_shortcut, x))


def _larger(x: torch.Tensor, time: int, space: int) -> torch.Tensor:
    """Nearest neighbours: every value ``time`` and ``space`` times."""
    b, t, h, w, c = x.shape
    wide = x[:, :, None, :, None, :, None].expand(b, t, time, h, space, w, space, c)
    return wide.reshape(b, t * time, h * space, w * space, c)


def _upsampled(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """Twice as high and wide, and every frame but the first ``time`` times."""
    time, space = int(layer.upsample_factor[0]), int(layer.upsample_factor[1])
    first = _larger(x[:, :1], 1, space)
    return _conv(layer.conv, torch.cat((first, _larger(x[:, 1:], time, space)), 1) if x.shape[1] > 1 else first)


def _middle(block: Any, x: torch.Tensor) -> torch.Tensor:
    for resnet in block.resnets:
        x = _resnet(resnet, x)
    return x


def _in_plane(conv: torch.nn.Conv3d, x: torch.Tensor) -> torch.Tensor:
    """A convolution of one point: a matrix."""
    return F.linear(x, conv.weight[:, :, 0, 0, 0].to(x.dtype), conv.bias.to(x.dtype))


def encode(vae: AutoencoderKLHunyuanVideo, clip: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The mode (B, 16, t, h/8, w/8), unscaled, of ``clip`` (B, 3, T, h, w) as one tile."""
    x, encoder = clip.permute(0, 2, 3, 4, 1).to(dtype), vae.encoder
    x = _conv(encoder.conv_in, x)
    for block in encoder.down_blocks:
        for resnet in block.resnets:
            x = _resnet(resnet, x)
        for layer in block.downsamplers or ():
            x = _conv(layer.conv, x)
    x = _conv(encoder.conv_out, _normed(encoder.conv_norm_out, _middle(encoder.mid_block, x)))
    return _in_plane(vae.quant_conv, x.float()).permute(0, 4, 1, 2, 3).chunk(2, 1)[0]


def decode(vae: AutoencoderKLHunyuanVideo, z: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The frames (B, 3, T, h, w) in fp32 of unscaled latents (B, 16, t, h/8, w/8) as one tile."""
    x, decoder = z.permute(0, 2, 3, 4, 1).to(dtype), vae.decoder
    x = _middle(decoder.mid_block, _conv(decoder.conv_in, _in_plane(vae.post_quant_conv, x)))
    for block in decoder.up_blocks:
        for resnet in block.resnets:
            x = _resnet(resnet, x)
        for layer in block.upsamplers or ():
            x = _upsampled(layer, x)
    # Colours in half precision would have steps as large as a screen's, which would count as detail.
    return _conv(decoder.conv_out, _normed(decoder.conv_norm_out, x).float()).permute(0, 4, 1, 2, 3)
