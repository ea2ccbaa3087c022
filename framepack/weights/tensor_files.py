"""Owns the open safetensors files of one part: its tensors by name, in whichever file they lie. It builds no model.

Files are mapped into memory, so what is read of them is the system's page cache and takes nothing that the system could
not have back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import Tensor


class TensorFiles:
    """The tensors of ``files`` on the CPU; ``prefix`` is left away from the names that begin with it.

    Raises what safetensors raises for files that are damaged.
    """

    def __init__(self, files: Iterable[Path], *, prefix: str = "") -> None:
        self._prefix = prefix
        self._opened: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        for path in files:
            opened: Any = safe_open(path, framework="pt", device="cpu")
            for name in opened.keys():  # noqa: SIM118
                self._opened[name] = opened
                self._names[name.removeprefix(prefix)] = name

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

    def get(self, name: str) -> Tensor:
        """A tensor, mapped, not copied."""
        full = self._names[name]
        tensor: Tensor = self._opened[full].get_tensor(full)
        return tensor

    def close(self) -> None:
        """Let go of the files; tensors that are still in use keep theirs mapped."""
        self._opened.clear()
        self._names.clear()
