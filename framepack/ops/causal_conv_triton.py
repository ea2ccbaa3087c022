"""Triton kernels for what goes into a causal 3-D convolution: normalised and activated, or enlarged, and padded.

PyTorch finds a group's mean with one of a GPU's many processors, and pads far slower than its memory is; without
kernels both together are nearly half of the time of a decode (benchmarks/log.md). Needs Triton to be imported;
``framepack.vae.fast_layers`` has the same from PyTorch. Convolutions are of 3x3x3: edges are repeated, once on every
side and twice before the first frame.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

# Elements a program adds up, and how many of them at once.
_AT_ONCE = 4096
_TURNS = 8
# Rows of pixels and pixels of a row that a program makes.
_ROWS = 4
_PIXELS = 256


def normed_and_padded(values: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """SiLU of the group norm of ``values`` (n, c, t, h, w), padded: (n, c, t + 2, h + 2, w + 2)."""
    values = values.contiguous()
    count = values.shape[0]
    length = values[0].numel() // groups
    pieces = triton.cdiv(length, _AT_ONCE * _TURNS)
    sums = torch.empty((count * groups, pieces, 2), dtype=torch.float32, device=values.device)
    with torch.cuda.device(values.device):
        _add_up[(count * groups, pieces)](values, sums, length, at_once=_AT_ONCE, turns=_TURNS, num_warps=8)
    # In fp64: where the mean is large, the squares' mean and the mean's square are nearly equal.
    mean, square = sums.sum(dim=1, dtype=torch.float64).div(length).unbind(dim=1)
    inverse = torch.rsqrt((square - mean.square()).clamp(min=0.0) + eps).view(count, groups, 1)
    factor = weight.double().view(1, groups, -1) * inverse
    shift = bias.double().view(1, groups, -1) - mean.view(count, groups, 1) * factor
    return _padded(values, (1, 1), factor.float().flatten(), shift.float().flatten())


def enlarged_and_padded(values: Tensor, frames: int, sides: int) -> Tensor:
    """``values`` (n, c, t, h, w) with pixels repeated, padded: (n, c, t' + 2, h * ``sides`` + 2, w * ``sides`` + 2).

    Every frame but the first comes ``frames`` times, which is 1 or 2: t' is 1 + (t - 1) * ``frames``.
    """
    return _padded(values.contiguous(), (frames, sides), None, None)


def _padded(values: Tensor, larger: tuple[int, int], factor: Tensor | None, shift: Tensor | None) -> Tensor:
    count, channels, frames, height, width = values.shape
    size = (1 + (frames - 1) * larger[0] + 2, height * larger[1] + 2, width * larger[1] + 2)
    made = torch.empty((count, channels, *size), dtype=values.dtype, device=values.device)
    rows = count * channels * size[0] * size[1]
    with torch.cuda.device(values.device):
        _pad[(triton.cdiv(rows, _ROWS), triton.cdiv(size[2], _PIXELS))](
            values,
            made,
            values if factor is None else factor,
            values if shift is None else shift,
            rows,
            frames,
            height,
            width,
            *size,
            more_frames=larger[0],
            larger=larger[1],
            activate=factor is not None,
            at_once=_ROWS,
            pixels=_PIXELS,
            num_warps=4,
        )
    return made


@triton.jit  # type: ignore[untyped-decorator]
def _add_up(values, sums, length, at_once: tl.constexpr, turns: tl.constexpr):  # type: ignore[no-untyped-def]
    group = tl.program_id(0).to(tl.int64)
    piece = tl.program_id(1)
    total = tl.zeros((at_once,), dtype=tl.float32)
    squares = tl.zeros((at_once,), dtype=tl.float32)
    for turn in range(turns):
        place = (piece * turns + turn) * at_once + tl.arange(0, at_once)
        wide = tl.load(values + group * length + place, mask=place < length, other=0.0).to(tl.float32)
        total += wide
        squares += wide * wide
    out = sums + (group * tl.num_programs(1) + piece) * 2
    tl.store(out, tl.sum(total, axis=0))
    tl.store(out + 1, tl.sum(squares, axis=0))


@triton.jit  # type: ignore[untyped-decorator]
def _pad(  # type: ignore[no-untyped-def]
    values,
    made,
    factor,
    shift,
    rows,
    frames,
    height,
    width,
    made_frames,
    made_height,
    made_width,
    more_frames: tl.constexpr,
    larger: tl.constexpr,
    activate: tl.constexpr,
    at_once: tl.constexpr,
    pixels: tl.constexpr,
):
    row = (tl.program_id(0).to(tl.int64) * at_once + tl.arange(0, at_once))[:, None]
    column = (tl.program_id(1) * pixels + tl.arange(0, pixels))[None, :]
    inside = (row < rows) & (column < made_width)
    plane = row // made_height
    channel = plane // made_frames
    # Where a value comes from: back by the padding, kept within the picture, and to the pixel that was repeated.
    frame = tl.maximum(plane % made_frames - 2, 0)
    if more_frames == 2:
        frame = (frame + 1) // 2
    y = tl.minimum(tl.maximum(row % made_height - 1, 0) // larger, height - 1)
    x = tl.minimum(tl.maximum(column - 1, 0) // larger, width - 1)
    value = tl.load(values + ((channel * frames + frame) * height + y) * width + x, mask=inside, other=0.0)
    if activate:
        here = row < rows
        wide = value.to(tl.float32)
        wide = wide * tl.load(factor + channel, mask=here, other=0.0) + tl.load(shift + channel, mask=here, other=0.0)
        value = (wide * tl.sigmoid(wide)).to(made.dtype.element_ty)
    tl.store(made + row * made_width + column, value, mask=inside)
