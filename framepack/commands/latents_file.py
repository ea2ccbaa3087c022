"""Owns the file a shot can be continued from: its latents and what else a continuation needs. It makes nothing itself.

A safetensors file from anywhere; what is read from it is checked before it is used.

    latents       (1, 16, T, h, w) fp32: what the chain shows, start latent first, no padding
    anchor        (1, 16, 1, h, w) fp32: what a continuation without a picture is anchored to, the last latent
    image_embeds  (1, m, c): the embedding of the latest picture of the chain
    last_frame    (H, W, 3) uint8: the last frame shown
    metadata      format, checkpoint, height, width, fps, seconds (what the chain was asked to last so far)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from framepack.checkpoints.table import Checkpoint, checkpoint_named
from framepack.errors import FramepackError
from framepack.files.atomic import in_place
from framepack.messages import Message
from framepack.shots.spans import FRAMES_PER_LATENT, LATENT_CHANNELS, PIXELS_PER_LATENT

FORMAT = "framepack latents 1"
MAX_SIDE = 2048
MAX_IMAGE_TOKENS = 4096
_FLOATS = (torch.float16, torch.bfloat16, torch.float32)


class LatentsRejected(FramepackError):
    """A latents file cannot be continued from."""

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__(Message("latents-rejected", {"name": name, "reason": reason}))
        self.name = name


@dataclass(frozen=True)
class KeptShot:
    """What a latents file holds; sizes in pixels, tensors on the CPU, shapes as in the module's description."""

    checkpoint: Checkpoint
    height: int
    width: int
    seconds: float
    latents: Tensor
    anchor: Tensor
    image_embeds: Tensor
    last_frame: NDArray[np.uint8]


def write_latents(path: Path, shot: KeptShot) -> None:
    """Write ``shot`` to ``path``: aside, then renamed, so that it is there whole or not at all."""
    tensors = {
        "latents": shot.latents.float().contiguous(),
        "anchor": shot.anchor.float().contiguous(),
        "image_embeds": shot.image_embeds.contiguous(),
        "last_frame": torch.from_numpy(np.ascontiguousarray(shot.last_frame)),
    }
    metadata = {
        "format": FORMAT,
        "checkpoint": shot.checkpoint.name,
        "height": str(shot.height),
        "width": str(shot.width),
        "fps": str(shot.checkpoint.fps),
        "seconds": repr(shot.seconds),
    }
    with in_place(path) as aside:
        save_file(tensors, aside, metadata)


def near_shown(seconds: float, latents: Tensor, fps: int) -> float:
    """``seconds`` that were asked for, brought within a latent of the time that ``latents`` (1, 16, T, h, w) show.

    Rounding is done on what is asked in all, so that it does not add up from shot to shot; but very short shots show
    more than they are asked to.
    """
    shown = (1 + FRAMES_PER_LATENT * (latents.shape[2] - 1)) / fps
    slack = FRAMES_PER_LATENT / fps
    return min(max(seconds, shown - slack), shown + slack)


def read_latents(path: Path) -> KeptShot:
    """What ``path`` holds. Raises LatentsRejected where it is missing, damaged, or not what this program writes."""
    name = path.name
    if not path.is_file():
        raise LatentsRejected(name, Message("no-such-file"))
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            names = set(file.keys()) & {"latents", "anchor", "image_embeds", "last_frame"}
            tensors = {key: file.get_tensor(key) for key in names}
    except (SafetensorError, OSError):
        raise LatentsRejected(name, Message("no-safetensors")) from None
    if metadata.get("format") != FORMAT:
        raise LatentsRejected(name, Message("not-saved-latents"))
    checkpoint = checkpoint_named(metadata.get("checkpoint", ""))
    height, width = (_side(name, metadata.get(side, "")) for side in ("height", "width"))
    if metadata.get("fps") != str(checkpoint.fps):
        raise LatentsRejected(name, Message("another-rate", {"fps": checkpoint.fps}))

    grid = (height // PIXELS_PER_LATENT, width // PIXELS_PER_LATENT)
    latents = _checked(name, tensors, "latents", (1, LATENT_CHANNELS, None, *grid), (torch.float32,))
    anchor = _checked(name, tensors, "anchor", (1, LATENT_CHANNELS, 1, *grid), (torch.float32,))
    embeds = _checked(name, tensors, "image_embeds", (1, None, None), _FLOATS)
    if embeds.shape[1] > MAX_IMAGE_TOKENS:
        raise LatentsRejected(name, Message("too-many-tokens", {"tokens": embeds.shape[1]}))
    last_frame = _checked(name, tensors, "last_frame", (height, width, 3), (torch.uint8,))
    seconds = near_shown(_seconds(name, metadata.get("seconds", "")), latents, checkpoint.fps)
    return KeptShot(checkpoint, height, width, seconds, latents, anchor, embeds, last_frame.numpy())


def _side(name: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 4 or not 64 <= int(text) <= MAX_SIDE or int(text) % 16:
        raise LatentsRejected(name, Message("odd-side", {"text": text[:20]}))
    return int(text)


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise LatentsRejected(name, Message("odd-seconds", {"text": text[:20]}))
    return seconds


def _checked(
    name: str,
    tensors: dict[str, Tensor],
    key: str,
    shape: tuple[int | None, ...],
    types: tuple[torch.dtype, ...],
) -> Tensor:
    """The tensor ``key`` if it has ``shape`` (None: any length from 1), one of ``types`` and finite values."""
    tensor = tensors.get(key)
    if tensor is None:
        raise LatentsRejected(name, Message("no-tensor", {"name": key}))
    fits = tensor.ndim == len(shape) and all(
        have == want or (want is None and have > 0) for have, want in zip(tensor.shape, shape, strict=True)
    )
    if not fits or tensor.dtype not in types:
        values = {
            "name": key,
            "shape": str(tuple(tensor.shape)),
            "type": str(tensor.dtype).removeprefix("torch."),
            "wanted": str(tuple("any" if length is None else length for length in shape)),
        }
        raise LatentsRejected(name, Message("wrong-tensor", values))
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise LatentsRejected(name, Message("not-finite", {"name": key}))
    return tensor
