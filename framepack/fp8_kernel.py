"""The Triton kernel that makes rows in fp8, each read once: norm, modulation or activation, scale and rounding.

A compiler left to itself keeps the values in memory in fp32 between finding a row's scale and applying it, which costs
more time than all else in an fp8 block outside of products and attention. Needs Triton to be imported.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from framepack.block_weights import FP8, FP8_MAX, SMALLEST_SCALE

# The numbers of threads, in warps, that leave a thread 16 or 32 values of its row to keep in registers.
_SHORT_ROW, _SHORT_WARPS, _LONG_WARPS = 4096, 8, 16


def quantise_rows(
    values: Tensor, shift: Tensor | None, scale: Tensor | None, eps: float, gelu: bool
) -> tuple[Tensor, Tensor]:
    """``framepack.rows.quantised_by_formula`` in one pass over ``values`` (n, k), whose rows are contiguous."""
    rows, columns = values.shape
    assert values.stride(1) == 1
    made = torch.empty((rows, columns), dtype=FP8, device=values.device)
    scales = torch.empty((rows, 1), dtype=torch.float32, device=values.device)
    block = triton.next_power_of_2(columns)
    with torch.cuda.device(values.device):
        _quantise[(rows,)](
            values,
            made,
            scales,
            values if shift is None else shift,
            values if scale is None else scale,
            values.stride(0),
            columns,
            eps,
            largest_value=FP8_MAX,
            smallest_scale=SMALLEST_SCALE,
            modulate=shift is not None,
            gelu=gelu,
            block=block,
            num_warps=_SHORT_WARPS if block <= _SHORT_ROW else _LONG_WARPS,
        )
    return made, scales


@triton.jit  # type: ignore[untyped-decorator]
def _quantise(  # type: ignore[no-untyped-def]
    values,
    made,
    scales,
    shift,
    scale,
    stride,
    columns,
    eps,
    largest_value: tl.constexpr,
    smallest_scale: tl.constexpr,
    modulate: tl.constexpr,
    gelu: tl.constexpr,
    block: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, block)
    inside = column < columns
    wide = tl.load(values + row * stride + column, mask=inside, other=0.0).to(tl.float32)
    if modulate:
        mean = tl.sum(wide, axis=0) / columns
        wide = tl.where(inside, wide - mean, 0.0)
        wide = wide * tl.rsqrt(tl.sum(wide * wide, axis=0) / columns + eps)
        wide = wide * (1.0 + tl.load(scale + column, mask=inside, other=0.0).to(tl.float32))
        wide = wide + tl.load(shift + column, mask=inside, other=0.0).to(tl.float32)
    if gelu:
        # x / 2 * (1 + tanh(u)) is x * sigmoid(2 u); the factor is 2 * sqrt(2 / pi).
        wide = wide * tl.sigmoid(1.5957691216057308 * (wide + 0.044715 * wide * wide * wide))
    row_scale = tl.maximum(tl.max(tl.abs(wide), axis=0), smallest_scale) / largest_value
    wide = tl.minimum(tl.maximum(wide * (1.0 / row_scale), -largest_value), largest_value)
    tl.store(made + row * columns + column, wide.to(made.dtype.element_ty), mask=inside)
    tl.store(scales + row, row_scale)
