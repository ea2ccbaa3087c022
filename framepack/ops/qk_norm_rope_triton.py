"""The Triton kernel that normalises and rotates queries and keys in one pass, in fp8 where they are to be.

Needs Triton to be imported; ``framepack.ops.qk_norm_rope`` has the same in plain arithmetic.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from framepack.ops.fp8 import FP8, FP8_MAX


def queries_and_keys_by_kernel(
    joint: Tensor,
    norms: Tensor,
    count: int,
    cosines: Tensor,
    sines: Tensor,
    eps: float,
    query: Tensor,
    key: Tensor,
    largest: Tensor,
    together: int,
) -> None:
    """``framepack.ops.qk_norm_rope.queries_and_keys_by_formula``, written to ``query``, ``key`` and ``largest``.

    A program sees to ``together`` heads, a power of two. ``largest`` is written only where queries and keys are fp8.
    """
    rows, heads, head = query.shape
    assert all(part.is_contiguous() for part in (joint, norms, cosines, sines))
    with torch.cuda.device(joint.device):
        _rotate[(rows, heads // together)](
            joint,
            norms,
            count,
            cosines,
            sines,
            eps,
            query,
            key,
            largest,
            heads=heads,
            half=head // 2,
            together=together,
            fp8=query.dtype == FP8,
            largest_value=FP8_MAX,
            num_warps=1,
        )


# Whether the rows of one stream are a multiple of something is nothing to compile another kernel for.
@triton.jit(do_not_specialize=["count"])  # type: ignore[untyped-decorator]
def _rotate(  # type: ignore[no-untyped-def]
    joint,
    norms,
    count,
    cosines,
    sines,
    eps,
    query,
    key,
    largest,
    heads: tl.constexpr,
    half: tl.constexpr,
    together: tl.constexpr,
    fp8: tl.constexpr,
    largest_value: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)
    group = tl.program_id(1)
    head: tl.constexpr = 2 * half
    width: tl.constexpr = heads * head
    channel = tl.arange(0, half)
    place = (group * together + tl.arange(0, together))[:, None] * head + channel[None, :]
    joint += row * (3 * width)
    norms += tl.where(row >= count, 2 * head, 0) + channel
    table = row * head + channel
    cosine_low, cosine_high = tl.load(cosines + table), tl.load(cosines + table + half)
    sine_low, sine_high = tl.load(sines + table), tl.load(sines + table + half)
    for part in tl.static_range(2):
        low = tl.load(joint + part * width + place).to(tl.float32)
        high = tl.load(joint + part * width + place + half).to(tl.float32)
        norm_low = tl.load(norms + part * head).to(tl.float32)
        norm_high = tl.load(norms + part * head + half).to(tl.float32)
        squares = tl.sum(low * low, axis=1) + tl.sum(high * high, axis=1)
        inverse = tl.rsqrt(squares / head + eps)[:, None]
        made_low = (low * (norm_low * cosine_low)[None, :] + high * (norm_high * sine_low)[None, :]) * inverse
        made_high = (high * (norm_high * cosine_high)[None, :] + low * (norm_low * sine_high)[None, :]) * inverse
        if fp8:
            made_low = _within(made_low, largest_value)
            made_high = _within(made_high, largest_value)
        out = (query if part == 0 else key) + row * width + place
        tl.store(out, made_low.to(query.dtype.element_ty))
        tl.store(out + half, made_high.to(query.dtype.element_ty))
    if fp8:
        low = tl.abs(tl.load(joint + 2 * width + place).to(tl.float32))
        high = tl.abs(tl.load(joint + 2 * width + place + half).to(tl.float32))
        most = tl.max(tl.max(tl.maximum(low, high), axis=1), axis=0)
        tl.store(largest + row * tl.num_programs(1) + group, most)


@triton.jit  # type: ignore[untyped-decorator]
def _within(x, largest_value: tl.constexpr):  # type: ignore[no-untyped-def]
    # What is no number stays so, to be seen.
    x = tl.maximum(x, -largest_value, propagate_nan=tl.PropagateNan.ALL)
    return tl.minimum(x, largest_value, propagate_nan=tl.PropagateNan.ALL)
