"""Where a section's context lies: which latents go into which slot at which frame index. It runs no model.

The transformer sees a section as the new latents plus a context of 20: the anchor and the nearest latent at full size,
2 latents at half and 16 at a quarter of it (arXiv 2504.12626, "Packing Input Frame Context in Next-Frame Prediction
Models"). Time is told to it by RoPE frame indices alone, so packing is the choice of indices.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from framepack.shots.spans import FULL, HALF, HISTORY_LATENTS, QUARTER


@dataclass(frozen=True)
class Slot:
    """Latents (1, 16, t, h, w) that enter the context at one size, with their t frame indices."""

    latents: Tensor
    indices: tuple[int, ...]


@dataclass(frozen=True)
class SectionContext:
    """All that a section is conditioned on in latents, and the frame indices of its L ``new`` ones.

    ``clean`` holds the anchor and the latent next to the section at full size; ``half`` the next 2 and ``quarter`` the
    next 16 at half and quarter size (in time too).
    """

    new: tuple[int, ...]
    clean: Slot
    half: Slot
    quarter: Slot


def pad_history(history: Tensor) -> Tensor:
    """``history`` (1, 16, T, h, w), oldest first, with zeros in front where it is shorter than 19 latents."""
    missing = max(0, HISTORY_LATENTS - history.shape[2])
    return F.pad(history, (0, 0, 0, 0, missing, 0))


def pad_later(later: Tensor) -> Tensor:
    """``later`` (1, 16, T, h, w), nearest first, with zeros behind where it is shorter than 19 latents."""
    missing = max(0, HISTORY_LATENTS - later.shape[2])
    return F.pad(later, (0, 0, 0, 0, 0, missing))


def pack_forward(history: Tensor, anchor: Tensor, *, window: int) -> SectionContext:
    """The context of a section that follows ``history`` (1, 16, T, h, w), oldest first, padded if it is short.

    Indices: ``[1 anchor | 16 | 2 | 1 | window new]``. The anchor (1, 16, 1, h, w) keeps index 0 in every section of a
    shot: it is what holds the shot's identity.
    """
    recent = pad_history(history)[:, :, -HISTORY_LATENTS:]
    quarter, half, newest = torch.split(recent, [QUARTER, HALF, FULL], dim=2)
    at_anchor, at_quarter, at_half, at_newest, new = _runs(1, QUARTER, HALF, FULL, window)
    return SectionContext(
        new=new,
        clean=Slot(torch.cat([anchor, newest], dim=2), at_anchor + at_newest),
        half=Slot(half, at_half),
        quarter=Slot(quarter, at_quarter),
    )


def pack_inverted(later: Tensor, anchor: Tensor, *, window: int, padding: int) -> SectionContext:
    """The context of a section that comes before ``later`` (1, 16, T, h, w) in time, padded if that is short.

    Indices: ``[1 anchor | padding * window blank | window new | 1 | 2 | 16]``. The blank stands for the sections
    between the anchor and this one, which are not made yet.
    """
    following = pad_later(later)[:, :, :HISTORY_LATENTS]
    nearest, half, quarter = torch.split(following, [FULL, HALF, QUARTER], dim=2)
    at_anchor, _, new, at_nearest, at_half, at_quarter = _runs(1, padding * window, window, FULL, HALF, QUARTER)
    return SectionContext(
        new=new,
        clean=Slot(torch.cat([anchor, nearest], dim=2), at_anchor + at_nearest),
        half=Slot(half, at_half),
        quarter=Slot(quarter, at_quarter),
    )


def inverted_paddings(sections: int) -> tuple[int, ...]:
    """How many sections are told to lie between the anchor and each section of a shot, in the order of making.

    That is the true distance for up to 4 sections. A longer shot is told shorter distances, which the published sampler
    found to give better motion than indices the model was seldom trained on.
    """
    if sections > 4:
        return (3, *[2] * (sections - 3), 1, 0)
    return tuple(range(sections - 1, -1, -1))


def _runs(*lengths: int) -> tuple[tuple[int, ...], ...]:
    """Consecutive frame indices from 0, cut into runs of ``lengths``."""
    runs = []
    start = 0
    for length in lengths:
        runs.append(tuple(range(start, start + length)))
        start += length
    return tuple(runs)
