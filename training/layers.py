"""Owns parts of a picture that move by themselves: clouds, water, smoke, a light, leaves; knows no figures or words.

Each clip has at most one. ``bend`` moves the places a picture is sampled at, ``paint`` lays something over it. Places
are in lengths of sqrt(width * height) from the middle of the view at frame 0, so they go where a camera takes them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
import torch.nn.functional as F

from training.actors import PACE, per_frame
from training.motions import EFFECTS, FPS, SECTION_FRAMES, ClipPlan

KINDS = ("clouds", "water", "smoke", "blink", "sway")
_CLOUDS, _WATER, _SMOKE, _LIGHT, _LEAVES = range(len(KINDS))
DRIFT = 0.17
"""Of clouds, lengths a second at normal speed."""
_RISE = 0.3
_CYCLES = np.array([[1.0, 1.5, 2.2], [1.0, 2.0, 2.5], [0.9, 1.3, 2.0]])
"""Of water, a light and leaves in a section at each speed."""
_PUFFS = 6
_OWN_SKIES = 0.2
_TILE = 512
_TRAITS = 10


@dataclass
class Layer:
    """Which of ``KINDS`` (B) or -1, its traits (B, 10) in 0..1, how far it has come (B, F), half the view (2,)."""

    kind: torch.Tensor
    traits: torch.Tensor
    phase: torch.Tensor
    half: torch.Tensor

    def to(self, device: torch.device) -> Layer:
        """The same on ``device``."""
        return Layer(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})

    def rows(self, kind: int) -> torch.Tensor:
        """Which clips have a layer of ``kind``."""
        return (self.kind == kind).nonzero()[:, 0]

    def trait(self, rows: torch.Tensor, number: int, low: float, high: float) -> torch.Tensor:
        """(n, 1, 1, 1): a trait between ``low`` and ``high``."""
        return (low + (high - low) * self.traits[rows, number]).view(-1, 1, 1, 1)


def draw_layer(plan: ClipPlan, size: tuple[int, int], bare: np.ndarray, rng: np.random.Generator) -> Layer:
    """The layers of ``plan``; leaves of the picture sway only where ``bare`` (B) says no figure does. On the CPU."""
    effect, clips = plan.effect, len(plan.effect)
    unit = (size[0] * size[1]) ** 0.5
    kind = np.full(clips, -1)
    rate = np.zeros(effect.shape)
    pace = PACE[plan.speed]
    for name, speed in (("clouds_left", -DRIFT * pace), ("clouds_right", DRIFT * pace), ("smoke", _RISE * pace)):
        active = effect == EFFECTS.index(name)
        kind[active.any(1)] = _SMOKE if name == "smoke" else _CLOUDS
        rate += active * speed / FPS
    for name, number, cycles in zip(("water", "blink", "sway"), (_WATER, _LIGHT, _LEAVES), _CYCLES, strict=True):
        active = effect == EFFECTS.index(name)
        kind[active.any(1)] = number
        rate += active * cycles[plan.speed] / SECTION_FRAMES
    kind[(kind == _LEAVES) & ~bare] = -1
    phase = per_frame(rate[..., None])[..., 0].cumsum(1)
    return Layer(
        torch.from_numpy(kind),
        torch.from_numpy(rng.random((clips, _TRAITS)).astype(np.float32)),
        torch.from_numpy(phase.astype(np.float32)),
        torch.tensor([size[1] / unit / 2, size[0] / unit / 2]),
    )


def _step(value: torch.Tensor, low: float | torch.Tensor, high: float | torch.Tensor) -> torch.Tensor:
    """Softly from 0 at ``low`` to 1 at ``high``."""
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


class Layers:
    """Bends and paints; ``seed`` fixes the shapes of the clouds."""

    def __init__(self, generator: torch.Generator, device: torch.device) -> None:
        total = torch.zeros(1, 1, _TILE, _TILE)
        for octave, weight in ((5, 1.0), (10, 0.6), (20, 0.35), (40, 0.2)):
            cells = torch.rand((1, 1, octave, octave), generator=generator)
            cells = F.pad(cells, (2,) * 4, mode="circular")
            fine = F.interpolate(cells, size=(_TILE * (octave + 4) // octave,) * 2, mode="bicubic")
            edge = (fine.shape[-1] - _TILE) // 2
            total += weight * fine[..., edge : edge + _TILE, edge : edge + _TILE]
        ranks = total.flatten().argsort().argsort().float() / total.numel()
        # Levels are shares of the area, and it wraps around: mirrored, it has no seam.
        self._tile = ranks.view_as(total).to(device)

    def _texture(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(n, F, h, w) in 0..1 at places in units of the tile."""
        n, count, high, wide = x.shape
        grid = torch.stack((x, y), -1)
        grid = ((grid + 1).remainder(4) - 2).abs() - 1
        tile = self._tile.expand(n, -1, -1, -1)
        return F.grid_sample(
            tile, grid.view(n, count * high, wide, 2), padding_mode="border", align_corners=False
        ).view(n, count, high, wide)

    def bend(
        self, x: torch.Tensor, y: torch.Tensor, layer: Layer, part: slice, unit: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Where the picture is sampled for the view's places (x, y) in pixels, both (B, F, h, w)."""
        if not bool((layer.kind >= 0).any()):
            return x, y
        x, y = x / unit, y / unit
        for kind, bent in ((_CLOUDS, self._sky), (_WATER, self._waves), (_LEAVES, self._leaves)):
            if len(rows := layer.rows(kind)):
                at = layer.phase[rows, part][..., None, None]
                x[rows], y[rows] = bent(x[rows], y[rows], layer, rows, at)
        return x * unit, y * unit

    @staticmethod
    def _horizon(layer: Layer, rows: torch.Tensor) -> torch.Tensor:
        return layer.trait(rows, 0, -0.12, 0.3) * layer.half[1] * 2

    @staticmethod
    def _sky(
        x: torch.Tensor, y: torch.Tensor, layer: Layer, rows: torch.Tensor, at: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A fifth of the skies are the picture's own, its upper part."""
        own = (layer.traits[rows, 1] < _OWN_SKIES).view(-1, 1, 1, 1)
        horizon = layer.trait(rows, 0, -0.25, -0.05) * layer.half[1] * 2
        above = 1 - _step(y, horizon - 0.08, horizon + 0.02)
        return x - at * above * own, y

    @classmethod
    def _waves(
        cls, x: torch.Tensor, y: torch.Tensor, layer: Layer, rows: torch.Tensor, at: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Ripples below the horizon, on a mirror of what is above it or on what is there."""
        horizon = cls._horizon(layer, rows)
        deep = (y - horizon).clamp(min=0)
        mirror = (layer.traits[rows, 1] < 0.6).view(-1, 1, 1, 1)
        near = _step(deep, 0, 0.25)
        angle, size = at * 6.283, layer.trait(rows, 2, 0.02, 0.04)
        many, other = layer.trait(rows, 3, 45, 80), layer.trait(rows, 4, 12, 28)
        # Waves lie closer together far away.
        row = torch.log1p(deep * 6) / 6
        push = torch.sin(many * row * 2.2 - angle + 3 * torch.sin(x * other / 4))
        push = push + 0.6 * torch.sin(other * x + many * row) * torch.cos(2 * angle)
        lift = torch.sin(many * row * 1.7 + other * x * 0.5 - angle)
        strength = size * (0.35 + 0.65 * near) * (deep > 0)
        y = torch.where(mirror & (deep > 0), 2 * horizon - y, y)
        return x + push * strength, y + lift * strength * 0.7

    @staticmethod
    def _leaves(
        x: torch.Tensor, y: torch.Tensor, layer: Layer, rows: torch.Tensor, at: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A part of the picture swings, most in its middle and not at all at its border."""
        cx, cy = (layer.trait(rows, 5 + n, -0.2, 0.2) * layer.half[n] for n in (0, 1))
        wide, high = layer.trait(rows, 7, 0.4, 0.6), layer.trait(rows, 8, 0.3, 0.42)
        inside = torch.exp(-(((x - cx) / wide) ** 2 + ((y - cy) / high) ** 2) * 1.6)
        swing = layer.trait(rows, 2, 0.07, 0.12) * torch.sin(at * 6.283 + layer.trait(rows, 3, -1.57, 1.57))
        flutter = 0.012 * torch.sin(at * 12.566 + 30 * y + 22 * x)
        return x - (swing + flutter) * inside, y - 0.6 * flutter * inside

    def paint(
        self, frames: torch.Tensor, x: torch.Tensor, y: torch.Tensor, layer: Layer, part: slice, unit: float
    ) -> torch.Tensor:
        """``frames`` (B * F, 3, h, w) with what lies over them; (x, y) as for ``bend``."""
        if not bool((layer.kind >= 0).any()):
            return frames
        count, high, wide = x.shape[1:]
        whole = frames.view(-1, count, 3, high, wide)
        for kind, over in (
            (_CLOUDS, self._clouds),
            (_WATER, self._glints),
            (_SMOKE, self._smoke),
            (_LIGHT, self._glow),
        ):
            if len(rows := layer.rows(kind)):
                at = layer.phase[rows, part][..., None, None]
                whole[rows] = over(whole[rows], x[rows] / unit, y[rows] / unit, layer, rows, at)
        return whole.view_as(frames)

    def _clouds(
        self,
        below: torch.Tensor,
        x: torch.Tensor,
        y: torch.Tensor,
        layer: Layer,
        rows: torch.Tensor,
        at: torch.Tensor,
    ) -> torch.Tensor:
        drawn = (layer.traits[rows, 1] >= _OWN_SKIES).view(-1, 1, 1, 1)
        horizon = self._horizon(layer, rows)
        above = (1 - _step(y, horizon - 0.12, horizon + 0.03)) * drawn
        grain = layer.trait(rows, 2, 1.0, 1.9)
        shape = self._texture(
            (x - at) * grain + layer.trait(rows, 3, 0, 9), y * grain * 1.7 + layer.trait(rows, 4, 0, 9)
        )
        bare = layer.trait(rows, 5, 0.4, 0.65)
        cover = _step(shape, bare, bare + 0.22)
        light = (0.72 + 0.3 * _step(shape, bare, 1.0)) * layer.trait(rows, 6, 0.6, 1.05)
        blue = (layer.traits[rows, 7] < 0.55).view(-1, 1, 1, 1) * above * 0.9
        sky = torch.stack((0.32 + 0.35 * (y + 0.4), 0.55 + 0.25 * (y + 0.4), 0.85 + 0.1 * (y + 0.4)), 2).clamp(0, 1)
        below = below + blue[:, :, None] * (sky - below)
        return below + (above * cover * 0.95)[:, :, None] * (light[:, :, None].clamp(0, 1) - below)

    def _glints(
        self,
        below: torch.Tensor,
        x: torch.Tensor,
        y: torch.Tensor,
        layer: Layer,
        rows: torch.Tensor,
        at: torch.Tensor,
    ) -> torch.Tensor:
        deep = y - self._horizon(layer, rows)
        wet = _step(deep, 0.0, 0.015)
        tint = below.new_tensor((0.16, 0.36, 0.5)).view(1, 1, 3, 1, 1)
        tint = tint * layer.trait(rows, 9, 0.7, 1.3)[..., None]
        below = below + (wet * layer.trait(rows, 7, 0.2, 0.6))[:, :, None] * (tint - below)
        row, angle = torch.log1p(deep.clamp(min=0) * 6) / 6, at * 6.283
        many, other = layer.trait(rows, 3, 45, 80), layer.trait(rows, 4, 12, 28)
        crest = torch.sin(many * row * 2.2 - angle + 3 * torch.sin(x * other / 4))
        crest = crest + torch.sin(other * x + 4 * torch.sin(many * row * 0.6)) * torch.cos(angle + 4 * x)
        bright = _step(crest, 1.0, 1.9) * wet * layer.trait(rows, 8, 0.25, 0.6)
        return below + bright[:, :, None] * (1 - below)

    def _smoke(
        self,
        below: torch.Tensor,
        x: torch.Tensor,
        y: torch.Tensor,
        layer: Layer,
        rows: torch.Tensor,
        at: torch.Tensor,
    ) -> torch.Tensor:
        """Puffs that start at a point, one after another, and rise, spread and thin out."""
        foot_x = layer.trait(rows, 0, -0.65, 0.65) * layer.half[0]
        foot_y = layer.trait(rows, 1, 0.3, 0.9) * layer.half[1]
        tall, wind = layer.trait(rows, 2, 0.5, 0.72), layer.trait(rows, 3, -0.18, 0.18)
        thick, grey = layer.trait(rows, 4, 0.75, 0.95), layer.trait(rows, 5, 0.15, 0.95)
        clear = torch.ones_like(x)
        for number in range(_PUFFS):
            wave = layer.trait(rows, 6, 0, 6.28) + 2.4 * number
            age = (at / tall + number / _PUFFS + layer.trait(rows, 7, 0, 1)).remainder(1)
            cx = foot_x + wind * age + 0.05 * torch.sin(wave) * (0.3 + age)
            radius = 0.03 + (0.11 + 0.03 * torch.sin(wave * 1.7)) * age
            near = ((x - cx) ** 2 + (y - foot_y + tall * age) ** 2) / radius**2
            dense = _step(age, 0.0, 0.06) * (1 - age) ** 0.6
            clear = clear * (1 - thick * dense * torch.exp(-(near**2)))
        shade = grey + 0.12 * (1 - clear)
        return below + (1 - clear)[:, :, None] * (shade[:, :, None].clamp(0, 1) - below)

    def _glow(
        self,
        below: torch.Tensor,
        x: torch.Tensor,
        y: torch.Tensor,
        layer: Layer,
        rows: torch.Tensor,
        at: torch.Tensor,
    ) -> torch.Tensor:
        """A lamp with a halo: on at first for most, and on and off as often as the phase counts."""
        cx, cy = (layer.trait(rows, n, -0.7, 0.7) * layer.half[n] for n in (0, 1))
        away = ((x - cx) ** 2 + (y - cy) ** 2).sqrt()
        core, halo = layer.trait(rows, 2, 0.025, 0.055), layer.trait(rows, 3, 0.1, 0.24)
        begin = (layer.traits[rows, 4] < 0.7).float().view(-1, 1, 1, 1)
        on = 0.5 + 0.5 * torch.tanh(4 * torch.cos(at * 6.283 + 3.1416 * (1 - begin)))
        hue = layer.traits[rows, 5].view(-1, 1, 1, 1) * 3
        colour = torch.stack([(1.25 - (hue - n).abs()).clamp(0.25, 1).expand_as(hue) for n in (0, 1, 2)], 2)
        warm = below.new_tensor((1.0, 0.85, 0.5)).view(1, 1, 3, 1, 1)
        colour = torch.where((layer.traits[rows, 6] < 0.6).view(-1, 1, 1, 1, 1), warm, colour)
        lamp = 1 - _step(away, core * 0.8, core * 1.1)
        below = below + (lamp * 0.85)[:, :, None] * (colour * 0.22 - below)
        shine = on * (0.85 * torch.exp(-((away / halo) ** 2) * 1.5) * (1 - lamp))
        below = below + shine[:, :, None] * (colour - below * 0.75) * 0.8
        return below + (on * lamp)[:, :, None] * (colour * 0.5 + 0.5 - below)
