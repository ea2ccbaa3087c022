"""The large matrix products of a block: plain, with weights kept in fp8, or wholly in fp8. It knows no block.

In fp8 a product takes rows with a scale each and weights with a scale per output channel (``block_weights.quantised``)
and gives bf16. Quantising rows is plain arithmetic here, so that a compiler fuses it with what makes the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from framepack.block_weights import FP8, FP8_MAX, SMALLEST_SCALE, WeightFormat

# NVIDIA's fp8 tensor cores came with this compute capability (Ada).
_FP8_CAPABILITY = (8, 9)


class Rows(NamedTuple):
    """What goes into a product: ``values`` (n, k), in fp8 with ``scale`` (n, 1) fp32 where the product is in fp8."""

    values: Tensor
    scale: Tensor | None


class Weight(NamedTuple):
    """A linear layer: ``weight`` (m, k), in fp8 with ``scale`` (m,) fp32 where it is kept so, and ``bias`` (m,)."""

    weight: Tensor
    scale: Tensor | None
    bias: Tensor | None

    def outputs(self, start: int, end: int) -> Weight:
        """The layer that gives only the outputs from ``start`` to ``end``."""
        scale = None if self.scale is None else self.scale[start:end]
        return Weight(self.weight[start:end], scale, None if self.bias is None else self.bias[start:end])


def available_formats(device: torch.device) -> tuple[WeightFormat, ...]:
    """The weight formats that work on ``device``, the most exact first."""
    if device.type == "mps":
        return ("plain",)
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= _FP8_CAPABILITY:
        return ("plain", "fp8_storage", "fp8")
    return ("plain", "fp8_storage")


def weight_named(weights: Mapping[str, Tensor], name: str) -> Weight:
    """The layer called ``name`` of a block's tensors."""
    return Weight(weights[f"{name}.weight"], weights.get(f"{name}.scale"), weights.get(f"{name}.bias"))


def rows_of(values: Tensor, format: WeightFormat) -> Rows:
    """``values`` (n, k) as a product with weights in ``format`` takes them."""
    if format != "fp8":
        return Rows(values, None)
    wide = values.float()
    scale = wide.abs().amax(dim=1, keepdim=True).clamp(min=SMALLEST_SCALE) / FP8_MAX
    return Rows((wide / scale).clamp(-FP8_MAX, FP8_MAX).to(FP8), scale)


def product(rows: Rows, layer: Weight) -> Tensor:
    """The layer's output (n, m) for ``rows``: in their format, or in bf16 where they are fp8."""
    if layer.scale is None:
        return F.linear(rows.values, layer.weight, layer.bias)
    if rows.scale is None:
        return F.linear(rows.values, expanded(layer.weight, layer.scale, rows.values.dtype), layer.bias)
    return torch._scaled_mm(
        rows.values,
        layer.weight.t(),
        rows.scale,
        layer.scale.unsqueeze(0),
        bias=layer.bias,
        out_dtype=torch.bfloat16,
        use_fast_accum=True,
    )


def joint_product(first: Rows, first_layer: Weight, second: Rows, second_layer: Weight) -> Tensor:
    """Two products with outputs of one size, written one below the other: (n1 + n2, m), without a copy."""
    joint: Tensor = _joint_product(*first, *first_layer, *second, *second_layer)
    return joint


# Operators of their own, because a compiler would not leave them as they are: older cards know fp8 only as bytes, and
# writing two products into one tensor would become two products and a copy.
@torch.library.custom_op(
    "framepack::expanded", mutates_args=(), schema="(Tensor weight, Tensor scale, ScalarType dtype) -> Tensor"
)
def expanded(weight: Tensor, scale: Tensor, dtype: torch.dtype) -> Tensor:
    """A weight (m, k) kept in fp8, multiplied with its scale (m,), in ``dtype``."""
    return weight.to(dtype).mul_(scale.to(dtype).unsqueeze(1))


@expanded.register_fake
def _(weight: Tensor, scale: Tensor, dtype: torch.dtype) -> Tensor:  # noqa: ARG001
    return weight.new_empty(weight.shape, dtype=dtype)


@torch.library.custom_op(
    "framepack::joint_product",
    mutates_args=(),
    schema="(Tensor first, Tensor? first_scale, Tensor weight, Tensor? weight_scale, Tensor? bias, "
    "Tensor second, Tensor? second_scale, Tensor other_weight, Tensor? other_scale, Tensor? other_bias) -> Tensor",
)
def _joint_product(
    first: Tensor,
    first_scale: Tensor | None,
    weight: Tensor,
    weight_scale: Tensor | None,
    bias: Tensor | None,
    second: Tensor,
    second_scale: Tensor | None,
    other_weight: Tensor,
    other_scale: Tensor | None,
    other_bias: Tensor | None,
) -> Tensor:
    out = _empty_joint(first, second, weight)
    _product_into(out[: len(first)], Rows(first, first_scale), Weight(weight, weight_scale, bias))
    _product_into(out[len(first) :], Rows(second, second_scale), Weight(other_weight, other_scale, other_bias))
    return out


@_joint_product.register_fake
def _(
    first: Tensor,
    first_scale: Tensor | None,  # noqa: ARG001
    weight: Tensor,
    weight_scale: Tensor | None,  # noqa: ARG001
    bias: Tensor | None,  # noqa: ARG001
    second: Tensor,
    second_scale: Tensor | None,  # noqa: ARG001
    other_weight: Tensor,  # noqa: ARG001
    other_scale: Tensor | None,  # noqa: ARG001
    other_bias: Tensor | None,  # noqa: ARG001
) -> Tensor:
    return _empty_joint(first, second, weight)


def _empty_joint(first: Tensor, second: Tensor, weight: Tensor) -> Tensor:
    dtype = torch.bfloat16 if first.dtype == FP8 else first.dtype
    return first.new_empty((first.shape[0] + second.shape[0], weight.shape[0]), dtype=dtype)


def _product_into(out: Tensor, rows: Rows, layer: Weight) -> None:
    """``product`` of a layer with a bias, written to ``out`` (n, m)."""
    assert layer.bias is not None
    if rows.scale is None:
        weight = layer.weight if layer.scale is None else expanded(layer.weight, layer.scale, rows.values.dtype)
        torch.addmm(layer.bias, rows.values, weight.t(), out=out)
        return
    assert layer.scale is not None
    torch._scaled_mm(
        rows.values,
        layer.weight.t(),
        rows.scale,
        layer.scale.unsqueeze(0),
        bias=layer.bias,
        out_dtype=out.dtype,
        use_fast_accum=True,
        out=out,
    )
