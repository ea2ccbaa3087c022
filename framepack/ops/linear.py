"""The large matrix products of a block: plain, with weights kept in fp8, or wholly in fp8. It knows no block.

In fp8 a product takes rows with a scale each (``framepack.ops.modulate``) and weights with a scale per output channel
(``framepack.weights.block_layout``) and gives bf16.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from framepack.messages import Message, as_message
from framepack.ops.fp8 import FP8, WeightFormat
from framepack.ops.half_format import cut_to_range
from framepack.ops.modulate import Rows, activated_rows

# NVIDIA's fp8 tensor cores came with this compute capability (Ada).
_FP8_CAPABILITY = (8, 9)
_SCALE_ALIGNMENT = 16
_TRIAL_SIDE = 64


class Weight(NamedTuple):
    """A linear layer: ``weight`` (m, k), in fp8 with ``scale`` (m,) fp32 where it is kept so, and ``bias`` (m,)."""

    weight: Tensor
    scale: Tensor | None
    bias: Tensor | None

    def outputs(self, start: int, end: int) -> Weight:
        """The layer that gives only the outputs from ``start`` to ``end``."""
        count = end - start
        scale = None if self.scale is None else self.scale.narrow(0, start, count)
        bias = None if self.bias is None else self.bias.narrow(0, start, count)
        return Weight(self.weight.narrow(0, start, count), scale, bias)


def available_formats(device: torch.device) -> tuple[WeightFormat, ...]:
    """The weight formats that work on ``device``, the most exact first."""
    if device.type == "mps":
        return ("plain",)
    products = _may_have_fp8(device) and fp8_fault(device) is None
    return ("plain", "fp8_storage", "fp8") if products else ("plain", "fp8_storage")


def quick_format(available: Collection[WeightFormat], *, would_stream: Callable[[], bool]) -> WeightFormat:
    """The format in which a GPU with those ``available`` is quickest; ``would_stream`` tells if plain weights stream.

    Weights that are only kept in 8 bits are slower to compute with. They gain where blocks come and go.
    """
    if "fp8" in available:
        return "fp8"
    return "fp8_storage" if "fp8_storage" in available and would_stream() else "plain"


def fp8_notice(device: torch.device) -> Message | None:
    """What to tell the person where ``device`` has fp8 and its products fail all the same; None elsewhere."""
    fault = fp8_fault(device) if _may_have_fp8(device) else None
    if fault is None:
        return None
    return Message("fp8-fails", {"reason": fault})


@functools.cache
def fp8_fault(device: torch.device) -> Message | None:
    """What goes wrong when ``device`` makes one small product in fp8, None if nothing does; found out once.

    A card's fp8 is not enough: products whose rows have scales of their own are not there for every card and system.
    Raises torch.OutOfMemoryError.
    """
    ones = torch.ones((_TRIAL_SIDE, _TRIAL_SIDE), device=device)
    row_scale, channel_scale = ones[:, :1].contiguous() * 2, ones[0] * 3
    try:
        made = product(Rows(ones.to(FP8), row_scale), Weight(ones.to(FP8), channel_scale, None))
        right = bool((made == 6 * _TRIAL_SIDE).all())
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # whatever a library says of a card it has no such product for
        reason = str(error).strip().splitlines()
        return as_message(reason[0] if reason else type(error).__name__)
    return None if right else Message("wrong-values")


def _may_have_fp8(device: torch.device) -> bool:
    nvidia = device.type == "cuda" and torch.version.hip is None
    return nvidia and torch.cuda.get_device_capability(device) >= _FP8_CAPABILITY


def weight_named(weights: Mapping[str, Tensor], name: str) -> Weight:
    """The layer called ``name`` of a block's tensors."""
    return Weight(weights[f"{name}.weight"], weights.get(f"{name}.scale"), weights.get(f"{name}.bias"))


def product(rows: Rows, layer: Weight) -> Tensor:
    """The layer's output (n, m) for ``rows``: in their format, or in bf16 where they are fp8."""
    if layer.scale is None:
        return cut_to_range(F.linear(rows.values, layer.weight, layer.bias))
    made: Tensor = _scaled_product(*rows, *layer)
    return made


def activated_product(rows: Rows, layer: Weight) -> Rows:
    """The layer's output through the tanh form of GELU, as rows (n, m) of the format of ``rows``. It has a bias."""
    if rows.scale is not None:
        return activated_rows(product(rows, layer))
    return Rows(_activated_product(rows.values, *layer), None)


