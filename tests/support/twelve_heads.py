"""A random transformer of 12 heads and sections sampled with it, for comparing ranks with one process."""

from __future__ import annotations

from diffusers import HunyuanVideoFramepackTransformer3DModel
from torch import Tensor

from framepack.conditioning.values import Conditioning
from framepack.parallel.group import Group
from framepack.parallel.ulysses import Ulysses
from framepack.sampling.sampler import SamplingSettings, sample_section
from framepack.transformer.transformer import FramepackTransformer
from tests.support.tiny_transformer import latents, random_model, tiny_conditioning

HEADS = 12


def twelve_heads() -> HunyuanVideoFramepackTransformer3DModel:
    """The same weights at every call, all drawn at random, in fp32."""
    return random_model(heads=HEADS, rope=(2, 2, 4), seed=11, deviation=0.1)


def sampled(transformer: FramepackTransformer, settings: SamplingSettings) -> tuple[Tensor, list[bool]]:
    """The latents of a section of 3 latents, and which of its steps ran the blocks."""
    conditioning: Conditioning = tiny_conditioning()
    steps = list(
        sample_section(
            transformer,
            history=latents(22),
            anchor=latents(1, seed=3),
            conditioning=conditioning,
            noise=latents(3, seed=5),
            settings=settings,
        )
    )
    return steps[-1].latents, [step.ran_blocks for step in steps]


def sampled_on_ranks(group: Group, settings: list[SamplingSettings]) -> list[tuple[Tensor, list[bool]]]:
    """``sampled`` on the ranks of ``group``, once for each of ``settings``."""
    with Ulysses(group, HEADS) as ranks:
        transformer = FramepackTransformer.of_model_on_ranks(twelve_heads(), ranks)
        return [sampled(transformer, one) for one in settings]
