"""Owns what a section continues from: the end of what its chain shows so far. It knows no model, store or file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framepack.shots.spans import HISTORY_LATENTS


@dataclass(frozen=True)
class History:
    """The last latents a chain shows, on the CPU.

    ``latents`` is (1, 16, T, h, w) fp32, oldest first, without padding; ``first`` is the chain's number of the oldest
    one (0 is the start picture). ``last_frame`` (H, W, 3) uint8 is the last one shown, None where it is not known.
    """

    latents: Tensor
    first: int
    last_frame: NDArray[np.uint8] | None

    @property
    def end(self) -> int:
        """The chain's number of the latent that comes next."""
        return self.first + self.latents.shape[2]

    @property
    def last_latent(self) -> Tensor:
        """The newest latent, (1, 16, 1, h, w): the anchor of a shot that continues without a picture of its own."""
        return self.latents[:, :, -1:]

    def then(self, latents: Tensor, last_frame: NDArray[np.uint8] | None) -> History:
        """This history followed by ``latents``, without what is too old to matter."""
        joined = torch.cat([self.latents, latents], dim=2)
        surplus = max(0, joined.shape[2] - HISTORY_LATENTS)
        return History(joined[:, :, surplus:].clone(), self.first + surplus, last_frame)
