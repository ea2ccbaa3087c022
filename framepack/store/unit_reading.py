"""Reading a unit whole that has no manifest: what can be told from its files alone. It writes and moves nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from framepack.files.manifest import NotWhole
from framepack.media.video import decode_whole
from framepack.messages import Message
from framepack.shots.spans import FRAMES_PER_LATENT, LATENT_CHANNELS

_BRIGHTNESS = np.array([0.2126, 0.7152, 0.0722])
# How far the brightness of an encoded frame may lie from the one before encoding, of 255 and on average: a few times
# what the encoder's own loss is on the noisiest pictures.
_LOSS = 8.0


def read_unit(latents: Path, video: Path) -> tuple[int | None, tuple[int, ...]]:
    """The frames (None where it should have no video) and the shape of the latents of a unit without a manifest.

    Raises NotWhole unless its latents are finite, every frame can be decoded, they are as many as the latents show, and
    the last one is the one stored with the latents.
    """
    try:
        tensors = load_file(latents)
        values = tensors["latents"]
    except FileNotFoundError:
        raise NotWhole(Message("file-gone", {"name": latents.name})) from None
    except (SafetensorError, KeyError):
        raise NotWhole(Message("latents-unreadable")) from None
    if values.ndim != 5 or values.shape[:2] != (1, LATENT_CHANNELS) or not values.size:
        raise NotWhole(Message("latents-unreadable"))
    if not np.isfinite(values).all():
        raise NotWhole(Message("latents-not-finite"))
    stored = tensors.get("last_frame")
    if stored is None:
        return None, values.shape
    if not video.is_file():
        raise NotWhole(Message("file-gone", {"name": video.name}))
    # The one latent of a start picture shows one frame, every later one four.
    expected = 1 if values.shape[2] == 1 else FRAMES_PER_LATENT * values.shape[2]
    frames, last = decode_whole(video)
    if frames != expected or last is None:
        raise NotWhole(Message("video-frames", {"frames": frames, "expected": expected}))
    if last.shape != stored.shape or _difference(last, stored) > _LOSS:
        raise NotWhole(Message("video-last-frame"))
    return frames, values.shape


def shape_of(latents: Path) -> tuple[int, ...]:
    """The shape of a unit's latents, by its file's beginning only. Raises NotWhole where it can be none."""
    try:
        with safe_open(latents, framework="numpy") as file:
            shape = tuple(file.get_slice("latents").get_shape())
    except SafetensorError:
        raise NotWhole(Message("latents-unreadable")) from None
    if len(shape) != 5 or shape[:2] != (1, LATENT_CHANNELS):
        raise NotWhole(Message("latents-unreadable"))
    return shape


def _difference(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    return float(np.abs(one @ _BRIGHTNESS - other @ _BRIGHTNESS).mean())
