"""Owns the way between pixels and latents: one picture to its latent, new latents to their frames. It loads nothing.

Frames are decoded in windows: the new latents and a few before them, never any after. The VAE decodes in tiles of 5
latents, a new one every 3 (the library's default), so a window starts on that grid of the whole chain. With 3 latents
before the last one shown, a section's frames are exactly those of one decode of everything up to the section's end; the
tile at that end would change by what comes later, which is why a step is left at the join. Against one decode of the
whole clip (draft VAE, fp32, both in tiles) the mean error is 0.04 levels of 255, with no latents before 0.25 and with 6
again 0.04, while the VAE itself is 5.9 levels from the picture: see benchmarks/log.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from framepack.history import History
from framepack.sections import FRAMES_PER_LATENT

PIXELS_PER_LATENT = 8
TILE_STRIDE = 3
LEFT_CONTEXT = 3
FADE_FRAMES = 4


@torch.no_grad()
def encode_picture(vae: Any, picture: Image.Image) -> Tensor:
    """The latent (1, 16, 1, h, w) fp32 on the CPU of a picture of the video's size: the distribution's mode, scaled."""
    pixels = torch.from_numpy(np.array(picture, dtype=np.float32)).div(127.5).sub(1.0)
    video = pixels.permute(2, 0, 1)[None, :, None].to(vae.device, vae.dtype)
    latent: Tensor = vae.encode(video).latent_dist.mode().float() * vae.config.scaling_factor
    return latent.cpu()


def decode_start(vae: Any, latent: Tensor) -> NDArray[np.uint8]:
    """The one frame (H, W, 3) uint8 RGB of a chain's first latent (1, 16, 1, h, w)."""
    frame: NDArray[np.uint8] = _to_uint8(_decode(vae, latent))[0]
    return frame


def decode_after(
    vae: Any,
    history: History,
    latents: Tensor,
    *,
    left_context: int = LEFT_CONTEXT,
    fade_frames: int = FADE_FRAMES,
) -> Iterator[NDArray[np.uint8]]:
    """The frames (H, W, 3) uint8 RGB of the new ``latents`` (1, 16, T, h, w) that follow ``history``, 4 for each.

    What the window's edge changes, seen in the last frame shown before, which the window holds too, is faded out over
    the first ``fade_frames`` new frames, so that nothing jumps and nothing that exists is touched.
    """
    start = window_start(history.end, left_context) - history.first
    window = torch.cat([history.latents[:, :, max(0, start) :], latents], dim=2)
    new = FRAMES_PER_LATENT * latents.shape[2]
    decoded = _decode(vae, window)[-new - 1 :]
    frames = decoded[1:]
    if history.last_frame is not None:
        shown = torch.from_numpy(history.last_frame).to(decoded.device).float().div(127.5).sub(1.0)
        frames = _faded(frames, shown - decoded[0], fade_frames)
    yield from _to_uint8(frames)


def window_start(first: int, left_context: int = LEFT_CONTEXT) -> int:
    """The chain's number of the latent a window begins with whose first new latent is number ``first``.

    At least ``left_context`` latents before the last one shown, and on the grid of the VAE's tiles.
    """
    return max(0, (first - 1 - left_context) // TILE_STRIDE * TILE_STRIDE)


@torch.no_grad()
def _decode(vae: Any, latents: Tensor) -> Tensor:
    """The frames of ``latents`` (1, 16, T, h, w) as (F, H, W, 3) fp32 from -1 to 1 on the VAE's device."""
    scaled = (latents / vae.config.scaling_factor).to(vae.device, vae.post_quant_conv.weight.dtype)
    sample: Tensor = vae.decode(scaled).sample
    return sample[0].permute(1, 2, 3, 0).float()


def _faded(frames: Tensor, step: Tensor, fade_frames: int) -> Tensor:
    """``frames`` (F, H, W, 3) with ``step`` (H, W, 3) added, less to each of the first ones, down to 0."""
    count = min(fade_frames, frames.shape[0])
    shares = 1.0 - torch.arange(1, count + 1, device=frames.device) / (count + 1.0)
    return torch.cat([frames[:count] + shares[:, None, None, None] * step, frames[count:]])


def _to_uint8(frames: Tensor) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = frames.clamp(-1.0, 1.0).add(1.0).mul(127.5).round().to(torch.uint8).cpu().numpy()
    return pixels
