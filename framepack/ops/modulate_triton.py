"""The Triton kernel that makes a product's rows in one pass: norm and modulation or activation, and rounding to fp8.

A compiler left to itself reads rows twice to normalise them, and keeps them in memory in fp32 between finding a row's
scale and applying it. Needs Triton to be imported; ``framepack.ops.modulate`` has the same in plain arithmetic.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from framepack.ops.fp8 import FP8, FP8_MAX, SMALLEST_SCALE

# A thread keeps about this many values of its row in registers, so that few threads have to wait for each other.
_VALUES_A_THREAD = 32
_THREADS_A_WARP = 32


def modulated_by_kernel(values: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """``framepack.ops.modulate.modulated`` of ``values`` (n, k), whose rows are contiguous."""
    made = torch.empty(values.shape, dtype=values.dtype, device=values.device)
    _launch(values, made, None, shift, scale, eps, False)
    return made


def quantised_by_kernel(
    values: Tensor, shift: Tensor | None, scale: Tensor | None, eps: float, gelu: bool
) -> tuple[Tensor, Tensor]:
    """``framepack.ops.modulate.quantised_by_formula`` of ``values`` (n, k), whose rows are contiguous."""
    made = torch.empty(values.shape, dtype=FP8, device=values.device)
    scales = torch.empty((len(values), 1), dtype=torch.float32, device=values.device)
    _launch(values, made, scales, shift, scale, eps, gelu)
    return made, scales


def _launch(
    values: Tensor,
    made: Tensor,
    scales: Tensor | None,
    shift: Tensor | None,
    scale: Tensor | None,
    eps: float,
    gelu: bool,
) -> None:
    rows, columns = values.shape
    assert values.stride(1) == 1
    block = triton.next_power_of_2(columns)
    # Sizes such as 3072 and 12288 are three times a power of two: in thirds, no thread is left without work.
    thirds = block // 4 * 3 == columns
    if thirds:
        block //= 4
    warps = triton.next_power_of_2(columns) // (_VALUES_A_THREAD * _THREADS_A_WARP)
    with torch.cuda.device(values.device):
        _make_rows[(rows,)](
            values,
            made,
            values if scales is None else scales,
            values if shift is None else shift,
            values if scale is None else scale,
            values.stride(0),
            columns,
            eps,
            largest_value=FP8_MAX,
            smallest_scale=SMALLEST_SCALE,
            modulate=shift is not None,
            gelu=gelu,
            quantise=scales is not None,
            fast_tanh=torch.version.cuda is not None,
            thirds=thirds,
            block=block,
            num_warps=min(max(warps, 1), 16),
        )


@triton.jit  # type: ignore[untyped-decorator]
def _make_rows(  # type: ignore[no-untyped-def]
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
    quantise: tl.constexpr,
    fast_tanh: tl.constexpr,
    thirds: tl.constexpr,
    block: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)
    values += row * stride
    made += row * columns
    first = tl.arange(0, block)
    second = first + block
    third = second + block
    a = tl.load(values + first, mask=first < columns, other=0.0).to(tl.float32)
    if thirds:
        b = tl.load(values + second).to(tl.float32)
        c = tl.load(values + third).to(tl.float32)

    if modulate:
        total = tl.sum(a, axis=0)
        if thirds:
            total += tl.sum(b, axis=0) + tl.sum(c, axis=0)
        mean = total / columns
        a = tl.where(first < columns, a - mean, 0.0)
        total = tl.sum(a * a, axis=0)
        if thirds:
            b -= mean
            c -= mean
            total += tl.sum(b * b, axis=0) + tl.sum(c * c, axis=0)
        inverse = tl.rsqrt(total / columns + eps)
        a = _modulated(a * inverse, shift, scale, first, columns)
        if thirds:
            b = _modulated(b * inverse, shift, scale, second, columns)
            c = _modulated(c * inverse, shift, scale, third, columns)
    if gelu:
        a = _gelu(a, fast_tanh)
        if thirds:
            b = _gelu(b, fast_tanh)
            c = _gelu(c, fast_tanh)

    if quantise:
        largest = tl.max(tl.abs(a), axis=0)
        if thirds:
            largest = tl.maximum(largest, tl.max(tl.maximum(tl.abs(b), tl.abs(c)), axis=0))
        row_scale = tl.maximum(largest, smallest_scale) / largest_value
        tl.store(scales + row, row_scale)
        inverse_scale = 1.0 / row_scale
        a = _scaled(a, inverse_scale, largest_value)
        if thirds:
            b = _scaled(b, inverse_scale, largest_value)
            c = _scaled(c, inverse_scale, largest_value)
    tl.store(made + first, a.to(made.dtype.element_ty), mask=first < columns)
    if thirds:
        tl.store(made + second, b.to(made.dtype.element_ty))
        tl.store(made + third, c.to(made.dtype.element_ty))


@triton.jit
def _modulated(normed, shift, scale, column, columns):  # type: ignore[no-untyped-def]
    inside = column < columns
    factor = 1.0 + tl.load(scale + column, mask=inside, other=0.0).to(tl.float32)
    return normed * factor + tl.load(shift + column, mask=inside, other=0.0).to(tl.float32)


@triton.jit  # type: ignore[untyped-decorator]
def _gelu(x, fast_tanh: tl.constexpr):  # type: ignore[no-untyped-def]
    # The tanh form: x / 2 * (1 + tanh(u)), u = sqrt(2 / pi) * (x + 0.044715 x ** 3).
    u = x * (0.7978845608028654 + 0.035677408136300125 * x * x)
    if fast_tanh:
        # One instruction, off by 2 ** -11 of x / 2 at most.
        t = tl.inline_asm_elementwise("tanh.approx.f32 $0, $1;", "=f,f", [u], dtype=tl.float32, is_pure=True, pack=1)
    else:
        t = 2.0 * tl.sigmoid(2.0 * u) - 1.0
    half = 0.5 * x
    return half * t + half


@triton.jit  # type: ignore[untyped-decorator]
def _scaled(x, inverse_scale, largest_value: tl.constexpr):  # type: ignore[no-untyped-def]
    # What is no number stays so, to be seen.
    scaled = tl.maximum(x * inverse_scale, -largest_value, propagate_nan=tl.PropagateNan.ALL)
    return tl.minimum(scaled, largest_value, propagate_nan=tl.PropagateNan.ALL)
