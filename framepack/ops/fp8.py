"""Numbers of 8 bits: rounding to them, and rows that share a scale. It knows neither products nor blocks."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

WeightFormat = Literal["plain", "fp8", "fp8_storage"]
FP8 = torch.float8_e4m3fn
FP8_MAX = torch.finfo(FP8).max
# The scale of a channel of zeros, which would otherwise be divided by.
SMALLEST_SCALE = 1e-12


def rounded_to_fp8(values: Tensor) -> Tensor:
    """``values`` in fp8; what is larger than it holds becomes its largest."""
    return values.clamp(-FP8_MAX, FP8_MAX).to(FP8)


def quantised(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows (m, k), a weight's output channels or a product's input, in fp8 with a scale (m,) fp32 each: fp8 * scale."""
    wide = rows.float()
    scale = wide.abs().amax(dim=1).clamp(min=SMALLEST_SCALE) / FP8_MAX
    return rounded_to_fp8(wide / scale[:, None]), scale
