"""What goes into a block's large products: rows made from what came before, and quantised where the products are fp8.

What needs a whole row before the first of its values can be written, a norm or a scale, is one operator that reads what
it is made from once; the rest is plain arithmetic. It knows no block.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from framepack.ops.fp8 import FP8, WeightFormat, quantised
from framepack.ops.triton_available import kernels_work


class Rows(NamedTuple):
    """What goes into a product: ``values`` (n, k), in fp8 with ``scale`` (n, 1) fp32 where the product is in fp8."""

    values: Tensor
    scale: Tensor | None

    def part(self, start: int, count: int) -> Rows:
        """``count`` of the rows, from ``start`` on."""
        scale = None if self.scale is None else self.scale.narrow(0, start, count)
        return Rows(self.values.narrow(0, start, count), scale)


def plain_rows(values: Tensor, format: WeightFormat) -> Rows:
    """``values`` (n, k) as they are."""
    if format != "fp8":
        return Rows(values, None)
    return Rows(*_quantised_rows(values, None, None, 0.0, False))


def activated_rows(values: Tensor) -> Rows:
    """``values`` (n, k) through the tanh form of GELU, in fp8; in other formats GELU is part of the product before."""
    return Rows(*_quantised_rows(values, None, None, 0.0, True))


def modulated_rows(values: Tensor, shift: Tensor, scale: Tensor, eps: float, format: WeightFormat) -> Rows:
    """``values`` (n, k) through ``modulated``."""
    if format != "fp8":
        return Rows(_modulated(values, shift, scale, eps), None)
    return Rows(*_quantised_rows(values, shift, scale, eps, False))


def modulated(values: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """``values`` (n, k) normalised row by row, then scaled by 1 + ``scale`` and shifted (both (k,))."""
    return torch.addcmul(shift, F.layer_norm(values, values.shape[-1:], eps=eps), 1 + scale)


@torch.library.custom_op(
    "framepack::modulated", mutates_args=(), schema="(Tensor values, Tensor shift, Tensor scale, float eps) -> Tensor"
)
def _modulated(values: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    if kernels_work(values.device):
        from framepack.ops.modulate_triton import modulated_by_kernel

        return modulated_by_kernel(values, shift, scale, eps)
    return modulated(values, shift, scale, eps)


@_modulated.register_fake
def _(values: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:  # noqa: ARG001
    return values.new_empty(values.shape)


@torch.library.custom_op(
    "framepack::quantised_rows",
    mutates_args=(),
    schema="(Tensor values, Tensor? shift, Tensor? scale, float eps, bool gelu) -> (Tensor, Tensor)",
)
def _quantised_rows(
    values: Tensor, shift: Tensor | None, scale: Tensor | None, eps: float, gelu: bool
) -> tuple[Tensor, Tensor]:
    if kernels_work(values.device):
        from framepack.ops.modulate_triton import quantised_by_kernel

        return quantised_by_kernel(values, shift, scale, eps, gelu)
    return quantised_by_formula(values, shift, scale, eps, gelu)


@_quantised_rows.register_fake
def _(
    values: Tensor,
    shift: Tensor | None,  # noqa: ARG001
    scale: Tensor | None,  # noqa: ARG001
    eps: float,  # noqa: ARG001
    gelu: bool,  # noqa: ARG001
) -> tuple[Tensor, Tensor]:
    return values.new_empty(values.shape, dtype=FP8), values.new_empty((values.shape[0], 1), dtype=torch.float32)


def quantised_by_formula(
    values: Tensor, shift: Tensor | None, scale: Tensor | None, eps: float, gelu: bool
) -> tuple[Tensor, Tensor]:
    """Rows (n, k) and their scales: modulated by ``shift`` and ``scale`` if given, activated with ``gelu``, in fp8.

    What the kernel for GPUs does in one pass (``framepack.ops.modulate_triton``), for where there is no Triton.
    """
    wide = values.float()
    if shift is not None and scale is not None:
        wide = modulated(wide, shift.float(), scale.float(), eps)
    if gelu:
        wide = F.gelu(wide, approximate="tanh")
    made, row_scale = quantised(wide)
    return made, row_scale.unsqueeze(1)
