"""Owns at what noise levels the transformer learns and what an error of it counts for; knows no models."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from framepack.sampling.sigmas import shift_exponent

EARLY = 0.94
_MOVED = 0.1


def draw_sigmas(count: int, tokens: int, generator: torch.Generator, early: float = 0.0) -> torch.Tensor:
    """Noise levels (count,): mostly in the middle, moved up as the sampler's schedule is; some uniform.

    A share of ``early`` lies between ``EARLY`` and 1: only there does the noisy section not tell yet what moves, so
    that the words have to. The sampler's first step is at 1.
    """
    device = generator.device
    spread = torch.sigmoid(torch.randn(count, generator=generator, device=device) * 1.1)
    even = torch.rand(count, generator=generator, device=device)
    t = torch.where(torch.rand(count, generator=generator, device=device) < 0.3, even, spread).clamp(1e-4, 1 - 1e-4)
    shift = math.exp(shift_exponent(tokens))
    sigma = shift / (shift + 1 / t - 1)
    first = EARLY + (1 - EARLY) * torch.rand(count, generator=generator, device=device)
    return torch.where(torch.rand(count, generator=generator, device=device) < early, first, sigma)


def focus(target: torch.Tensor, alone: torch.Tensor, strength: float) -> torch.Tensor:
    """How much each place's error counts, (B, 1, 1, h, w) and 1 in the mean, in sections ``target`` (B, 16, L, h, w).

    Where ``alone`` (B,), up to 1 + ``strength`` times as much at what changes in the course of the section: a
    camera that moves changes every place, a figure few.
    """
    changing = target.var(2, unbiased=False).mean(1, keepdim=True)
    share = (F.avg_pool2d(F.pad(changing, (1,) * 4, mode="replicate"), 3, 1) / _MOVED).clamp(max=1)
    weight = 1 + strength * (share * alone.view(-1, 1, 1, 1)).unsqueeze(2)
    return weight / weight.mean()
