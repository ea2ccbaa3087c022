"""The noise levels a section is sampled at. Pure arithmetic over sizes; it knows neither model nor solver."""

from __future__ import annotations

import math

import torch

# The shift grows with the token count through these two points, as FLUX's does, and is capped at ln 7.
_FEW_TOKENS, _FEW_SHIFT = 256, 0.5
_MANY_TOKENS, _MANY_SHIFT = 4096, 1.15
_MOST_SHIFT = math.log(7.0)
_PATCH = 2


def shift_exponent(tokens: int) -> float:
    """mu, the log of how far the schedule of a section of ``tokens`` tokens is shifted towards noise."""
    slope = (_MANY_SHIFT - _FEW_SHIFT) / (_MANY_TOKENS - _FEW_TOKENS)
    return min(_FEW_SHIFT + slope * (tokens - _FEW_TOKENS), _MOST_SHIFT)


def shifted_sigmas(steps: int, mu: float) -> tuple[float, ...]:
    """``steps`` + 1 noise levels from 1 to 0, evenly spaced and then moved by t -> e^mu / (e^mu + 1/t - 1)."""
    even = torch.linspace(1.0, 0.0, steps + 1)
    moved = math.exp(mu) / (math.exp(mu) + (1.0 / even - 1.0))
    return tuple(moved.tolist())


def sigma_schedule(steps: int, *, window: int, height: int, width: int) -> tuple[float, ...]:
    """The ``steps`` + 1 noise levels, 1 down to 0, of a section of ``window`` latents of ``height`` x ``width``."""
    return shifted_sigmas(steps, shift_exponent(window * height * width // _PATCH**2))
