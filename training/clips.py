"""Owns how clips are made: a view that moves over a picture, figures in it, effects over it, all on one device.

Everything is done for B clips at once. Time runs in frames; frame 0 is the given picture, section k is frames
1 + 36k to 36 + 36k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from training.motions import (
    CAMERAS,
    COLOURS,
    EFFECTS,
    FPS,
    SECTION_FRAMES,
    SHAKE_AMPLITUDE,
    SHAKE_HERTZ,
    SPEED_FACTOR,
    SPRITES,
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
class Figure:
    """One figure a clip: which (B), whether there (B), place in view units, size and turn per frame (B, F)."""

    which: torch.Tensor
    shown: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor
    side: torch.Tensor
    turn: torch.Tensor


@dataclass
class Clips:
    """B clips: ``plan``, the number of each one's figure (or -1) and a renderer over frames (B, F, 3, h, w) in 0..1."""

    plan: ClipPlan
    figure: np.ndarray
    frames: int
    _renderer: Renderer
    _path: Path
    _figure: Figure
    _view: dict[str, torch.Tensor]
    _size: tuple[int, int]

    def render(self, first: int, count: int) -> torch.Tensor:
        """Frames ``first`` .. ``first + count - 1``: (B, count, 3, h, w) in 0..1."""
        pieces = [
            self._renderer.render(self._path, self._figure, self._view, self._size, at, min(_CHUNK, first + count - at))
            for at in range(first, first + count, _CHUNK)
        ]
        return torch.cat(pieces, 1)


