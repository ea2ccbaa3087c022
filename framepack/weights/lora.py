"""Owns adding LoRAs to weights as they are read: every tensor comes as published plus what its LoRAs add to it.

Nothing is added to what lies in memory: other LoRAs or strengths mean that the weights are read again. It keeps no
copy of the model, only the LoRAs' files open. A LoRA adds strength * alpha / rank * (up x down) to a layer's weight
(arXiv 2106.09685); a LoHa multiplies two such products elementwise (2108.06098), a LoKr is the Kronecker product of two
matrices, each whole or a product (2212.10650, 2309.14859).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from framepack.checkpoints.loras import FittedLayer, LoraFile, fit_lora, rank_of
from framepack.errors import LoraRejected
from framepack.messages import Message
from framepack.weights.tensor_files import TensorSource

_WEIGHT, _BIAS = ".weight", ".bias"


@dataclass(frozen=True)
class Loras:
    """LoRAs, each with its strength, in order; ``partly`` allows those of which some tensors fit no layer."""

    files: tuple[tuple[LoraFile, float], ...] = ()
    partly: bool = False


class LoraTensors:
    """A LoRA's open file and what it adds, at ``strength``, to published layers."""

    def __init__(self, lora: LoraFile, strength: float) -> None:
        self.lora = lora
        self.strength = strength
        try:
            self._opened: Any = safe_open(lora.path, framework="pt", device="cpu")
        except (OSError, SafetensorError) as error:
            raise LoraRejected(lora.path.name, str(error).splitlines()[0]) from error

    def check(self) -> None:
        """Raise LoraRejected where a value is no finite number."""
        for name in self.lora.tensors:
            if not bool(self._opened.get_tensor(name).isfinite().all()):
                values = {"tensor": name, "file": self.lora.path.name}
                raise LoraRejected(self.lora.path.name, Message("tensor-not-finite", values))

    def weight_change(self, fitted: FittedLayer, rows: slice, device: torch.device) -> Tensor:
        """Those ``rows`` (n, k), in fp32 on ``device``, of what is added to the weight of the layer of the file."""
        keys = fitted.layer.keys

        def matrix(role: str, part: slice | None = None) -> Tensor:
            tensor: Tensor = self._opened.get_tensor(keys[role])
            tensor = tensor.reshape(tensor.shape[0], -1) if tensor.dim() else tensor.reshape(1, 1)
            return (tensor if part is None else tensor[part]).to(device).float()

        def factor(name: str) -> Tensor:
            return matrix(name) if name in keys else matrix(f"{name}_a") @ matrix(f"{name}_b")

        if "difference" in keys:
            return self.strength * matrix("difference", rows)
        if "up" in keys:
            change = matrix("up", rows) @ matrix("down")
        elif "hada_w1_a" in keys:
            change = matrix("hada_w1_a", rows) @ matrix("hada_w1_b")
            change *= matrix("hada_w2_a", rows) @ matrix("hada_w2_b")
        else:
            change = torch.kron(factor("lokr_w1"), factor("lokr_w2"))[rows]
        return change.mul_(self.strength * self._scale(fitted))

    def bias_change(self, fitted: FittedLayer, rows: slice, device: torch.device) -> Tensor:
        """Those ``rows`` (n,) of what is added to the layer's bias."""
        keys = fitted.layer.keys
        role = "bias_difference" if "bias_difference" in keys else "up_bias"
        factor = self.strength * (1.0 if role == "bias_difference" else self._scale(fitted))
        values: Tensor = self._opened.get_tensor(keys[role])
        return values[rows].to(device).float().mul_(factor)

    def _scale(self, fitted: FittedLayer) -> float:
        layer, rank = fitted.layer, rank_of(fitted.layer, self.lora.tensors)
        if "alpha" in layer.keys:
            # A LoKr of two whole matrices has no rank and is not scaled.
            return float(self._opened.get_tensor(layer.keys["alpha"])) / rank if rank else 1.0
        return self.lora.scale.of(layer.name, rank) if self.lora.scale else 1.0


@dataclass(frozen=True)
class _Change:
    """What one LoRA does to one published tensor: ``rows`` are those of its own that are this tensor's, in order.

    ``change_of`` is the LoRA's way of changing weights, or biases.
    """

    change_of: Callable[[FittedLayer, slice, torch.device], Tensor]
    fitted: FittedLayer
    rows: tuple[slice, ...]

    def add_to(self, wide: Tensor) -> None:
        """Add it to the tensor, which is in fp32."""
        change = torch.cat([self.change_of(self.fitted, rows, wide.device) for rows in self.rows])
        wide.add_(change.reshape(wide.shape))


class AdaptedTensors:
    """The tensors of ``base`` with the LoRAs in ``use`` added; see ``framepack.weights.tensor_files.TensorSource``."""

    def __init__(self, base: TensorSource) -> None:
        self._base = base
        self._changes: dict[str, list[_Change]] = {}

    @property
    def names(self) -> frozenset[str]:
        """See TensorSource."""
        return self._base.names

    def shape(self, name: str) -> tuple[int, ...]:
        """See TensorSource."""
        return self._base.shape(name)

    def is_computed(self, name: str) -> bool:
        """See TensorSource."""
        return name in self._changes or self._base.is_computed(name)

    def get(self, name: str, device: torch.device | None = None) -> Tensor:
        """See TensorSource; what has something added to it comes in fp32."""
        tensor = self._base.get(name, device)
        changes = self._changes.get(name)
        if not changes:
            return tensor
        wide = tensor.to(torch.float32, copy=True)
        for change in changes:
            change.add_to(wide)
        return wide

    def check(self, loaded: Iterable[Tensor], names: Iterable[str]) -> None:
        """See TensorSource."""
        self._base.check(loaded, names)

    def close(self) -> None:
        """See TensorSource."""
        self._changes.clear()
        self._base.close()

    def use(self, loras: Loras) -> None:
        """Add ``loras``, and no others, to what is read from now on.

        Raises LoraRejected, and then all stays as it was.
        """
        shapes = {name.removesuffix(_WEIGHT): self.shape(name) for name in sorted(self.names) if name.endswith(_WEIGHT)}
        changes: dict[str, list[_Change]] = {}
        for file, strength in loras.files:
            opened = LoraTensors(file, strength)
            opened.check()
            for fitted in fit_lora(file, shapes, partly=loras.partly):
                row = 0
                for layer in fitted.published:
                    rows = _rows(row, shapes[layer][0], swapped=fitted.swapped)
                    row += shapes[layer][0]
                    changes.setdefault(f"{layer}{_WEIGHT}", []).append(_Change(opened.weight_change, fitted, rows))
                    if fitted.changes_bias:
                        changes.setdefault(f"{layer}{_BIAS}", []).append(_Change(opened.bias_change, fitted, rows))
        self._changes = changes


def _rows(first: int, count: int, *, swapped: bool) -> tuple[slice, ...]:
    if not swapped:
        return (slice(first, first + count),)
    return slice(first + count // 2, first + count), slice(first, first + count // 2)
