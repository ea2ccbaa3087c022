"""Owns how clips are made: a view that moves over a picture, figures in it, effects over it, all on one device.

Everything is done for B clips at once. Time runs in frames; frame 0 is the given picture, section k is frames
1 + 36k to 36 + 36k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from training.actors import Figure, draw_figure, paint_figures, per_frame
from training.layers import Layer, Layers, draw_layer
from training.motions import (
    CAMERAS,
    COLOURS,
    EFFECTS,
    FPS,
    SECTION_FRAMES,
    SHAKE_AMPLITUDE,
    SHAKE_HERTZ,
    SPEED_FACTOR,
    SUBJECT_SHARE,
    WEATHERS,
    ClipPlan,
    draw_plan,
)
from training.store import Store
from training.weather import Weather, apply_colours

_SUPERSAMPLING = 2
_CHUNK = 24


@dataclass
class Path:
    """Per frame (B, F): the picture's shift in pixels (right, down), log size, clockwise turn, and effect levels."""

    shift: torch.Tensor
    size: torch.Tensor
    turn: torch.Tensor
    levels: dict[str, torch.Tensor]


@dataclass
class Clips:
    """B clips: ``plan``, the number of each one's figure (or -1), and a renderer over frames (B, F, 3, h, w) in 0..1.

    ``actor`` and ``layer`` say where what moves by itself is.
    """

    plan: ClipPlan
    figure: np.ndarray
    frames: int
    _renderer: Renderer
    _path: Path
    actor: Figure
    layer: Layer
    _view: dict[str, torch.Tensor]
    _size: tuple[int, int]

    def render(self, first: int, count: int) -> torch.Tensor:
        """Frames ``first`` .. ``first + count - 1``: (B, count, 3, h, w) in 0..1."""
        pieces = [
            self._renderer.render(
                self._path, self.actor, self.layer, self._view, self._size, at, min(_CHUNK, first + count - at)
            )
            for at in range(first, first + count, _CHUNK)
        ]
        return torch.cat(pieces, 1)


