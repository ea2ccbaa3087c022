"""A transformer's tensors by their published names, whichever names its files have (``formats.transformer_names``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from framepack.formats.transformer_names import HALVES_SWAPPED, original_layers, without_prefix
from framepack.weights.tensor_files import FileTensors


@dataclass(frozen=True)
class _Origin:
    """A published tensor is these ``rows``, in this order, of the tensor ``name`` of the files; None for all."""

    name: str
    rows: tuple[slice, ...] | None = None


class RenamedTensors:
    """The tensors of ``base`` by published names; see ``framepack.weights.tensor_files.TensorSource``.

    ``shapes`` are those of all published tensors of the transformer.
    """

    def __init__(self, base: FileTensors, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self._base = base
        self._shapes = dict(shapes)
        kept = {without_prefix(name): name for name in base.names}
        origins = {name: _Origin(kept[name]) for name in shapes if name in kept}
        layers = {name.rpartition(".")[0] for name in shapes}
        for original, published in original_layers(layers).items():
            for theirs, ours in ((".weight", ".weight"), (".bias", ".bias"), (".scale", ".weight")):
                names = [f"{layer}{ours}" for layer in published]
                if f"{original}{theirs}" in kept and all(name in shapes for name in names):
                    counts = [shapes[name][0] for name in names]
                    swapped = original in HALVES_SWAPPED
                    for name, rows in zip(names, _rows_of(counts, swapped=swapped), strict=True):
                        origins.setdefault(name, _Origin(kept[f"{original}{theirs}"], rows))
        self._origins = origins
        used = {origin.name for origin in origins.values()}
        self._names = frozenset({*origins, *(base.names - used)})

    @property
    def names(self) -> frozenset[str]:
        """The published names, and those of the files that stand for none."""
        return self._names

    def shape(self, name: str) -> tuple[int, ...]:
        """See TensorSource."""
        whole = self._base.shape(self._origins[name].name)
        if self._origins[name].rows is None:
            return whole
        wanted = self._shapes[name]
        return (min(wanted[0], whole[0]), *whole[1:])

    def is_computed(self, name: str) -> bool:
        """See TensorSource."""
        return self._base.is_computed(self._origins[name].name)

    def get(self, name: str, device: torch.device | None = None) -> Tensor:
        """See TensorSource."""
        origin = self._origins[name]
        if origin.rows is None:
            return self._base.get(origin.name, device)
        parts = [self._base.rows(origin.name, rows, device) for rows in origin.rows]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def check(self, loaded: Iterable[Tensor], names: Iterable[str]) -> None:
        """See TensorSource."""
        self._base.check(loaded, sorted({self._origins[name].name for name in names}))

    def close(self) -> None:
        """See TensorSource."""
        self._base.close()


def _rows_of(counts: list[int], *, swapped: bool) -> list[tuple[slice, ...]]:
    """The rows of each of several tensors that lie one below the other."""
    if swapped:
        return [(slice(count // 2, count), slice(0, count // 2)) for count in counts]
    ends = [sum(counts[: number + 1]) for number in range(len(counts))]
    return [(slice(end - count, end),) for count, end in zip(counts, ends, strict=True)]
