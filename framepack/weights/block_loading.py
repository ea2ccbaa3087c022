"""Owns how the transformer comes from files into flat blocks, tensor by tensor, never with two copies of a block."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel
from torch import Tensor

from framepack.device.memory_plan import BUFFERS, MemoryPlan
from framepack.device.pinned_memory import PinnedMemory
from framepack.ops.fp8 import WeightFormat
from framepack.parallel.group import Group
from framepack.weights.block_layout import (
    BlockKind,
    BlockLayout,
    BlockShape,
    fill,
    fill_one,
    layout_of,
    published_names,
    published_shapes,
)
from framepack.weights.block_store import BlockReader, BlockStore
from framepack.weights.shared_blocks import SharedBlocks, can_share_memory
from framepack.weights.tensor_files import TensorSource

_PREFIXES: dict[BlockKind, str] = {"double": "transformer_blocks", "single": "single_transformer_blocks"}


@dataclass(frozen=True)
class BlockPlace:
    """Block ``number`` of its kind in the published state dict, and how it lies in memory."""

    layout: BlockLayout
    number: int

    @property
    def names(self) -> dict[str, str]:
        """The names of its tensors inside the block, each with its name in the whole state dict."""
        prefix = f"{_PREFIXES[self.layout.kind]}.{self.number}"
        return {name: f"{prefix}.{name}" for name in published_names(self.layout.kind)}


@dataclass(frozen=True)
class Offloading:
    """Which blocks stay on the device, whether the host keeps copies of the others, through how many buffers they come.

    None stays for all of them. It is what a plan says, without its reasons.
    """

    resident: frozenset[int] | None = None
    host_copies: bool = True
    buffers: int = BUFFERS

    @classmethod
    def of(cls, plan: MemoryPlan) -> Offloading:
        """What ``plan`` says."""
        return cls(plan.resident, plan.host_copies, plan.buffers or BUFFERS)

    def stays(self, number: int) -> bool:
        """Whether block ``number`` stays on the device."""
        return self.resident is None or number in self.resident


def published_shapes_of(config: Any, small: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """The shapes of all published tensors of that transformer, by name; ``small`` are those outside its blocks."""
    shapes = {name: tuple(tensor.shape) for name, tensor in small.items()}
    block = BlockShape.of(config)
    kinds = kinds_of(config)
    for number, kind in enumerate(kinds):
        prefix = f"{_PREFIXES[kind]}.{number - kinds.index(kind)}"
        shapes |= {f"{prefix}.{name}": shape for name, shape in published_shapes(block, kind).items()}
    return shapes


def kinds_of(config: Any) -> tuple[BlockKind, ...]:
    """The kinds of the blocks of the transformer a diffusers ``config`` describes, in the order they run in."""
    double: tuple[BlockKind, ...] = ("double",)
    single: tuple[BlockKind, ...] = ("single",)
    return double * int(config.num_layers) + single * int(config.num_single_layers)


def block_places(config: Any, dtype: torch.dtype, format: WeightFormat) -> tuple[BlockPlace, ...]:
    """The blocks of that transformer in weights of ``dtype`` and ``format``; those of a kind share their layout."""
    shape = BlockShape.of(config)
    kinds = kinds_of(config)
    layouts = {kind: layout_of(shape, kind, dtype, format) for kind in dict.fromkeys(kinds)}
    return tuple(BlockPlace(layouts[kind], number - kinds.index(kind)) for number, kind in enumerate(kinds))


class PublishedBlocks:
    """Reads blocks from ``files``; what has to be computed or quantised is so on ``device``."""

    def __init__(self, files: TensorSource, places: Sequence[BlockPlace], device: torch.device) -> None:
        self._files = files
        self._places = tuple(places)
        self._device = device
        self._checked: set[int] = set()

    def read(self, number: int, flat: Tensor) -> None:
        """See ``framepack.weights.block_store.BlockReader``.

        Raises ValueError for a tensor of a wrong shape and, the first time a block is read, WeightsDamaged for values
        that are no finite numbers.
        """
        place = self._places[number]
        views = place.layout.views(flat)
        for name, whole_name in place.names.items():
            as_it_is = place.layout.format == "plain" and not self._files.is_computed(whole_name)
            fill_one(place.layout, views, name, self._files.get(whole_name, flat.device if as_it_is else self._device))
        if number not in self._checked:
            self._files.check(views.values(), place.names.values())
            self._checked.add(number)

    def close(self) -> None:
        """See ``framepack.weights.block_store.BlockReader``."""
        self._files.close()


class ModelBlocks:
    """Reads blocks from those of a whole ``model`` in memory, which goes on owning them."""

    def __init__(self, model: HunyuanVideoFramepackTransformer3DModel, places: Sequence[BlockPlace]) -> None:
        self._blocks = (*model.transformer_blocks, *model.single_transformer_blocks)
        self._places = tuple(places)

    def read(self, number: int, flat: Tensor) -> None:
        """See ``framepack.weights.block_store.BlockReader``."""
        layout = self._places[number].layout
        fill(layout, layout.views(flat), self._blocks[number].state_dict())

    def close(self) -> None:
        """See ``framepack.weights.block_store.BlockReader``."""


def load_blocks(
    reader: BlockReader,
    places: Sequence[BlockPlace],
    offloading: Offloading,
    device: torch.device,
    group: Group | None = None,
) -> BlockStore:
    """All blocks of ``places`` from ``reader``, which is kept for those that ``offloading`` has read every time.

    The ranks of a ``group``, which all load the same, have one copy on the host between them.
    """
    host = PinnedMemory.for_device(device)
    resident, copies = {}, {}
    shared: list[int] = []
    for number, place in enumerate(places):
        if offloading.stays(number):
            flat = resident[number] = torch.empty(place.layout.nbytes, dtype=torch.uint8, device=device)
        elif offloading.host_copies and group is not None and can_share_memory():
            shared.append(number)
            continue
        elif offloading.host_copies:
            flat = copies[number] = host.take(place.layout.nbytes)
        else:
            continue
        reader.read(number, flat)
    if shared and group is not None:
        reader = SharedBlocks(reader, [place.layout for place in places], shared, group, host)
    return BlockStore(
        [place.layout for place in places],
        device=device,
        resident=resident,
        copies=copies,
        host=host,
        reader=reader,
        buffers=offloading.buffers,
    )


def blocks_of_model(
    model: HunyuanVideoFramepackTransformer3DModel,
    offloading: Offloading,
    format: WeightFormat,
    group: Group | None = None,
) -> BlockStore:
    """The blocks of a whole ``model`` in memory, copied, for its own device; ``group`` is that of ``load_blocks``."""
    weight = model.x_embedder.proj.weight
    places = block_places(model.config, weight.dtype, format)
    return load_blocks(ModelBlocks(model, places), places, offloading, weight.device, group)


def small_parts(config: Mapping[str, Any]) -> HunyuanVideoFramepackTransformer3DModel:
    """The transformer that ``config`` describes without its blocks and without memory, on the meta device."""
    with torch.device("meta"):
        model = HunyuanVideoFramepackTransformer3DModel.from_config(dict(config))
    model.transformer_blocks = torch.nn.ModuleList()
    model.single_transformer_blocks = torch.nn.ModuleList()
    return model.eval().requires_grad_(False)


def load_small_parts(
    model: HunyuanVideoFramepackTransformer3DModel, files: TensorSource, dtype: torch.dtype, device: torch.device
) -> None:
    """Give what ``small_parts`` made its memory and values.

    Raises RuntimeError for a tensor of a wrong shape, and WeightsDamaged for values that are no finite numbers.
    """
    # Copies, for what is mapped from a file must never be written to, which ``refill_small_parts`` does.
    state = {name: files.get(name, device).to(dtype, copy=True) for name in model.state_dict()}
    files.check(state.values(), state)
    model.load_state_dict(state, strict=True, assign=True)


def refill_small_parts(model: HunyuanVideoFramepackTransformer3DModel, files: TensorSource) -> None:
    """Give the small parts of ``model`` the values they have in ``files`` now, in the memory they have."""
    for name, tensor in model.state_dict().items():
        tensor.copy_(files.get(name, tensor.device))


def missing_and_unknown(
    files: TensorSource, small: Collection[str], places: Sequence[BlockPlace]
) -> tuple[list[str], list[str]]:
    """The names that ``files`` lack of those a transformer has, and the names they have besides, each sorted."""
    wanted = set(small).union(*(place.names.values() for place in places))
    return sorted(wanted - files.names), sorted(files.names - wanted)
