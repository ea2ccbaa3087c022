"""Owns what teaches the encoders words besides the motion itself: naming what a prompt asks for; knows no latents."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from training.layout import POOLED_WIDTH, TEXT_WIDTH
from training.motions import CAMERAS, EFFECTS
from training.wording import Section

_NOTHING = -1


def asked_for(sections: Sequence[Section | None]) -> torch.Tensor:
    """(B, 2): the rows of ``CAMERAS`` and ``EFFECTS`` that prompts of ``sections`` ask for; -1 for an empty prompt."""
    return torch.tensor(
        [(_NOTHING,) * 2 if one is None else (CAMERAS.index(one.camera), EFFECTS.index(one.effect)) for one in sections]
    )


class Meaning(torch.nn.Module):
    """Two linear readers of what the transformer is given of a prompt; not part of the checkpoint.

    Only the sections with the most noise tell the encoders from the motion what a word means, and weakly. A prompt's
    words alone tell it from every section.
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = torch.nn.Linear(TEXT_WIDTH, len(CAMERAS) + len(EFFECTS))
        self.pooled = torch.nn.Linear(POOLED_WIDTH, len(CAMERAS) + len(EFFECTS))

    def error(self, text: torch.Tensor, pooled: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy of ``asked`` (B, 2) from ``text`` (B, n, 128), its mean, and from ``pooled`` (B, 64)."""
        said = (asked >= 0).sum().clamp(min=1)
        found = torch.zeros((), device=asked.device)
        for scores in (self.text(text.float().mean(1)), self.pooled(pooled.float())):
            for part, rows in zip(scores.split((len(CAMERAS), len(EFFECTS)), 1), asked.T, strict=True):
                found = found + F.cross_entropy(part, rows, ignore_index=_NOTHING, reduction="sum")
        return found / said
