"""Owns the open safetensors files of one part: its tensors by name, in whichever file they lie. It builds no model.

Files are mapped into memory, so what is read of them is the system's page cache and takes nothing that the system could
not have back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import safe_open
from torch import Tensor

from framepack.checkpoints.table import Part
from framepack.errors import WeightsDamaged
from framepack.messages import Message


class TensorSource(Protocol):
    """The tensors of one part by their published names, wherever they come from."""

    @property
    def names(self) -> frozenset[str]:
        """The names of all tensors."""
        ...

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, without reading it."""
        ...

    def is_computed(self, name: str) -> bool:
        """Whether a tensor is made by arithmetic, for which the device it will be on, or a faster one, is best."""
        ...

    def get(self, name: str, device: torch.device | None = None) -> Tensor:
        """A tensor on ``device``, the CPU where it is None; it is not to be written to."""
        ...

    def check(self, loaded: Iterable[Tensor], names: Iterable[str]) -> None:
        """Raise WeightsDamaged where a value of ``loaded``, made from the tensors ``names``, is no finite number."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class FileTensors(TensorSource, Protocol):
    """The tensors of files as they are named and kept there."""

    def rows(self, name: str, rows: slice, device: torch.device | None = None) -> Tensor:
        """Those ``rows`` of a tensor, as ``get`` gives the whole of it."""
        ...

    def dtype(self, name: str) -> torch.dtype:
        """The format a tensor is kept in; where it is none of torch's, uint8."""
        ...


class TensorFiles:
    """The tensors on the CPU of ``files``, which are ``part`` of the ``checkpoint`` of this name.

    ``prefix`` is left away from the names that begin with it. Raises what safetensors raises for damaged files.
    """

    def __init__(self, checkpoint: str, part: Part, files: Iterable[Path], *, prefix: str = "") -> None:
        self._of = checkpoint, part
        self._opened: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._files: dict[str, str] = {}
        for path in files:
            opened: Any = safe_open(path, framework="pt", device="cpu")
            for name in opened.keys():  # noqa: SIM118
                self._opened[name] = opened
                self._names[name.removeprefix(prefix)] = name
                self._files[name] = path.name

    @property
    def names(self) -> frozenset[str]:
        """The names of all tensors."""
        return frozenset(self._names)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, without reading it."""
        full = self._names[name]
        return tuple(self._opened[full].get_slice(full).get_shape())

    def count(self, name: str) -> int:
        """How many values a tensor has."""
        return math.prod(self.shape(name))

    def is_computed(self, name: str) -> bool:  # noqa: ARG002
        """See TensorSource."""
        return False

    def get(self, name: str, device: torch.device | None = None) -> Tensor:
        """See TensorSource; on the CPU it is mapped, not copied."""
        full = self._names[name]
        tensor: Tensor = self._opened[full].get_tensor(full)
        return tensor if device is None else tensor.to(device)

    def rows(self, name: str, rows: slice, device: torch.device | None = None) -> Tensor:
        """See FileTensors."""
        return self.get(name)[rows].to(device or "cpu")

    def dtype(self, name: str) -> torch.dtype:
        """See FileTensors."""
        return self.get(name).dtype

    def check(self, loaded: Iterable[Tensor], names: Iterable[str]) -> None:
        """See TensorSource. It asks the device once, after one pass over what has just been written there."""
        if sums_are_finite(loaded):
            return
        for name in names:
            if not bool(self.get(name).float().isfinite().all()):
                full = self._names[name]
                reason = Message("tensor-not-finite", {"tensor": full, "file": self._files[full]})
                raise WeightsDamaged(*self._of, reason)

    def close(self) -> None:
        """Let go of the files; tensors that are still in use keep theirs mapped."""
        self._opened.clear()
        self._names.clear()


def sums_are_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether the sums of ``tensors`` are finite, and so all their values; those in 8 bits have scales that tell it.

    A sum is the one pass that runs at the speed of memory on every device. In 16 bits it may overflow by itself.
    """
    sums = [tensor.sum().float() for tensor in tensors if tensor.is_floating_point() and tensor.itemsize > 1]
    return not sums or bool(torch.stack(sums).isfinite().all())
