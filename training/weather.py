"""Owns what lies over a clip's picture: colour effects, snow, rain and fog; knows no camera. Pictures are in 0..1."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from training.motions import COLOURS, FPS

_TILE = 512
_LUMA = (0.299, 0.587, 0.114)


def apply_colours(frames: torch.Tensor, levels: dict[str, torch.Tensor]) -> torch.Tensor:
    """``frames`` (B, F, 3, H, W) with every effect of ``COLOURS`` at its level, (B, F) in 0..1 each."""
    luma = frames.new_tensor(_LUMA).view(1, 1, 3, 1, 1)
    at = {name: levels[name][..., None, None, None] for name in COLOURS}
    if at["blur"].max() > 0:
        b, f, c, h, w = frames.shape
        small = F.avg_pool2d(frames.reshape(b * f, c, h, w), 4)
        smooth = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), 3, 1)
        soft = F.interpolate(smooth, (h, w), mode="bilinear").view_as(frames)
        frames = frames + at["blur"] * (soft - frames)
    grey = (frames * luma).sum(2, keepdim=True)
    frames = frames + at["grey"] * (grey - frames)
    night = (grey * 0.5 + frames * 0.5) * frames.new_tensor((0.22, 0.28, 0.5)).view(1, 1, 3, 1, 1)
    frames = frames + at["night"] * (night - frames)
    warm = (frames * frames.new_tensor((1.1, 0.75, 0.45)).view(1, 1, 3, 1, 1) + 0.04).clamp(0, 1)
    frames = frames + at["sunset"] * (warm - frames)
    frames = frames * (1 - at["fade_black"])
    return frames + at["fade_white"] * (1 - frames)


class Weather:
    """Tiles of flakes, streaks and fog that scroll over the picture, made once."""

    def __init__(self, generator: torch.Generator, device: torch.device) -> None:
        self._flakes = [
            self._dots(generator, share, radius).to(device) for share, radius in ((0.0022, 2), (0.0011, 3), (0.0005, 5))
        ]
        self._streaks = self._lines(generator).to(device)
        self._fog = self._clouds(generator).to(device)

    @staticmethod
    def _dots(generator: torch.Generator, share: float, radius: int) -> torch.Tensor:
        points = (torch.rand((1, 1, _TILE, _TILE), generator=generator) < share).float()
        side = 2 * radius + 1
        ramp = torch.arange(side) - radius
        kernel = (1.2 - (ramp[:, None] ** 2 + ramp[None] ** 2).sqrt() / (radius + 0.5)).clamp(0, 1)
        padded = F.pad(points, (radius,) * 4, mode="circular")
        return F.conv2d(padded, kernel.view(1, 1, side, side))[0, 0].clamp(0, 1)

    @staticmethod
    def _lines(generator: torch.Generator) -> torch.Tensor:
        points = (torch.rand((1, 1, _TILE, _TILE), generator=generator) < 0.0011).float()
        length = 21
        kernel = torch.zeros(1, 1, length, 5)
        for row in range(length):
            at = 3 - row * 2 // length
            kernel[0, 0, row, at - 1 : at + 1] = torch.tensor([0.6, 1.0])
        padded = F.pad(points, (2, 2, length // 2, length // 2), mode="circular")
        return F.conv2d(padded, kernel)[0, 0].clamp(0, 1)

    @staticmethod
    def _clouds(generator: torch.Generator) -> torch.Tensor:
        total = torch.zeros(1, 1, _TILE, _TILE)
        for octave in (4, 8, 16):
            cells = F.pad(torch.rand((1, 1, octave, octave), generator=generator), (2,) * 4, mode="circular")
            size = _TILE // octave * (octave + 4)
            margin = 2 * _TILE // octave
            fine = F.interpolate(cells, size=(size, size), mode="bicubic")[..., margin:-margin, margin:-margin]
            total += fine * 2 / octave
        return ((total - total.min()) / (total.max() - total.min()))[0, 0]

    @staticmethod
    def _scrolled(tile: torch.Tensor, right: torch.Tensor, down: torch.Tensor, h: int, w: int) -> torch.Tensor:
        """``tile`` moved by whole pixels: offsets (B, F) to (B, F, h, w)."""
        rows = (torch.arange(h, device=tile.device) - down.round().long()[..., None]) % _TILE
        columns = (torch.arange(w, device=tile.device) - right.round().long()[..., None]) % _TILE
        return tile[rows[..., :, None], columns[..., None, :]]

    def apply(
        self, frames: torch.Tensor, levels: dict[str, torch.Tensor], origin: torch.Tensor, first: int
    ) -> torch.Tensor:
        """``frames`` (B, F, 3, H, W), number ``first`` and on; levels (B, F) in 0..1; origin (B, 2) shifts tiles."""
        h, w = frames.shape[-2:]
        time = (torch.arange(frames.shape[1], device=frames.device) + first) / FPS
        time = time[None] + torch.zeros_like(levels["snow"])
        x, y = origin[:, :1] * _TILE, origin[:, 1:] * _TILE
        if levels["snow"].max() > 0:
            for number, tile in enumerate(self._flakes):
                speed = 28 + 22 * number
                sway = 6 * torch.sin(time * (1.5 + number) + x)
                cover = self._scrolled(tile, x + sway, y + speed * time, h, w)
                frames = frames + (levels["snow"][..., None, None] * 0.9 * cover)[:, :, None] * (1 - frames)
        if levels["rain"].max() > 0:
            dim = levels["rain"][..., None, None, None]
            frames = frames * (1 - 0.25 * dim)
            for speed, shift in ((260, 0), (340, 190)):
                cover = self._scrolled(self._streaks, x + shift - speed * 0.12 * time, y + speed * time, h, w)
                frames = frames + (levels["rain"][..., None, None] * 0.6 * cover)[:, :, None] * (0.9 - frames)
        if levels["fog"].max() > 0:
            cover = self._scrolled(self._fog, x + 24 * time, y, h, w)
            level = levels["fog"][..., None, None]
            thick = (level * 0.5 + level * 0.45 * cover).clamp(0, 0.9)[:, :, None]
            frames = frames + thick * (0.82 - frames)
        return frames
