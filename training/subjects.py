"""Owns what subjects are measured on: held-out pictures that hold one, and clips of how it truly moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from framepack.media.pictures import fill_frame
from training.actors import Figure
from training.clips import Renderer
from training.cutouts import NAMES, VARIANTS, draw_cutouts
from training.motions import CAMERAS, EFFECTS, SECTION_FRAMES, SPRITES, SUBJECTS, ClipPlan
from training.pictures import CANVAS
from training.sprites import SIDE
from training.store import Store, stack_figures

_MOVED = 14
_DRAWN = 3


@dataclass(frozen=True)
class Scene:
    """A held-out picture with ``subject`` in it, and what it would look like: ``frames`` (F, h, w, 3) uint8.

    ``place`` (h, w) says where it is: all of the figure at first, or all that changes in the true clip. ``name`` is the
    figure's, English and Chinese, or empty.
    """

    subject: str
    frames: np.ndarray
    place: np.ndarray
    name: tuple[str, str]

    @property
    def picture(self) -> Image.Image:
        """The first frame."""
        return Image.fromarray(self.frames[0])


def held_out_store(pictures: Sequence[Image.Image], device: torch.device) -> Store:
    """``pictures`` as the clip renderer wants them, and figures in colours that training never saw."""
    stacked = np.stack([np.asarray(fill_frame(p.convert("RGB"), CANVAS[1], CANVAS[0])) for p in pictures])
    figures = stack_figures(draw_cutouts(VARIANTS + 1)).to(device)
    names = tuple(english for english, _ in NAMES)
    return Store(torch.from_numpy(stacked.transpose(0, 3, 1, 2).copy()).to(device), figures, names)


def plan_of(subject: str, clips: int, camera: str = "still") -> ClipPlan:
    """``clips`` clips of one section in which ``subject`` moves at normal speed; "none" for nothing."""
    shape = (clips, 1)
    none, normal = np.zeros(shape, np.int64), np.ones(shape, np.int64)
    return ClipPlan(np.full(shape, CAMERAS.index(camera)), none, normal, np.full(shape, EFFECTS.index(subject)))


def draw_scenes(store: Store, size: tuple[int, int], count: int, subjects: Sequence[str] = SUBJECTS) -> list[Scene]:
    """``count`` scenes of every subject; the same for the same pictures.

    No figure that does nothing stands in them: it might hide what moves.
    """
    scenes = []
    for subject in subjects:
        moves_itself = subject in (*SPRITES, "sway")
        drawn = count if moves_itself else _DRAWN * count
        clips = Renderer(store, 100 + SUBJECTS.index(subject)).draw(drawn, 1, size, plan_of(subject, drawn))
        frames = clips.render(0, 1 + SECTION_FRAMES)
        shown = (frames.permute(0, 1, 3, 4, 2) * 255).round().to(torch.uint8).cpu().numpy()
        clear = [number for number in range(drawn) if moves_itself or clips.figure[number] < 0]
        if len(clear) < count:
            raise ValueError(f"only {len(clear)} of {count} scenes of {subject} are without an idle figure")
        for number in clear[:count]:
            clip, figure = shown[number], int(clips.figure[number])
            actor = subject in SPRITES or (subject == "sway" and figure >= 0)
            place = (
                _figure_place(clips.actor, store.figures[figure, 3].cpu().numpy(), number, size)
                if actor
                else _changing(clip)
            )
            scenes.append(Scene(subject, clip, place, NAMES[figure] if actor else ("", "")))
    return scenes


def _changing(frames: np.ndarray) -> np.ndarray:
    changed = np.abs(frames.astype(np.int16) - frames[0]).max((0, 3)) > _MOVED
    return changed if changed.any() else np.ones_like(changed)


def _figure_place(actor: Figure, alpha: np.ndarray, number: int, size: tuple[int, int]) -> np.ndarray:
    """Where a figure of opacity ``alpha`` (SIDE, SIDE) is at first; of a leaning one, about where."""
    x, y, side, turn, mirrored = (
        float(values[number, 0] if values.dim() > 1 else values[number])
        for values in (actor.x, actor.y, actor.side, actor.turn, actor.mirrored)
    )
    ys, xs = np.mgrid[: size[0], : size[1]]
    dx, dy = xs + 0.5 - size[1] / 2 - x, ys + 0.5 - size[0] / 2 - y
    u = (np.cos(turn) * dx + np.sin(turn) * dy) / side * mirrored
    v = (-np.sin(turn) * dx + np.cos(turn) * dy) / side
    inside = (np.abs(u) < 0.5) & (np.abs(v) < 0.5)
    at = [((value.clip(-0.499, 0.499) + 0.5) * SIDE).astype(int) for value in (v, u)]
    return inside & (alpha[at[0], at[1]] > 0.5)
