"""Enlarging pictures by a model of the person's own, tile by tile, with as much memory as there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from framepack.device.devices import measure_budget, release_cached_memory
from framepack.device.faults import memory_short
from framepack.enlarging.tiles import Tile, side_for, smaller, tiles_of
from framepack.errors import EnlargerRejected
from framepack.files.manifest import sum_of
from framepack.messages import Message

Pixels = NDArray[np.uint8]
# Of the tensors between its layers so many of the largest are taken to be alive at once.
_ALIVE = 4
# The side of the picture that a model is measured with, in pixels.
_MEASURED = 64
# Of the memory that is free so much is for its tiles; the rest is for a render that goes on beside it.
_SHARE = 0.5


@dataclass
class Enlarger:
    """A loaded model: ``scale`` is how many times larger it makes a picture, ``key`` names it by what its file holds.

    ``call`` takes (1, 3, H, W) of ``dtype`` on ``device``, 0 to 1, and gives the same at the larger size. ``side`` is
    that of its tiles in pixels, without what they see around them.
    """

    key: str
    scale: int
    call: Callable[[torch.Tensor], torch.Tensor]
    device: torch.device
    dtype: torch.dtype
    side: int

    def enlarge(self, pixels: Pixels) -> Pixels:
        """``pixels``, (H, W, 3) uint8 RGB, ``scale`` times as high and wide.

        Where the memory does not suffice the tiles become smaller. Raises what the device does where even the smallest
        do not fit.
        """
        while True:
            try:
                return self._in_tiles(pixels, self.side)
            except (RuntimeError, MemoryError) as error:
                less = smaller(self.side)
                if less is None or not memory_short(error):
                    raise
                self.side = less
            release_cached_memory(self.device)

    def _in_tiles(self, pixels: Pixels, side: int) -> Pixels:
        height, width, scale = *pixels.shape[:2], self.scale
        out = np.empty((height * scale, width * scale, 3), np.uint8)
        for tile in tiles_of(height, width, side):
            rows, columns = slice(tile.top * scale, tile.bottom * scale), slice(tile.left * scale, tile.right * scale)
            out[rows, columns] = self._tile(pixels, tile)
        return out

    def _tile(self, pixels: Pixels, tile: Tile) -> Pixels:
        seen = pixels[
            tile.top - tile.above : tile.bottom + tile.below, tile.left - tile.before : tile.right + tile.behind
        ]
        given = torch.from_numpy(np.ascontiguousarray(seen)).to(self.device).permute(2, 0, 1)[None]
        made = self.call(given.to(self.dtype) / 255)[0]
        top, left = tile.above * self.scale, tile.before * self.scale
        height, width = (tile.bottom - tile.top) * self.scale, (tile.right - tile.left) * self.scale
        cut = made[:, top : top + height, left : left + width]
        return (cut.float() * 255).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()


def load_enlarger(path: Path, device: torch.device) -> Enlarger:
    """The enlarging model in the safetensors file ``path``: one that makes RGB pictures at least twice as large.

    Raises EnlargerRejected for anything else, also where the library for it cannot be used on this computer.
    """
    try:
        import spandrel
    except (ImportError, OSError, RuntimeError) as error:
        # Its own requirement, torchvision, fails with RuntimeError where it was built for another torch.
        raise EnlargerRejected(path.name, Message("enlarger-library-fails", {"reason": str(error)[:300]})) from None
    try:
        model = spandrel.ModelLoader(device).load_from_state_dict(load_file(path))
    except spandrel.UnsupportedModelError:
        raise EnlargerRejected(path.name, Message("enlarger-unknown")) from None
    enlarges = isinstance(model, spandrel.ImageModelDescriptor) and model.scale >= 2
    if not enlarges or model.input_channels != 3 or model.output_channels != 3:
        raise EnlargerRejected(path.name, Message("enlarger-other-purpose"))
    dtype = torch.float16 if device.type == "cuda" and model.supports_half else torch.float32
    model.to(dtype).eval()
    needed = _bytes_per_pixel(model.model, lambda: model(torch.zeros(1, 3, _MEASURED, _MEASURED).to(device, dtype)))
    side = side_for(int(measure_budget(device, None).device * _SHARE), needed)
    return Enlarger(sum_of(path), model.scale, model, device, dtype, side)


def _bytes_per_pixel(layers: torch.nn.Module, run: Callable[[], object]) -> int:
    """What enlarging a pixel needs: measured while ``run`` enlarges a picture of the side that is measured with."""
    largest = 0

    def note(_: torch.nn.Module, __: object, made: object) -> None:
        nonlocal largest
        if isinstance(made, torch.Tensor):
            largest = max(largest, made.nbytes)

    hooks = [layer.register_forward_hook(note) for layer in layers.modules()]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return _ALIVE * largest // _MEASURED**2
