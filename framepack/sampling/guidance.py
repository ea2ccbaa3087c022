"""Real classifier-free guidance with rescale, on predictions. It knows neither model nor prompt."""

from __future__ import annotations

from torch import Tensor


def guided(positive: Tensor, negative: Tensor, *, scale: float, rescale: float) -> Tensor:
    """The velocity (1, 16, L, h, w) guided from ``negative`` to ``positive`` by ``scale``.

    ``rescale`` brings its deviation back towards that of ``positive``, which keeps large scales from burning out: 0
    leaves it, 1 brings it back in full (Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed",
    arXiv 2305.08891, section 3.4).
    """
    mixed = negative + scale * (positive - negative)
    dims = tuple(range(1, positive.ndim))
    ratio = positive.std(dim=dims, keepdim=True) / mixed.std(dim=dims, keepdim=True)
    return rescale * (mixed * ratio) + (1.0 - rescale) * mixed
