"""Owns the quick look at unfinished latents: a linear map from the 16 channels to RGB. No VAE is needed for it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.table import Checkpoint
from framepack.errors import WeightsDamaged
from framepack.messages import as_message


@dataclass(frozen=True)
class LatentPreview:
    """The map of one checkpoint: ``weights`` (16, 3) and ``bias`` (3,) give RGB from 0 to 1."""

    weights: Tensor
    bias: Tensor

    def picture(self, latents: Tensor) -> NDArray[np.uint8]:
        """The middle one of ``latents`` (1, 16, T, h, w) as a picture of a pixel each, (h, w, 3) uint8."""
        middle = latents[0, :, latents.shape[2] // 2].float().cpu()
        colours = torch.einsum("chw,cr->hwr", middle, self.weights) + self.bias
        picture: NDArray[np.uint8] = colours.clamp(0.0, 1.0).mul(255.0).round().to(torch.uint8).numpy()
        return picture


def preview_for(checkpoint: Checkpoint) -> LatentPreview:
    """The map of ``checkpoint``: the published one, or the embedded checkpoint's own, which lies beside its weights."""
    if checkpoint.latent_rgb is not None and checkpoint.latent_rgb_bias is not None:
        return LatentPreview(torch.tensor(checkpoint.latent_rgb), torch.tensor(checkpoint.latent_rgb_bias))
    path = find_part(checkpoint, "vae", None).path.parent / "latent_rgb.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return LatentPreview(torch.tensor(kept["latent_rgb"]), torch.tensor(kept["latent_rgb_bias"]))
    except (OSError, ValueError, KeyError) as error:
        raise WeightsDamaged(checkpoint.name, "preview map", as_message(str(error))) from error
