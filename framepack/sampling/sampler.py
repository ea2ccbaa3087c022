"""Sampling sections of latents, forwards (F1) and inverted (the original model). It knows no pixels, files or keys.

Everything is a generator of steps: the caller shows or stores what it gets, and stops by closing it. Latents are in
fp32 whatever the transformer computes in.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from framepack.conditioning.values import Conditioning
from framepack.context.packing import SectionContext, inverted_paddings, pack_forward, pack_inverted
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.sampling.guidance import guided
from framepack.sampling.sigmas import sigma_schedule
from framepack.sampling.unipc import unipc
from framepack.shots.request import CacheKind
from framepack.shots.spans import HISTORY_LATENTS, LATENT_CHANNELS
from framepack.transformer.step_cache import (
    Change,
    EveryStep,
    FirstBlock,
    FixedPattern,
    MagCache,
    StepCache,
    TeaCache,
    ratios_for,
    spread_steps,
)
from framepack.transformer.transformer import FramepackTransformer, PreparedPrompt


@dataclass(frozen=True)
class SamplingSettings:
    """How sections are sampled. ``guidance`` is distilled into the model; ``cfg`` is real, and 1 does without it.

    ``cache`` and ``threshold`` are those of ``framepack.shots.request.Settings``; ``magnitude_ratios`` are the
    checkpoint's, for "magcache".
    """

    steps: int = 25
    guidance: float = 10.0
    cfg: float = 1.0
    rescale: float = 0.0
    cache: CacheKind = "none"
    threshold: float = 0.0
    magnitude_ratios: tuple[float, ...] = ()


@dataclass(frozen=True)
class SamplingStep:
    """Step ``number`` of ``of`` is done, at noise level ``sigma``.

    ``latents`` (1, 16, L, h, w) fp32 is the estimate of the section so far; that of the last step is the section.
    ``ran_blocks`` is False where the step cache stood in for the model's blocks.
    """

    number: int
    of: int
    sigma: float
    latents: Tensor
    ran_blocks: bool


Steps = Generator[SamplingStep, None, None]


@dataclass(frozen=True)
class _Branch:
    """One branch of real CFG during one section: what it says, and its own step cache."""

    prompt: PreparedPrompt
    cache: StepCache


def draw_noise(generator: torch.Generator, *, window: int, height: int, width: int) -> Tensor:
    """The noise of the next section, (1, 16, window, height, width) fp32, from a generator on the CPU."""
    return torch.randn((1, LATENT_CHANNELS, window, height, width), generator=generator, dtype=torch.float32)


class SectionNoise:
    """The noises of a shot's sections: the n-th is the n-th draw of the seed, whichever of them are asked for.

    Sizes are in latents. Asked for in order, each is drawn once; an earlier one begins again from the seed.
    """

    def __init__(self, seed: int, *, window: int, height: int, width: int) -> None:
        self._seed = seed
        self._size = {"window": window, "height": height, "width": width}
        self._restart()

    def of(self, number: int) -> Tensor:
        """The noise (1, 16, window, height, width) fp32 of the section ``number`` (from 1, in the order of making)."""
        if number <= self._drawn:
            self._restart()
        while self._drawn < number - 1:
            self._draw()
        return self._draw()

    def _restart(self) -> None:
        self._generator = torch.Generator().manual_seed(self._seed)
        self._drawn = 0

    def _draw(self) -> Tensor:
        self._drawn += 1
        return draw_noise(self._generator, **self._size)


def sample_section(
    transformer: FramepackTransformer,
    *,
    history: Tensor,
    anchor: Tensor,
    conditioning: Conditioning,
    noise: Tensor,
    settings: SamplingSettings,
) -> Steps:
    """Sample the section that follows ``history`` (1, 16, T, h, w), oldest first; of F1 and models like it.

    Only its last 19 latents matter; a shorter one is padded with zeros in front. ``anchor`` is (1, 16, 1, h, w), and
    ``noise`` (1, 16, L, h, w) says how long the section is. They may lie on any device.
    """
    recent, start = (_fp32(latents, transformer) for latents in (history[:, :, -HISTORY_LATENTS:], anchor))
    context = pack_forward(recent, start, window=noise.shape[2])
    return _sample(transformer, context, conditioning, noise, settings)


def sample_inverted_section(
    transformer: FramepackTransformer,
    *,
    number: int,
    of: int,
    later: Tensor | None,
    anchor: Tensor,
    conditioning: Conditioning,
    noise: Tensor,
    settings: SamplingSettings,
) -> Steps:
    """Sample section ``number`` (from 1, in time) of a shot of ``of`` sections with the original model.

    ``later`` (1, 16, T, h, w) is what comes after it in time, of which 19 latents matter: behind the last section that
    is the latent of the shot's end picture, or None. The other values are those of ``sample_section``. The start latent
    is not part of section 1.
    """
    if not 1 <= number <= of:
        raise ValueError(f"there is no section {number} in a shot of {of}")
    if later is None and number != of:
        raise ValueError("only the last section of a shot has nothing later")
    nearest = (noise[:, :, :0] if later is None else later)[:, :, :HISTORY_LATENTS]
    following, start = (_fp32(latents, transformer) for latents in (nearest, anchor))
    padding = inverted_paddings(of)[of - number]
    context = pack_inverted(following, start, window=noise.shape[2], padding=padding)
    return _sample(transformer, context, conditioning, noise, settings)


def _sample(
    transformer: FramepackTransformer,
    context: SectionContext,
    conditioning: Conditioning,
    noise: Tensor,
    settings: SamplingSettings,
) -> Steps:
    """Check at once what is asked, and give the generator of the section's steps."""
    branches = [
        _Branch(prompt, _step_cache(settings, transformer.change))
        for prompt in _prompts(transformer, conditioning, settings)
    ]
    return _steps(transformer, context, conditioning.image_embeds, branches, noise, settings)


