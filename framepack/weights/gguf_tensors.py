"""Owns the tensors of a GGUF file: mapped, and made into numbers where they are wanted, a block of the model at a time.

What lies in memory, or is copied to a device, are the few bits of the file; they become numbers there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from framepack.checkpoints.table import Part
from framepack.errors import WeightsDamaged
from framepack.formats.gguf_header import gguf_shape, open_gguf
from framepack.messages import Message, Value
from framepack.ops.gguf_blocks import BLOCKS, from_blocks
from framepack.weights.tensor_files import sums_are_finite

_PLAIN = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


class GgufTensors:
    """The tensors of the file ``path``, which is ``part`` of the ``checkpoint`` of this name.

    See ``framepack.weights.tensor_files.FileTensors``. Raises NotReadable, and WeightsDamaged for a format of numbers
    that is not known.
    """

    def __init__(self, checkpoint: str, part: Part, path: Path) -> None:
        self._of = checkpoint, part
        self._file = path.name
        reader = open_gguf(path)
        self._tensors: dict[str, Any] = {str(tensor.name): tensor for tensor in reader.tensors}
        self._shapes = {name: gguf_shape(reader, tensor) for name, tensor in self._tensors.items()}
        for name in self._tensors:
            if self._kind(name) not in {*_PLAIN, *BLOCKS}:
                values: dict[str, Value] = {"file": path.name, "tensor": name, "format": self._kind(name)}
                raise WeightsDamaged(checkpoint, part, Message("file-format-unknown", values))

    @property
    def names(self) -> frozenset[str]:
        """See TensorSource."""
        return frozenset(self._tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        """See TensorSource."""
        return self._shapes[name]

    def dtype(self, name: str) -> torch.dtype:
        """See FileTensors."""
        return _PLAIN.get(self._kind(name), torch.uint8)

    def is_computed(self, name: str) -> bool:
        """See TensorSource."""
        return self._kind(name) in BLOCKS

    def get(self, name: str, device: torch.device | None = None) -> Tensor:
        """See TensorSource; what was in blocks of few bits comes in fp32."""
        return self.rows(name, slice(0, self.shape(name)[0]) if self.shape(name) else slice(None), device)

    def rows(self, name: str, rows: slice, device: torch.device | None = None) -> Tensor:
        """See FileTensors."""
        shape = self.shape(name)
        first, end, _ = rows.indices(shape[0]) if shape else (0, 1, 1)
        # Rows lie one after the other; flat, since the file's own shape has at most four dimensions.
        raw = torch.from_numpy(self._tensors[name].data.reshape(-1).view("uint8"))
        a_row = raw.numel() // (shape[0] if shape else 1)
        part = raw[first * a_row : end * a_row].to(device or "cpu")
        kind = self._kind(name)
        sizes = (end - first, *shape[1:]) if shape else ()
        if kind in _PLAIN:
            return part.view(_PLAIN[kind]).reshape(sizes)
        return from_blocks(part, kind).reshape(-1)[: math.prod(sizes)].reshape(sizes)

    def check(self, loaded: Iterable[Tensor], names: Iterable[str]) -> None:
        """See TensorSource."""
        if sums_are_finite(loaded):
            return
        for name in names:
            if not bool(self.get(name).isfinite().all()):
                reason = Message("tensor-not-finite", {"tensor": name, "file": self._file})
                raise WeightsDamaged(*self._of, reason)

    def close(self) -> None:
        """See TensorSource; tensors that are still in use keep the file mapped."""
        self._tensors.clear()

    def _kind(self, name: str) -> str:
        return str(self._tensors[name].tensor_type.name)
