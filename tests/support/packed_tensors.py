"""Tensors in a small file: their bytes by significance, so that those alike lie together and are compressed well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

_TYPES = {4: np.float32, 8: np.int64}


def write_packed(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write float32 and int64 tensors, to the bit, into an ``.npz`` file of arrays (bytes of a value, *shape)."""
    arrays = {}
    for name, tensor in tensors.items():
        values = np.ascontiguousarray(tensor.numpy())
        assert values.dtype in _TYPES.values(), name
        bytes_ = values.view(np.uint8).reshape(*values.shape, values.itemsize)
        arrays[name] = np.ascontiguousarray(np.moveaxis(bytes_, -1, 0))
    np.savez_compressed(path, **arrays)


def read_packed(path: Path) -> dict[str, Tensor]:
    """The tensors that ``write_packed`` wrote."""
    with np.load(path, allow_pickle=False) as file:
        return {
            name: torch.from_numpy(
                np.ascontiguousarray(np.moveaxis(file[name], 0, -1)).view(_TYPES[len(file[name])])[..., 0]
            )
            for name in file.files
        }
