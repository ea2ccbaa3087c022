"""Makes a transformer with random weights, of any size and without a file: for measuring speed and memory.

What it computes means nothing, but it takes as long: apart from step caches that decide by the data, neither speed nor
memory depends on the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel
from torch import Tensor

from framepack.attention.backends import Attend, attend_with
from framepack.ops.fp8 import WeightFormat
from framepack.parallel.ulysses import Ulysses
from framepack.transformer.blocks import Arithmetic
from framepack.transformer.transformer import FramepackTransformer
from framepack.weights.block_layout import BlockKind, BlockShape, fill
from framepack.weights.block_loading import BlockPlace, Offloading, block_places, load_blocks, small_parts

# The published models: 20 double and 40 single blocks of 24 heads, which are the library's defaults.
PUBLISHED_CONFIG: Mapping[str, Any] = {"has_image_proj": True, "has_clean_x_embedder": True}
# Small enough for what passes through 60 blocks to stay finite in 16 bits.
DEVIATION = 0.02


class RepeatedBlocks:
    """One random block of each kind, given out for every block of that kind."""

    def __init__(self, places: Sequence[BlockPlace], config: Mapping[str, Any], generator: torch.Generator) -> None:
        self._places = tuple(places)
        self._blocks: dict[BlockKind, Tensor] = {}
        layouts = {place.layout.kind: place.layout for place in places}
        for kind, layout in layouts.items():
            flat = torch.zeros(layout.nbytes, dtype=torch.uint8, device=generator.device)
            fill(layout, layout.views(flat), _random_block(kind, config, generator))
            self._blocks[kind] = flat.cpu()

    def read(self, number: int, flat: Tensor) -> None:
        """See ``framepack.weights.block_store.BlockReader``."""
        flat.copy_(self._blocks[self._places[number].layout.kind])

    def close(self) -> None:
        """See ``framepack.weights.block_store.BlockReader``."""
        self._blocks.clear()


def random_transformer(
    config: Mapping[str, Any] = PUBLISHED_CONFIG,
    *,
    device: torch.device,
    dtype: torch.dtype,
    offloading: Offloading = Offloading(),  # noqa: B008 - it is frozen
    format: WeightFormat = "plain",
    attend: Attend | None = None,
    compiled: bool = False,
    seed: int = 0,
    ranks: Ulysses | None = None,
) -> FramepackTransformer:
    """The transformer that a diffusers ``config`` describes; all blocks of a kind have the same random weights.

    The other arguments are those of ``FramepackTransformer.of_model``; on each of several ``ranks`` it is the same.
    """
    generator = torch.Generator(device).manual_seed(seed)
    rest = small_parts(config)
    state = {
        name: torch.randn(value.shape, generator=generator, device=device, dtype=dtype).mul_(DEVIATION)
        for name, value in rest.state_dict().items()
    }
    rest.load_state_dict(state, assign=True)
    places = block_places(rest.config, dtype, format)
    group = None if ranks is None else ranks.group
    store = load_blocks(RepeatedBlocks(places, config, generator), places, offloading, device, group)
    arithmetic = Arithmetic(
        BlockShape.of(rest.config),
        attend or attend_with("sdpa"),
        format,
        compiled=compiled,
        ranks=None if ranks is None else ranks.name,
    )
    return FramepackTransformer(rest, store, arithmetic, ranks=ranks)


def _random_block(kind: BlockKind, config: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
    """A block's tensors by their published names, on the generator's device."""
    with torch.device("meta"):
        model = HunyuanVideoFramepackTransformer3DModel.from_config({**config, "num_layers": 1, "num_single_layers": 1})
    blocks = {"double": model.transformer_blocks, "single": model.single_transformer_blocks}
    values = {}
    for name, value in blocks[kind][0].state_dict().items():
        values[name] = torch.randn(value.shape, generator=generator, device=generator.device).mul_(DEVIATION)
        if ".norm" in name and value.dim() == 1:
            values[name] += 1.0
    return values
