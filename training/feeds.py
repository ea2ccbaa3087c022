"""Owns what the VAE is shown: clips as the renderer makes them, and single pictures as the studio fits a given one.

A clip's pictures are sampled softly, so a VAE that saw nothing else would not know how sharp a given picture is.
Every other batch is upright and laid on its side, so that one shape is enough. Values are in -1..1.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from training.clips import Renderer
from training.motions import draw_plan
from training.store import Store

TILE_FRAMES = 17
TILE_STRIDE = 12
CLIP_FRAMES = TILE_FRAMES + TILE_STRIDE
SIZE = (144, 256)
CROP = (96, 128)
_GROUPS = 4
_LARGEST = 2.5
_SMALLEST = 1.0


class ClipFeed:
    """Batches of clips (B, 3, 29, h, w) in -1..1; a rendered clip is cut into several tiles.

    Crops have a third of the pixels each: many small steps teach more than few large ones.
    """

    def __init__(self, renderer: Renderer, batch: int) -> None:
        self._renderer = renderer
        self._batch = batch
        self._ready: list[torch.Tensor] = []
        self._turn = 0

    def crops(self) -> torch.Tensor:
        """Three times as many clips as ``next``, each cut to ``CROP`` at one place."""
        rng = self._renderer.rng
        cut = []
        for _ in range(3):
            clip = self.next()
            top, left = (int(rng.integers(0, whole - part + 1)) for whole, part in zip(SIZE, CROP, strict=True))
            cut.append(clip[..., top : top + CROP[0], left : left + CROP[1]])
        return torch.cat(cut)

    def next(self) -> torch.Tensor:
        """The next batch; rendering is done for several at once."""
        if not self._ready:
            upright = self._turn % 2 == 1
            size = SIZE[::-1] if upright else SIZE
            self._turn += 1
            plan = draw_plan(self._renderer.rng, self._batch * 4, 2)
            clips = self._renderer.draw(self._batch * 4, 2, size, plan)
            at = int(self._renderer.rng.integers(0, 15))
            for first in (at, at + CLIP_FRAMES):
                part = (clips.render(first, CLIP_FRAMES) * 2 - 1).transpose(1, 2)
                self._ready += list((part.mT if upright else part).split(self._batch))
        return self._ready.pop(0)


class StillFeed:
    """Batches of single pictures (B, 3, 1, h, w)."""

    def __init__(self, store: Store, seed: int, batch: int) -> None:
        self._pictures = store.pictures
        self._rng = np.random.default_rng(seed)
        self._batch = batch
        self._upright = False

    def next(self) -> torch.Tensor:
        """The next batch: parts of one scale in each quarter of it, with colours varied a little."""
        self._upright = not self._upright
        size = SIZE[::-1] if self._upright else SIZE
        high, wide = self._pictures.shape[-2:]
        parts = []
        for _ in range(_GROUPS):
            span = self._rng.uniform(_SMALLEST, min(_LARGEST, high / size[0], wide / size[1]))
            h, w = int(size[0] * span), int(size[1] * span)
            cut = []
            for _ in range(self._batch // _GROUPS):
                number = int(self._rng.integers(len(self._pictures)))
                top, left = int(self._rng.integers(high - h + 1)), int(self._rng.integers(wide - w + 1))
                cut.append(self._pictures[number, :, top : top + h, left : left + w])
            parts.append(F.interpolate(torch.stack(cut).float(), size, mode="bicubic", antialias=True))
        x = torch.cat(parts) / 127.5 - 1
        return self._varied(x.mT if self._upright else x).clamp(-1, 1)[:, :, None].contiguous()

    def _varied(self, x: torch.Tensor) -> torch.Tensor:
        rng, count = self._rng, len(x)
        flip = torch.from_numpy(rng.random(count) < 0.5).to(x.device)
        x = torch.where(flip[:, None, None, None], x.flip(-1), x)
        if rng.random() < 0.3:
            x = x[:, torch.from_numpy(rng.permutation(3)).to(x.device)]
        gain = torch.from_numpy(rng.uniform(0.7, 1.15, (count, 1, 1, 1))).to(x)
        return x * gain + torch.from_numpy(rng.uniform(-0.15, 0.15, (count, 1, 1, 1))).to(x)
