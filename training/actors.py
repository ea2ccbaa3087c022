"""Owns the figures that stand in a clip and move by themselves: which, where, how they go; knows no pictures below."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
import torch.nn.functional as F

from training.cutouts import ROOTED, ROUND
from training.motions import EFFECTS, FPS, SECTION_FRAMES, SPRITES, ClipPlan

SLIDE, RISE, HOP, GROWTH, SPIN = 0.33, 0.24, 0.18, 0.42, 2.0
"""A second at normal speed: lengths of sqrt(width * height), log of the size, radians. HOP is a height."""
PACE = np.array([0.75, 1.0, 1.43])
"""How fast subjects go at each of ``SPEEDS``; closer together than a camera's, so that slow ones are seen to move."""
_HOPS = np.array([1, 2, 3])
_SWINGS = np.array([0.9, 1.3, 2.0])
_BYSTANDERS = 0.12
_SWAYING_FIGURES = 0.6


@dataclass
class Figure:
    """One figure a clip: which (B), whether there (B), place in view units, size, turn and lean per frame (B, F).

    ``lean`` shears it about its foot; ``mirrored`` (B) is -1 where it looks the other way, else 1.
    """

    which: torch.Tensor
    shown: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor
    side: torch.Tensor
    turn: torch.Tensor
    lean: torch.Tensor
    mirrored: torch.Tensor

    def to(self, device: torch.device) -> Figure:
        """The same on ``device``."""
        return Figure(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


def per_frame(per_section: np.ndarray) -> np.ndarray:
    """(B, K, ...) to (B, F, ...), nothing at frame 0."""
    repeated = np.repeat(per_section, SECTION_FRAMES, 1)
    return np.concatenate([np.zeros_like(repeated[:, :1]), repeated], 1)


def _pick_figures(plan: ClipPlan, names: tuple[str, ...], count: int, rng: np.random.Generator) -> np.ndarray:
    """(B,): something rooted to sway, nothing round to spin, anything else for the rest."""
    which = rng.integers(0, count, len(plan.effect))
    rooted = np.array([number for number, name in enumerate(names) if name in ROOTED], np.int64)
    loose = np.array([number for number, name in enumerate(names) if name not in ROOTED], np.int64)
    edged = np.array([number for number, name in enumerate(names) if name not in ROOTED | ROUND], np.int64)
    for chosen, effect in ((loose, ""), (edged, "spin"), (rooted, "sway")):
        asked = (plan.effect == EFFECTS.index(effect)).any(1) if effect else np.ones(len(which), bool)
        if len(chosen):
            which = np.where(asked, chosen[rng.integers(0, len(chosen), len(which))], which)
    return which


def draw_figure(
    plan: ClipPlan, size: tuple[int, int], names: tuple[str, ...], count: int, rng: np.random.Generator
) -> Figure:
    """What the figures of ``plan`` do, out of ``count`` figures called ``names``; tensors on the CPU."""
    clips, unit = len(plan.effect), (size[0] * size[1]) ** 0.5
    swaying = (plan.effect == EFFECTS.index("sway")).any(1) & (rng.random(clips) < _SWAYING_FIGURES)
    asked = np.isin(plan.effect, [EFFECTS.index(name) for name in SPRITES]).any(1) | swaying
    shown = (asked | (rng.random(clips) < _BYSTANDERS)) & (count > 0)
    doing = {name: (plan.effect == EFFECTS.index(name)) * 1.0 for name in (*SPRITES, "sway")}
    frame = {name: per_frame((values * PACE[plan.speed])[..., None])[..., 0] / FPS for name, values in doing.items()}
    x = (frame["slide_right"] - frame["slide_left"]).cumsum(1) * SLIDE * unit
    # It stays in sight: where it would go farther than the picture is wide it goes slower.
    reach = np.ptp(x, axis=1, keepdims=True)
    x = x * np.minimum(1, 0.85 * size[1] / np.maximum(reach, 1))
    y = -frame["rise"].cumsum(1) * RISE * unit
    y = y * np.minimum(1, 0.8 * size[0] / np.maximum(np.ptp(y, axis=1, keepdims=True), 1))
    # Whole hops in a section, so that it lands.
    hops = per_frame((doing["jump"] * _HOPS[plan.speed])[..., None])[..., 0].cumsum(1) / SECTION_FRAMES
    height = per_frame((doing["jump"] * np.array([1.2, 1.0, 0.8])[plan.speed])[..., None])[..., 0]
    y = y - np.abs(np.sin(hops * np.pi)) * height * HOP * unit
    swings = per_frame((doing["sway"] * _SWINGS[plan.speed])[..., None])[..., 0].cumsum(1) / SECTION_FRAMES
    # All begin to the right: a picture does not tell which way something sways.
    phase, swing = rng.uniform(-1.57, 1.57, (clips, 1)), rng.uniform(0.45, 0.85, (clips, 1))
    lean = swing * np.sin(swings * 6.283 + phase) * swaying[:, None]
    log_side = (frame["grow"] - frame["shrink"]).cumsum(1) * GROWTH
    way = np.where(rng.random((clips, 1)) < 0.1, -1, 1)
    turn = frame["spin"].cumsum(1) * SPIN * way
    side = np.where(swaying[:, None], rng.uniform(0.38, 0.65, (clips, 1)), rng.uniform(0.26, 0.5, (clips, 1))) * unit
    middle = 0.5 * (x.max(1) + x.min(1))[:, None]
    start_x = rng.uniform(-0.35, 0.35, (clips, 1)) * size[1]
    start_x = np.where(reach > 0.2 * unit, rng.uniform(-0.08, 0.08, (clips, 1)) * size[1] - middle, start_x)
    start_x = start_x.clip(-0.42 * size[1], 0.42 * size[1])
    start_y = rng.uniform(np.where(swaying, 0.05, -0.2)[:, None], 0.32, (clips, 1)) * size[0] - 0.45 * y.min(
        1, keepdims=True
    )
    start_y = start_y.clip(-0.3 * size[0], 0.36 * size[0])
    # They look to the left as they are drawn: half of them to where they go, the others anywhere.
    forwards = np.where(x[:, -1] > 0, -1, 1)
    mirrored = np.where(rng.random(clips) < 0.5, forwards, np.where(rng.random(clips) < 0.5, -1, 1))

    def tensor(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))

    return Figure(
        torch.from_numpy(_pick_figures(plan, names, count, rng)),
        torch.from_numpy(shown),
        tensor(start_x + x),
        tensor(start_y + y),
        tensor(side * np.exp(log_side.clip(-1.6, 1.3))),
        tensor(turn + rng.uniform(-0.15, 0.15, (clips, 1))),
        tensor(lean),
        tensor(mirrored),
    )