class Renderer:
    """Draws plans and renders them from one ``Store``; all randomness is from ``seed``."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.device = store.pictures.device
        self.rng = np.random.default_rng(seed)
        generator = torch.Generator().manual_seed(seed)
        self.weather = Weather(generator, self.device)

    def draw(self, clips: int, sections: int, size: tuple[int, int], plan: ClipPlan | None = None) -> Clips:
        """``clips`` clips of ``sections`` sections at ``size`` (height, width)."""
        plan = plan or draw_plan(self.rng, clips, sections)
        frames = 1 + SECTION_FRAMES * sections
        path = self._path(plan, size, frames)
        figure = self._figure(plan, size)
        view = self._view(clips, path, size)
        number = np.where(figure.shown.cpu().numpy(), figure.which.cpu().numpy(), -1)
        return Clips(plan, number, frames, self, path, figure, view, size)

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).to(self.device)

    def _per_frame(self, per_section: np.ndarray) -> np.ndarray:
        """(B, K, ...) to (B, F, ...), nothing at frame 0."""
        repeated = np.repeat(per_section, SECTION_FRAMES, 1)
        return np.concatenate([np.zeros_like(repeated[:, :1]), repeated], 1)

    def _path(self, plan: ClipPlan, size: tuple[int, int], frames: int) -> Path:
        rng, clips = self.rng, plan.camera.shape[0]
        unit = (size[0] * size[1]) ** 0.5
        jitter = rng.uniform(0.9, 1.1, (clips, 1, 4))
        velocity = self._per_frame(plan.velocity() * jitter / FPS)
        moved = velocity.cumsum(1)
        # Speeds are those seen in the view, which may have been turned and resized by then.
        cos, sin, near = np.cos(moved[..., 3]), np.sin(moved[..., 3]), np.exp(-moved[..., 2])
        right, down = velocity[..., 0], velocity[..., 1]
        shift = np.stack(((cos * right + sin * down) * near, (cos * down - sin * right) * near), -1).cumsum(1) * unit
        shaking = self._per_frame(((plan.camera == CAMERAS.index("shake")) * SPEED_FACTOR[plan.speed])[..., None])
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
            active = self._per_frame((plan.effect == EFFECTS.index(name)) * 1.0)
            if name in COLOURS:
                level = (active * self._per_frame(rate) / FPS).cumsum(1).clip(0, 1)
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

    def _figure(self, plan: ClipPlan, size: tuple[int, int]) -> Figure:
        rng, clips = self.rng, len(plan.effect)
        unit = (size[0] * size[1]) ** 0.5
        first = EFFECTS.index(SPRITES[0])
        asked = (plan.effect >= first).any(1)
        shown = asked | (rng.random(clips) < 0.1)
        which = rng.integers(0, len(self.store.figures), clips)
        pace = SPEED_FACTOR[plan.speed] * 0.5 + 0.5
        doing = {name: (plan.effect == first + number) * pace for number, name in enumerate(SPRITES)}
        frame = {name: self._per_frame(values[..., None])[..., 0] / FPS for name, values in doing.items()}
        x = (frame["slide_right"] - frame["slide_left"]).cumsum(1) * 0.3 * unit
        y = -frame["rise"].cumsum(1) * 0.22 * unit
        hop = np.abs(np.sin((frame["jump"].cumsum(1) * 1.35) * np.pi))
        y = y - hop * 0.17 * unit * (frame["jump"] > 0)
        log_side = (frame["grow"] - frame["shrink"]).cumsum(1) * 0.5
        turn = frame["spin"].cumsum(1) * 3.6
        side = rng.uniform(0.2, 0.5, (clips, 1)) * unit
        start_x = rng.uniform(-0.35, 0.35, (clips, 1)) * size[1] - 0.4 * (x.max(1) + x.min(1))[:, None]
        start_x = start_x.clip(-0.4 * size[1], 0.4 * size[1])
        start_y = rng.uniform(-0.2, 0.32, (clips, 1)) * size[0] - 0.4 * y.min(1, keepdims=True)
        start_y = start_y.clip(-0.3 * size[0], 0.38 * size[0])
        return Figure(
            torch.from_numpy(which).to(self.device),
            torch.from_numpy(shown).to(self.device),
            self._tensor(start_x + x),
            self._tensor(start_y + y),
            self._tensor(side * np.exp(log_side.clip(-2, 1.2))),
            self._tensor(turn + rng.uniform(-0.15, 0.15, (clips, 1))),
        )

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
        self, path: Path, figure: Figure, view: dict[str, torch.Tensor], size: tuple[int, int], first: int, count: int
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
        tilt, span = view["tilt"].view(-1, 1, 1, 1), view["span"].view(-1, 1, 1, 1)
        px = view["x"].view(-1, 1, 1, 1) + span * (x1 * torch.cos(tilt) - y1 * torch.sin(tilt))
        py = view["y"].view(-1, 1, 1, 1) + span * (x1 * torch.sin(tilt) + y1 * torch.cos(tilt))
        high, wide = pictures.shape[-2:]
        grid = torch.stack((px * 2 / wide - 1, py * 2 / high - 1), -1)
        b = grid.shape[0]
        sampled = F.grid_sample(
            pictures, grid.view(b, count * h * many, w * many, 2), padding_mode="reflection", align_corners=False
        )
        frames = sampled.view(b, 3, count, h * many, w * many).transpose(1, 2).reshape(b * count, 3, h * many, w * many)
        if bool(figure.shown.any()):
            frames = self._with_figures(frames, figure, x1, y1, part)
        frames = F.avg_pool2d(frames, many).view(b, count, 3, h, w)
        levels = {name: level[:, part] for name, level in path.levels.items()}
        frames = self.weather.apply(frames, levels, view["origin"], first)
        return apply_colours(frames, levels).clamp(0, 1)

    def _with_figures(
        self, frames: torch.Tensor, figure: Figure, x1: torch.Tensor, y1: torch.Tensor, part: slice
    ) -> torch.Tensor:
        """Figures stand in the world: (x1, y1) are the places of the view's pixels at frame 0."""
        chosen = figure.shown.nonzero()[:, 0]
        dx = x1[chosen] - figure.x[chosen, part][..., None, None]
        dy = y1[chosen] - figure.y[chosen, part][..., None, None]
        turn, side = figure.turn[chosen, part][..., None, None], figure.side[chosen, part][..., None, None]
        cos, sin = torch.cos(turn), torch.sin(turn)
        u, v = (cos * dx + sin * dy) * 2 / side, (-sin * dx + cos * dy) * 2 / side
        n, count, high, wide = u.shape
        grid = torch.stack((u, v), -1).view(n, count * high, wide, 2)
        sampled = F.grid_sample(self.store.figures[figure.which[chosen]], grid, align_corners=False)
        sampled = sampled.view(n, 4, count, high, wide).transpose(1, 2)
        whole = frames.view(-1, count, 3, high, wide)
        below = whole[chosen]
        whole[chosen] = below + sampled[:, :, :3] - sampled[:, :, 3:] * below
        return whole.view_as(frames)
