"""Owns the way from pictures that follow each other to latents: the end of a video that is gone on from.

Time is encoded in the library's own tiles, of 17 pictures with a new one every 12, so that no more than these are in
the encoder at once; a picture larger than a tile of space in tiles of that, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framepack.errors import ValuesLost
from framepack.messages import Message

_TILE_STRIDE = 0.75
_SPACE = ("use_tiling", *(f"tile_sample_{of}_{side}" for of in ("min", "stride") for side in ("height", "width")))


@torch.no_grad()
def encode_pictures(vae: Any, pictures: NDArray[np.uint8], *, tile: int | None) -> Tensor:
    """The latents (1, 16, T, h, w) fp32 on the CPU of ``pictures`` (1 + 4 (T - 1), H, W, 3), as those of a picture are.

    ``tile`` is the side in pixels, a multiple of 32, of the tiles that larger ones are encoded in, None for none.
    Raises ValuesLost where what comes out holds values that are no numbers.
    """
    video = torch.from_numpy(pictures).permute(3, 0, 1, 2)[None].to(vae.device, vae.dtype).div(127.5).sub(1.0)
    with _tiles_of_space(vae, tile):
        latents: Tensor = vae.encode(video).latent_dist.mode().float() * vae.config.scaling_factor
    if not bool(torch.isfinite(latents).all()):
        raise ValuesLost(Message("encoded-latents"))
    return latents.cpu()


@contextmanager
def _tiles_of_space(vae: Any, tile: int | None) -> Iterator[None]:
    """Have the library encode in tiles of so many pixels meanwhile."""
    before = {name: getattr(vae, name) for name in _SPACE}
    side, stride = (tile, round(tile * _TILE_STRIDE)) if tile else (None, None)
    wanted = (tile is not None, side, side, stride, stride)
    try:
        for name, value in zip(_SPACE, wanted, strict=True):
            setattr(vae, name, before[name] if value is None else value)
        yield
    finally:
        for name, value in before.items():
            setattr(vae, name, value)
