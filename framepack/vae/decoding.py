"""Owns the way between pixels and latents: one picture to its latent, new latents to their frames. It loads nothing.

Frames are decoded in windows: the new latents and a few before them, never any after. The VAE decodes in tiles of 5
latents, a new one every 3 (the library's default), so a window starts on that grid of the whole chain. With 3 latents
before the last one shown, a section's frames are exactly those of one decode of everything up to the section's end; the
tile at that end would change by what comes later, which is why a step is left at the join. Against one decode of the
whole clip (draft VAE, fp32, both in tiles) the mean error is 0.04 levels of 255, with no latents before 0.25 and with 6
again 0.04, while the VAE itself is 5.9 levels from the picture: see benchmarks/log.md.

What a frame shows beyond its latents is either faded out after it or, where a VAE keeps little detail, carried along.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from framepack.context.history import History
from framepack.media.detail import CarriedDetail
from framepack.parallel.group import Group
from framepack.shots.spans import FRAMES_PER_LATENT
from framepack.vae.tiles import TILE_STRIDE, Notify, decode_tiles, ignore

LEFT_CONTEXT = 3
FADE_FRAMES = 4


@torch.no_grad()
def encode_picture(vae: Any, picture: Image.Image) -> Tensor:
    """The latent (1, 16, 1, h, w) fp32 on the CPU of a picture of the video's size: the distribution's mode, scaled."""
    pixels = torch.from_numpy(np.array(picture, dtype=np.float32)).div(127.5).sub(1.0)
    video = pixels.permute(2, 0, 1)[None, :, None].to(vae.device, vae.dtype)
    latent: Tensor = vae.encode(video).latent_dist.mode().float() * vae.config.scaling_factor
    return latent.cpu()


def decode_start(vae: Any, latent: Tensor, *, tile: int | None = None, notify: Notify = ignore) -> NDArray[np.uint8]:
    """The one frame (H, W, 3) uint8 RGB of a chain's first latent (1, 16, 1, h, w).

    ``tile`` and ``notify`` are those of ``decode_after``.
    """
    (piece,) = decode_tiles(vae, latent, tile=tile, notify=notify)
    return _to_uint8(piece[0])


def decode_after(
    vae: Any,
    history: History,
    latents: Tensor,
    *,
    tile: int | None = None,
    notify: Notify = ignore,
    left_context: int = LEFT_CONTEXT,
    fade_frames: int = FADE_FRAMES,
    group: Group | None = None,
) -> Generator[NDArray[np.uint8]]:
    """The frames (H, W, 3) uint8 RGB of the new ``latents`` (1, 16, T, h, w) that follow ``history``, 4 for each.

    What the window's edge changes, seen in the last frame shown before, which the window holds too, is faded out over
    the first ``fade_frames`` new frames, so that nothing jumps and nothing that exists is touched. ``tile`` is the side
    in pixels, a multiple of 32, of the tiles a larger picture is decoded in, None for none; ``notify`` is told
    what had to be done again. The other ranks of a ``group`` are to decode ``window_of`` the same.
    """
    window = window_of(history, latents, left_context)
    frames = _new_frames(decode_tiles(vae, window, tile=tile, notify=notify, group=group), window, latents)
    last = next(frames)
    step = torch.zeros_like(last)
    if history.last_frame is not None:
        step = torch.from_numpy(history.last_frame).to(last.device).float().div(127.5).sub(1.0) - last
    for number, frame in enumerate(frames, start=1):
        yield _to_uint8(_faded(frame, step, number, fade_frames))


def decode_with_detail(
    vae: Any,
    history: History,
    latents: Tensor,
    *,
    tile: int | None = None,
    notify: Notify = ignore,
    group: Group | None = None,
) -> Generator[NDArray[np.uint8]]:
    """As ``decode_after``, but what the last frame shown before has beyond its latents goes along with what moves.

    What it has beyond them is found from the window's old latents alone, as that frame was decoded before: what new
    ones change in it would be taken for detail, once more in every section. A chain's first frame was not decoded.
    """
    window = window_of(history, latents)
    frames = _new_frames(decode_tiles(vae, window, tile=tile, notify=notify, group=group), window, latents)
    last = next(frames)
    if history.last_frame is None:
        yield from map(_to_uint8, frames)
        return
    decoded = last
    if history.end > 1:
        *_, piece = decode_tiles(vae, window[:, :, : -latents.shape[2]], tile=tile, notify=notify)
        decoded = piece[-1]
    detail, step = CarriedDetail(history.last_frame, _to_uint8(decoded)), decoded - last
    for number, frame in enumerate(frames, start=1):
        yield detail.onto(_to_uint8(_faded(frame, step, number, FADE_FRAMES)))


def _new_frames(pieces: Iterator[Tensor], window: Tensor, latents: Tensor) -> Iterator[Tensor]:
    """Of the decoded ``window`` the last frame before the new ``latents`` and all after it, (H, W, 3) -1 to 1."""
    before = FRAMES_PER_LATENT * (window.shape[2] - latents.shape[2] - 1)
    return islice((frame for piece in pieces for frame in piece), before, None)


def _faded(frame: Tensor, step: Tensor, number: int, fade_frames: int) -> Tensor:
    """The ``number``-th frame after a join (from 1) with what is left of the ``step`` there."""
    return frame + max(0.0, 1.0 - number / (fade_frames + 1)) * step


def window_of(history: History, latents: Tensor, left_context: int = LEFT_CONTEXT) -> Tensor:
    """What is decoded for the new ``latents``: these and a few before them, (1, 16, T, h, w)."""
    start = window_start(history.end, left_context) - history.first
    return torch.cat([history.latents[:, :, max(0, start) :], latents], dim=2)


def window_start(first: int, left_context: int = LEFT_CONTEXT) -> int:
    """The chain's number of the latent a window begins with whose first new latent is number ``first``.

    At least ``left_context`` latents before the last one shown, and on the grid of the VAE's tiles.
    """
    return max(0, (first - 1 - left_context) // TILE_STRIDE * TILE_STRIDE)


def _to_uint8(frame: Tensor) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = frame.clamp(-1.0, 1.0).add(1.0).mul(127.5).round().to(torch.uint8).cpu().numpy()
    return pixels
