"""How much there is to compute for a section, and how fast a device is built for it. Pure arithmetic.

It is what the very first forecast is made from, and what speeds of one size or number of steps are carried over to
another with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from framepack.checkpoints.table import checkpoint_named
from framepack.device.memory_plan import Work
from framepack.shots.request import Settings
from framepack.shots.spans import FRAMES_PER_LATENT

# Of what a card is built for, what sampling gets out of it: F1 at 608x640 on an H100 took 0.80 s a step
# (benchmarks/log.md) for 5.0e14 operations, which is 63 % of its 9.9e14 a second.
GAINED = 0.6
# A processor's for each of its cores, measured with the draft (benchmarks/log.md): it is built for more.
CORE_ARITHMETIC = 6e10
# Operations a clock of one multiprocessor, dense in 16 bits with fp32 sums, by (major, minor) compute capability.
_A_CLOCK: Mapping[tuple[int, int], int] = MappingProxyType(
    {
        **{(7, 0): 1024, (7, 5): 512, (8, 0): 2048, (8, 6): 512, (8, 9): 512, (9, 0): 4096},
        **{(10, 0): 8192, (10, 3): 8192, (12, 0): 512},
    }
)
_USUAL_A_CLOCK = 512
_CLOCK = 1.7e9
# For each pixel of each frame, from 1.55 s for a section of F1 on an H100.
_DECODING = 7e7
_DRAFT_DECODING = 2e5


@dataclass(frozen=True)
class Transformer:
    """What each token costs: ``weights`` that it is multiplied with, and ``attended``, blocks times their width."""

    weights: float
    attended: int


# Of F1's 13 billion half of the double blocks' and none of the modulations' are for one token.
_FULL = Transformer(6.8e9, 60 * 3072)
_TRANSFORMERS: Mapping[str, Transformer] = MappingProxyType({"draft": Transformer(7.1e6, 9 * 256)})


def card_arithmetic(multiprocessors: int, capability: tuple[int, int]) -> float:
    """How many operations a second a card is built for."""
    return multiprocessors * _A_CLOCK.get(capability, _USUAL_A_CLOCK) * _CLOCK


def sampling_work(settings: Settings) -> float:
    """The operations of sampling one section."""
    transformer = _TRANSFORMERS.get(settings.checkpoint, _FULL)
    tokens = _tokens(settings)
    step = 2.0 * tokens * transformer.weights + 4.0 * tokens * tokens * transformer.attended
    passes = 1 if settings.cfg == 1.0 else 2
    return step * passes * settings.steps * computed_share(settings)


def decoding_work(settings: Settings) -> float:
    """The operations of decoding one section."""
    checkpoint = checkpoint_named(settings.checkpoint)
    pixels = settings.height * settings.width * checkpoint.window * FRAMES_PER_LATENT
    return pixels * (_DRAFT_DECODING if checkpoint.embedded else _DECODING)


def computed_share(settings: Settings) -> float:
    """The share of steps that a step cache leaves to be computed, about as the presets' costs say it."""
    if settings.cache == "none" or settings.threshold <= 0.0:
        return 1.0
    if settings.cache == "fixed":
        return settings.threshold
    much = settings.threshold >= 0.16
    if settings.steps <= 12:
        return 0.67 if much else 1.0
    return 0.35 if much else 0.5


def _tokens(settings: Settings) -> int:
    window = checkpoint_named(settings.checkpoint).window
    work = Work(settings.height, settings.width, window, model_width=1, value_bytes=1, vae_width=1, vae_value_bytes=1)
    return work.tokens
