"""What the first rank has the others do, and what they answer. They are sent as they are to other processes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch import dtype as Dtype

from framepack.conditioning.values import Conditioning
from framepack.device.cards_measured import CardMeasured
from framepack.device.memory_plan import Budget
from framepack.messages import Message
from framepack.ops.fp8 import WeightFormat
from framepack.sampling.sampler import SamplingSettings, Steps, sample_inverted_section, sample_section
from framepack.transformer.transformer import FramepackTransformer
from framepack.weights.block_loading import Offloading
from framepack.weights.loading import Place
from framepack.weights.lora import Loras


@dataclass(frozen=True)
class Measure:
    """Answer with the ``Budget`` of the rank's device, of which ``cap`` bytes may be used."""

    cap: int | None


@dataclass(frozen=True)
class TimeCard:
    """Measure with all other ranks what the card can do, and answer with the ``CardMeasured``."""


@dataclass(frozen=True)
class Load:
    """Load the transformer of ``place``, whose device is the rank's own, and answer ``Done``."""

    place: Place
    dtype: Dtype
    format: WeightFormat
    offloading: Offloading
    backend: str
    compiled: bool
    loras: Loras


@dataclass(frozen=True)
class Drop:
    """Give the transformer's memory back."""


@dataclass(frozen=True)
class ForwardSection:
    """Get ready to sample a section; the values are those of ``sample_section``."""

    history: Tensor
    anchor: Tensor
    conditioning: Conditioning
    noise: Tensor
    settings: SamplingSettings

    def begin(self, transformer: FramepackTransformer) -> Steps:
        """The section's steps."""
        return sample_section(
            transformer,
            history=self.history,
            anchor=self.anchor,
            conditioning=self.conditioning,
            noise=self.noise,
            settings=self.settings,
        )


@dataclass(frozen=True)
class InvertedSection:
    """Get ready to sample a section of the original model; the values are those of ``sample_inverted_section``."""

    number: int
    of: int
    later: Tensor | None
    anchor: Tensor
    conditioning: Conditioning
    noise: Tensor
    settings: SamplingSettings

    def begin(self, transformer: FramepackTransformer) -> Steps:
        """The section's steps."""
        return sample_inverted_section(
            transformer,
            number=self.number,
            of=self.of,
            later=self.later,
            anchor=self.anchor,
            conditioning=self.conditioning,
            noise=self.noise,
            settings=self.settings,
        )


Section = ForwardSection | InvertedSection


@dataclass(frozen=True)
class NextStep:
    """Make one step of the section that was got ready."""


@dataclass(frozen=True)
class StopSampling:
    """Let go of the section; it is done, or nobody wants it any more."""


@dataclass(frozen=True)
class Decode:
    """Decode a share of ``window`` (1, 16, T, h, w) in tiles of ``tile`` pixels.

    Buffers of blocks are given back for it where it ``frees_buffers``.
    """

    place: Place
    encoder: Dtype
    decoder: Dtype
    window: Tensor
    tile: int | None
    frees_buffers: bool
    vae_stays: bool


Order = Measure | TimeCard | Load | Drop | Section | NextStep | StopSampling | Decode


@dataclass(frozen=True)
class Done:
    """An order was carried out."""


@dataclass(frozen=True)
class Failed:
    """The rank ends because of ``reason``."""

    reason: Message


Answer = Budget | CardMeasured | Done | Failed
