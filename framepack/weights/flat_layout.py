"""Laying tensors side by side in one flat buffer, so that all of them are copied at once. It knows no model.

A buffer goes to a device in one transfer, and the tensors are views of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

# Wide enough for every vector load and for fp8 products, which ask for 16 bytes; cudaMalloc aligns as much.
ALIGNMENT = 256


@dataclass(frozen=True)
class TensorSpec:
    """One tensor: its name, shape and dtype, and where its bytes begin in the buffer."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    offset: int

    @property
    def nbytes(self) -> int:
        """How many bytes it takes."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class FlatLayout:
    """Where each tensor lies in a buffer of ``nbytes``."""

    specs: tuple[TensorSpec, ...]
    nbytes: int

    @classmethod
    def of_tensors(cls, tensors: Iterable[tuple[str, tuple[int, ...], torch.dtype]]) -> FlatLayout:
        """The layout of ``tensors`` (name, shape, dtype) one after the other, each at a multiple of ``ALIGNMENT``."""
        specs = []
        offset = 0
        for name, shape, dtype in tensors:
            spec = TensorSpec(name, shape, dtype, offset)
            specs.append(spec)
            offset += -(-spec.nbytes // ALIGNMENT) * ALIGNMENT
        return cls(tuple(specs), offset)

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """The tensors by name, on the memory of ``flat``: one-dimensional uint8, ``nbytes`` or longer.

        They are tensors of their own on the same storage, not views in autograd's sense: a compiled block would guard
        on the base of a view, and compile again for a buffer of another size. Raises ValueError where ``flat`` will
        not do.
        """
        if flat.dtype != torch.uint8 or flat.dim() != 1 or flat.numel() < self.nbytes or not flat.is_contiguous():
            raise ValueError(f"a flat buffer needs {self.nbytes} contiguous bytes, not {_described(flat)}")
        start = flat.storage_offset()
        if start % ALIGNMENT:
            raise ValueError(f"a flat buffer has to begin at a multiple of {ALIGNMENT} bytes, not at {start}")
        storage = flat.untyped_storage()
        views = {}
        for spec in self.specs:
            view = torch.empty(0, dtype=spec.dtype, device=flat.device)
            strides = tuple(math.prod(spec.shape[dim + 1 :]) for dim in range(len(spec.shape)))
            views[spec.name] = view.set_(storage, (start + spec.offset) // spec.dtype.itemsize, spec.shape, strides)
        return views


def _described(flat: Tensor) -> str:
    return f"a {flat.dim()}-dimensional {str(flat.dtype).removeprefix('torch.')} tensor of {flat.numel()}"