class Renderer:
    """Draws plans and renders them from one ``Store``; all randomness is from ``seed``.

    ``subjects`` is the share of its plans with a subject that moves.
    """

    def __init__(self, store: Store, seed: int, subjects: float = SUBJECT_SHARE) -> None:
        self.store, self.subjects = store, subjects
        self.device = store.pictures.device
        self.rng = np.random.default_rng(seed)
        generator = torch.Generator().manual_seed(seed)
        self.weather = Weather(generator, self.device)
        self.layers = Layers(generator, self.device)

    def draw(self, clips: int, sections: int, size: tuple[int, int], plan: ClipPlan | None = None) -> Clips:
        """``clips`` clips of ``sections`` sections at ``size`` (height, width)."""
        plan = plan or draw_plan(self.rng, clips, sections, self.subjects)
        frames = 1 + SECTION_FRAMES * sections
        path = self._path(plan, size, frames)
        figure = draw_figure(plan, size, self.store.names, len(self.store.figures), self.rng)
        layer = draw_layer(plan, size, ~figure.shown.numpy(), self.rng)
        view = self._view(clips, path, size)
        number = np.where(figure.shown.numpy(), figure.which.numpy(), -1)
        here = self.device
        return Clips(plan, number, frames, self, path, figure.to(here), layer.to(here), view, size)

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).to(self.device)

    def _path(self, plan: ClipPlan, size: tuple[int, int], frames: int) -> Path:
        rng, clips = self.rng, plan.camera.shape[0]
        unit = (size[0] * size[1]) ** 0.5
        jitter = rng.uniform(0.9, 1.1, (clips, 1, 4))
        velocity = per_frame(plan.velocity() * jitter / FPS)
        moved = velocity.cumsum(1)
        # Speeds are those seen in the view, which may have been turned and resized by then.
        cos, sin, near = np.cos(moved[..., 3]), np.sin(moved[..., 3]), np.exp(-moved[..., 2])
        right, down = velocity[..., 0], velocity[..., 1]
        shift = np.stack(((cos * right + sin * down) * near, (cos * down - sin * right) * near), -1).cumsum(1) * unit
        shaking = per_frame(((plan.camera == CAMERAS.index("shake")) * SPEED_FACTOR[plan.speed])[..., None])
        time = np.arange(frames)[None, :, None] / FPS
        wobble = 0.0
        for _ in range(3):
            frequency, phase = rng.uniform(*SHAKE_HERTZ, (clips, 1, 2)), rng.uniform(0, 6.3, (clips, 1, 2))
            wobble = wobble + np.sin(6.283 * frequency * time + phase)
        strength = np.minimum(1, np.apply_along_axis(lambda x: np.convolve(x, np.ones(8) / 8)[:frames], 1, shaking))
        wobble = wobble * strength * np.maximum(shaking, 0.5) * unit * SHAKE_AMPLITUDE
        turned = moved[..., 3] + wobble[..., 0] * 0.0012
        return Path(
            self._tensor(shift + wobble - wobble[:, :1]),
            self._tensor(moved[..., 2]),
            self._tensor(turned - turned[:, :1]),
            self._levels(plan, frames),
        )

    def _levels(self, plan: ClipPlan, frames: int) -> dict[str, torch.Tensor]:
        """Colour effects grow while they are asked for and stay; weather comes when asked for and goes when not."""
        clips = plan.effect.shape[0]
        rate = np.array([0.35, 0.6, 1.1])[plan.speed]
        here = self.rng.random(clips) < 0.25
        levels = {}
        for name in (*COLOURS, *WEATHERS):
            active = per_frame((plan.effect == EFFECTS.index(name)) * 1.0)
            if name in COLOURS:
                level = (active * per_frame(rate) / FPS).cumsum(1).clip(0, 1)
                level = level * level * (3 - 2 * level)
            else:
                level = np.zeros((clips, frames))
                pace = 0.5 if name == "fog" else 1.6
                level[:, 0] = (plan.effect[:, 0] == EFFECTS.index(name)) & here
                for frame in range(1, frames):
                    change = np.where(active[:, frame] > 0, pace, -pace) / FPS
                    level[:, frame] = (level[:, frame - 1] + change).clip(0, 1)
            levels[name] = self._tensor(level)
        return levels

    def _view(self, clips: int, path: Path, size: tuple[int, int]) -> dict[str, torch.Tensor]:
        """Which picture, where the view starts and how many of its pixels one pixel of the view spans."""
        rng = self.rng
        high, wide = self.store.pictures.shape[-2:]
        h, w = size
        largest = min(high / h, wide / w)
        grown = path.size.amin(1).cpu().numpy(), path.size.amax(1).cpu().numpy()
        span = largest * rng.uniform(0.5, 1.0, clips)
        # Room to move out of, and detail to move into.
        span = span * np.exp(np.clip(grown[0], -0.8, 0)) * np.exp(np.clip(grown[1] * 0.3, 0, 0.3))
        span = np.clip(span, 0.45 * min(1.6, largest), largest)
        shift = path.shift.cpu().numpy() * span[:, None, None]
        flip = rng.random(clips) < 0.5
        centre = []
        for axis, (extent, length) in enumerate(((wide, w), (high, h))):
            reach = -shift[..., axis]
            low = length * span / 2 - reach.min(1)
            top = extent - length * span / 2 - reach.max(1)
            place = low + rng.random(clips) * (top - low)
            centre.append(np.where(low < top, place, (low + top) / 2))
        return {
            "picture": torch.from_numpy(rng.integers(0, len(self.store.pictures), clips)).to(self.device),
            "flip": torch.from_numpy(flip).to(self.device),
            "span": self._tensor(span),
            "x": self._tensor(centre[0]),
            "y": self._tensor(centre[1]),
            "tilt": self._tensor(rng.normal(0, 0.02, clips)),
            "origin": self._tensor(rng.random((clips, 2))),
        }

    @torch.no_grad()
    def render(
        self,
        path: Path,
        figure: Figure,
        layer: Layer,
        view: dict[str, torch.Tensor],
        size: tuple[int, int],
        first: int,
        count: int,
    ) -> torch.Tensor:
        """Frames first .. first + count - 1: (B, count, 3, h, w) in 0..1."""
        h, w = size
        part = slice(first, first + count)
        pictures = self.store.pictures[view["picture"]].float() / 255
        pictures = torch.where(view["flip"][:, None, None, None], pictures.flip(-1), pictures)
        many = _SUPERSAMPLING
        ys = (torch.arange(h * many, device=self.device) + 0.5) / many - h / 2
        xs = (torch.arange(w * many, device=self.device) + 0.5) / many - w / 2
        turn, scale = path.turn[:, part], torch.exp(-path.size[:, part])
        # From a place in the view to the view's place at frame 0: undo the shift, then turn and size about the middle.
        cos, sin = torch.cos(turn)[..., None, None], torch.sin(turn)[..., None, None]
        x0, y0 = xs.view(1, 1, 1, -1), ys.view(1, 1, -1, 1)
        scale = scale[..., None, None]
        away = path.shift[:, part]
        x1 = (cos * x0 + sin * y0) * scale - away[..., 0, None, None]
        y1 = (-sin * x0 + cos * y0) * scale - away[..., 1, None, None]
        unit = (h * w) ** 0.5
        x2, y2 = self.layers.bend(x1, y1, layer, part, unit)
        tilt, span = view["tilt"].view(-1, 1, 1, 1), view["span"].view(-1, 1, 1, 1)
        px = view["x"].view(-1, 1, 1, 1) + span * (x2 * torch.cos(tilt) - y2 * torch.sin(tilt))
        py = view["y"].view(-1, 1, 1, 1) + span * (x2 * torch.sin(tilt) + y2 * torch.cos(tilt))
        high, wide = pictures.shape[-2:]
        grid = torch.stack((px * 2 / wide - 1, py * 2 / high - 1), -1)
        b = grid.shape[0]
        sampled = F.grid_sample(
            pictures, grid.view(b, count * h * many, w * many, 2), padding_mode="reflection", align_corners=False
        )
        frames = sampled.view(b, 3, count, h * many, w * many).transpose(1, 2).reshape(b * count, 3, h * many, w * many)
        frames = self.layers.paint(frames, x1, y1, layer, part, unit)
        if bool(figure.shown.any()):
            frames = paint_figures(frames, self.store.figures, figure, x1, y1, part)
        frames = F.avg_pool2d(frames, many).view(b, count, 3, h, w)
        levels = {name: level[:, part] for name, level in path.levels.items()}
        frames = self.weather.apply(frames, levels, view["origin"], first)
        return apply_colours(frames, levels).clamp(0, 1)
