"""Weights kept in 8 bits with scales beside them, as other programs write them, read as what they stand for.

A weight ``X.weight`` in float8 may have ``X.scale_weight`` or ``X.weight_scale``: one number, or one for each row. What
else is kept for products in 8 bits, such as scales of their inputs, is of no use here and is left away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import torch
from torch import Tensor

from framepack.weights.tensor_files import FileTensors

EIGHT_BIT = frozenset({torch.float8_e4m3fn, torch.float8_e5m2})
_SCALES = (".scale_weight", ".weight_scale")
_NOT_WEIGHTS = re.compile(r"(?:^|\.)(?:scaled_fp8|scale_weight|weight_scale|scale_input|input_scale|comfy_quant)$")


class ScaledTensors:
    """The tensors of ``base`` with their scales applied; see ``framepack.weights.tensor_files.FileTensors``."""

    def __init__(self, base: FileTensors) -> None:
        self._base = base
        self._names = frozenset(name for name in base.names if not _NOT_WEIGHTS.search(name))

    @property
    def names(self) -> frozenset[str]:
        """See TensorSource."""
        return self._names

    def shape(self, name: str) -> tuple[int, ...]:
        """See TensorSource."""
        return self._base.shape(name)

    def dtype(self, name: str) -> torch.dtype:
        """See FileTensors."""
        return self._base.dtype(name)

    def is_computed(self, name: str) -> bool:
        """See TensorSource."""
        return self._base.is_computed(name) or self.dtype(name) in EIGHT_BIT

    def get(self, name: str, device: torch.device | None = None) -> Tensor:
        """See TensorSource; what was in 8 bits comes in fp32."""
        return self._restored(name, self._base.get(name, device), slice(None))

    def rows(self, name: str, rows: slice, device: torch.device | None = None) -> Tensor:
        """See FileTensors."""
        return self._restored(name, self._base.rows(name, rows, device), rows)

    def check(self, loaded: Iterable[Tensor], names: Iterable[str]) -> None:
        """See TensorSource."""
        wanted = list(names)
        scales = [scale for name in wanted if (scale := self._scale_of(name))]
        self._base.check(loaded, [*wanted, *scales])

    def close(self) -> None:
        """See TensorSource."""
        self._base.close()

    def _restored(self, name: str, values: Tensor, rows: slice) -> Tensor:
        if values.dtype not in EIGHT_BIT:
            return values
        wide = values.to(torch.float32)
        scale_name = self._scale_of(name)
        if scale_name is None:
            return wide
        scale = self._base.get(scale_name, wide.device).float()
        if scale.numel() == 1:
            return wide.mul_(scale.reshape(()))
        return wide.mul_(scale.reshape(-1)[rows].reshape(-1, *[1] * (wide.dim() - 1)))

    def _scale_of(self, name: str) -> str | None:
        stem = name.removesuffix(".weight")
        return next((f"{stem}{end}" for end in _SCALES if f"{stem}{end}" in self._base.names), None)
