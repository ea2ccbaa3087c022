"""Owns what rewards detail in single frames: a critic of patches that learns beside the decoder, measures of detail.

Nothing here comes with weights: the critic starts from nothing in every run. Frames are (N, 3, h, w) in -1..1.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

_LUMA = (0.299, 0.587, 0.114)
_LAPLACIAN = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))
_PLACES = 8


class Critic(nn.Module):
    """Says of every patch of some 40 px whether it is from a picture; its inner layers are features to compare."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        sizes = ((6, width, 2), (width, width * 2, 2), (width * 2, width * 4, 2), (width * 4, width * 4, 1))
        self.layers = nn.ModuleList(
            nn.utils.parametrizations.spectral_norm(nn.Conv2d(before, after, 4 if stride == 2 else 3, stride, 1))
            for before, after, stride in sizes
        )
        self.head = nn.utils.parametrizations.spectral_norm(nn.Conv2d(width * 4, 1, 3, 1, 1))

    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """(score of every patch, features of every layer)."""
        x, features = torch.cat((frames, 4 * detail(frames)), 1), []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.head(x), features


def detail(frames: torch.Tensor) -> torch.Tensor:
    """Each colour's Laplacian, over eight."""
    kernel = frames.new_tensor(_LAPLACIAN).view(1, 1, 3, 3) / 8
    n, c, h, w = frames.shape
    padded = F.pad(frames.reshape(n * c, 1, h, w), (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, kernel).view(n, c, h, w)


def liveliness_error(made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """How much less, or more, detail there is in places of 8 px than there should be, whatever it looks like."""
    here, there = (
        (F.avg_pool2d(detail(frames).square(), _PLACES, _PLACES // 2) + 1e-5).sqrt() for frames in (made, true)
    )
    return (here - there).abs().mean()


def critic_loss(critic: Critic, made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Hinge: pictures above one, what was made below minus one."""
    scores = critic(torch.cat((true, made)))[0]
    on_true, on_made = scores.chunk(2)
    return F.relu(1 - on_true).mean() + F.relu(1 + on_made).mean()


def praise(critic: Critic, made: torch.Tensor, true: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss that the critic's scores give what was made, mean distance of its features from the true ones)."""
    scores, features = critic(made)
    with torch.no_grad():
        wanted = critic(true)[1]
    apart = [(a - b).abs().mean() / b.abs().mean() for a, b in zip(features, wanted, strict=True)]
    return -scores.mean(), torch.stack(apart).mean()


def detail_share(made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """(N,): the variance of the Laplacian of the grey picture, over that of the true one."""
    luma = made.new_tensor(_LUMA).view(1, 3, 1, 1)
    here, there = (detail((x * luma).sum(1, keepdim=True))[..., 1:-1, 1:-1].var((1, 2, 3)) for x in (made, true))
    return here / (there + 1e-9)