def joint_product(first: Rows, first_layer: Weight, second: Rows, second_layer: Weight, rows: int) -> Tensor:
    """Two products with outputs of one size, written one below the other, without a copy: (``rows``, m).

    ``rows`` is n1 + n2: given, because a compiler makes better kernels for a size that changes from call to call than
    for a sum of two.
    """
    joint: Tensor = _joint_product(*first, *first_layer, *second, *second_layer, rows)
    return joint


# Operators of their own, because a compiler would not leave them as they are: older cards know fp8 only as bytes, what
# is kept in fp8 would be expanded long before it is needed, what it knows of scaled products changes from version to
# version, and writing two products into one tensor would become two products and a copy.
@torch.library.custom_op(
    "framepack::scaled_product",
    mutates_args=(),
    schema="(Tensor values, Tensor? values_scale, Tensor weight, Tensor scale, Tensor? bias) -> Tensor",
)
def _scaled_product(
    values: Tensor, values_scale: Tensor | None, weight: Tensor, scale: Tensor, bias: Tensor | None
) -> Tensor:
    out = _empty_product(values, weight, values.shape[0])
    _product_into(out, Rows(values, values_scale), Weight(weight, scale, bias))
    return out


@_scaled_product.register_fake
def _(
    values: Tensor,
    values_scale: Tensor | None,  # noqa: ARG001
    weight: Tensor,
    scale: Tensor,  # noqa: ARG001
    bias: Tensor | None,  # noqa: ARG001
) -> Tensor:
    return _empty_product(values, weight, values.shape[0])


@torch.library.custom_op(
    "framepack::activated_product",
    mutates_args=(),
    schema="(Tensor values, Tensor weight, Tensor? scale, Tensor bias) -> Tensor",
)
def _activated_product(values: Tensor, weight: Tensor, scale: Tensor | None, bias: Tensor) -> Tensor:
    weight = _restored(weight, scale, values.dtype)
    if values.is_cuda and values.dtype != torch.float16:
        # In the product itself, which saves a pass over the largest tensor of a block.
        return torch._addmm_activation(bias, values, weight.t(), use_gelu=True)
    # Cut before: GELU makes of what is infinite below no number at all.
    return F.gelu(cut_to_range(F.linear(values, weight, bias)), approximate="tanh")


@_activated_product.register_fake
def _(values: Tensor, weight: Tensor, scale: Tensor | None, bias: Tensor) -> Tensor:  # noqa: ARG001
    return _empty_product(values, weight, values.shape[0])


@torch.library.custom_op(
    "framepack::joint_product",
    mutates_args=(),
    schema="(Tensor first, Tensor? first_scale, Tensor weight, Tensor? weight_scale, Tensor? bias, "
    "Tensor second, Tensor? second_scale, Tensor other_weight, Tensor? other_scale, Tensor? other_bias, "
    "SymInt rows) -> Tensor",
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
    rows: int,
) -> Tensor:
    out = _empty_product(first, weight, rows)
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
    second: Tensor,  # noqa: ARG001
    second_scale: Tensor | None,  # noqa: ARG001
    other_weight: Tensor,  # noqa: ARG001
    other_scale: Tensor | None,  # noqa: ARG001
    other_bias: Tensor | None,  # noqa: ARG001
    rows: int,
) -> Tensor:
    return _empty_product(first, weight, rows)


def _empty_product(values: Tensor, weight: Tensor, rows: int) -> Tensor:
    return values.new_empty((rows, weight.shape[0]), dtype=torch.bfloat16 if values.dtype == FP8 else values.dtype)


def _product_into(out: Tensor, rows: Rows, layer: Weight) -> None:
    """``product`` written to ``out`` (n, m)."""
    if rows.scale is not None and layer.scale is not None:
        torch._scaled_mm(
            rows.values,
            layer.weight.t(),
            _aligned(rows.scale),
            layer.scale.unsqueeze(0),
            bias=layer.bias,
            out_dtype=out.dtype,
            use_fast_accum=True,
            out=out,
        )
        return
    weight = _restored(layer.weight, layer.scale, out.dtype)
    if layer.bias is None:
        torch.mm(rows.values, weight.t(), out=out)
    else:
        torch.addmm(layer.bias, rows.values, weight.t(), out=out)
    cut_to_range(out)


def _aligned(scale: Tensor) -> Tensor:
    """``scale`` where cuBLAS reads it: at a multiple of 16 bytes, which part of a tensor need not begin at."""
    return scale if scale.data_ptr() % _SCALE_ALIGNMENT == 0 else scale.clone()


def _restored(weight: Tensor, scale: Tensor | None, dtype: torch.dtype) -> Tensor:
    """What a ``weight`` that may be kept in fp8 stands for, in ``dtype``."""
    return weight if scale is None else weight.to(dtype).mul_(scale.unsqueeze(1))