def paint_figures(
    frames: torch.Tensor, pictures: torch.Tensor, figure: Figure, x1: torch.Tensor, y1: torch.Tensor, part: slice
) -> torch.Tensor:
    """``frames`` (B * F, 3, h, w) with ``figure`` over them, out of ``pictures`` (M, 4, side, side).

    Figures stand in the world: (x1, y1), both (B, F, h, w), are the places of the view's pixels at frame 0.
    """
    chosen = figure.shown.nonzero()[:, 0]
    dx = x1[chosen] - figure.x[chosen, part][..., None, None]
    dy = y1[chosen] - figure.y[chosen, part][..., None, None]
    turn, side = figure.turn[chosen, part][..., None, None], figure.side[chosen, part][..., None, None]
    cos, sin = torch.cos(turn), torch.sin(turn)
    u, v = (cos * dx + sin * dy) * 2 / side, (-sin * dx + cos * dy) * 2 / side
    # The top leans farthest, with a bend.
    high = ((0.9 - v) / 1.8).clamp(0, 1.2)
    u = (u - figure.lean[chosen, part][..., None, None] * high**1.5) * figure.mirrored[chosen].view(-1, 1, 1, 1)
    n, count, height, width = u.shape
    grid = torch.stack((u, v), -1).view(n, count * height, width, 2)
    sampled = F.grid_sample(pictures[figure.which[chosen]], grid, align_corners=False)
    sampled = sampled.view(n, 4, count, height, width).transpose(1, 2)
    whole = frames.view(-1, count, 3, height, width)
    below = whole[chosen]
    whole[chosen] = below + sampled[:, :, :3] - sampled[:, :, 3:] * below
    return whole.view_as(frames)