def _steps(
    transformer: FramepackTransformer,
    context: SectionContext,
    image_embeds: Tensor,
    branches: list[_Branch],
    noise: Tensor,
    settings: SamplingSettings,
) -> Steps:
    with torch.no_grad():
        section = transformer.prepare(context, image_embeds)

    def denoise(latents: Tensor, sigma: float) -> Tensor:
        with torch.no_grad():
            velocities = [
                transformer.velocity(
                    latents,
                    sigma=sigma,
                    guidance=settings.guidance,
                    section=section,
                    prompt=branch.prompt,
                    cache=branch.cache,
                )
                for branch in branches
            ]
            velocity = velocities[0]
            if len(velocities) == 2:
                velocity = guided(*velocities, scale=settings.cfg, rescale=settings.rescale)
            return latents - sigma * velocity

    _, _, window, height, width = noise.shape
    sigmas = sigma_schedule(settings.steps, window=window, height=height, width=width)
    cache = branches[0].cache
    start = _fp32(noise, transformer)
    ran = 0
    for number, (sigma, latents) in enumerate(zip(sigmas, unipc(denoise, start, sigmas), strict=False), start=1):
        yield SamplingStep(number, settings.steps, sigma, latents, ran_blocks=cache.ran > ran)
        ran = cache.ran


def _prompts(
    transformer: FramepackTransformer, conditioning: Conditioning, settings: SamplingSettings
) -> list[PreparedPrompt]:
    """The positive prompt and, where real CFG is used, the negative one."""
    positive = transformer.prepare_prompt(conditioning.prompt_embeds, conditioning.pooled)
    if settings.cfg == 1.0:
        return [positive]
    if conditioning.negative_prompt_embeds is None or conditioning.negative_pooled is None:
        raise InvalidRequest("cfg", Message("cfg-needs-negative", {"cfg": settings.cfg}))
    return [positive, transformer.prepare_prompt(conditioning.negative_prompt_embeds, conditioning.negative_pooled)]


def _fp32(latents: Tensor, transformer: FramepackTransformer) -> Tensor:
    return latents.to(transformer.device, torch.float32)


def _step_cache(settings: SamplingSettings, change: Change) -> StepCache:
    match settings.cache:
        case "first_block":
            return FirstBlock(threshold=settings.threshold, steps=settings.steps, change=change)
        case "teacache":
            return TeaCache(threshold=settings.threshold, steps=settings.steps, change=change)
        case "magcache":
            ratios = ratios_for(settings.steps, settings.magnitude_ratios)
            return MagCache(threshold=settings.threshold, ratios=ratios)
        case "fixed":
            return FixedPattern(spread_steps(round(settings.threshold * settings.steps), settings.steps))
        case "none":
            return EveryStep()
