"""Sampling sections with a tiny transformer: steps, noise, history, guidance, cancelling and resuming."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from framepack.errors import InvalidRequest
from framepack.sampling.sampler import (
    SamplingSettings,
    SamplingStep,
    SectionNoise,
    Steps,
    draw_noise,
    sample_inverted_section,
    sample_section,
)
from framepack.transformer.transformer import FramepackTransformer
from framepack.weights.block_store import Views
from tests.support.tiny_transformer import HEIGHT, WIDTH, latents, tiny_conditioning, tiny_model

ANCHOR = latents(1, seed=3)
CONDITIONING = tiny_conditioning()
SETTINGS = SamplingSettings(steps=3)


@pytest.fixture
def transformer() -> FramepackTransformer:
    return FramepackTransformer.of_model(tiny_model())


@pytest.fixture
def runs(transformer: FramepackTransformer) -> list[None]:
    """Grows by one whenever the blocks are run."""
    seen: list[None] = []
    blocks_in_order = transformer.store.blocks_in_order

    def counted_sweep(*, skip_first: bool) -> Generator[Views]:
        seen.append(None)
        yield from blocks_in_order(skip_first=skip_first)

    transformer.store.blocks_in_order = counted_sweep
    return seen


NOISE = SectionNoise(11, window=9, height=HEIGHT, width=WIDTH).of(1)


def steps_of(
    transformer: FramepackTransformer, history: Tensor = ANCHOR, settings: SamplingSettings = SETTINGS
) -> Steps:
    return sample_section(
        transformer,
        history=history,
        anchor=ANCHOR,
        conditioning=CONDITIONING,
        noise=NOISE,
        settings=settings,
    )


def section(
    transformer: FramepackTransformer, history: Tensor = ANCHOR, settings: SamplingSettings = SETTINGS
) -> Tensor:
    return list(steps_of(transformer, history, settings))[-1].latents


def test_every_step_gives_an_estimate_of_the_whole_section(transformer: FramepackTransformer) -> None:
    steps = list(steps_of(transformer))
    assert [(step.number, step.of) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    assert steps[0].sigma == pytest.approx(1.0)
    assert steps[0].sigma > steps[1].sigma > steps[2].sigma > 0.0
    assert all(step.latents.shape == (1, 16, 9, HEIGHT, WIDTH) for step in steps)
    assert all(step.ran_blocks for step in steps)


def test_sampling_is_in_fp32_without_gradients_also_where_the_model_is_not() -> None:
    model = tiny_model().to(torch.bfloat16).requires_grad_(True)
    latest = section(FramepackTransformer.of_model(model), history=ANCHOR.half())
    assert latest.dtype == torch.float32
    assert not latest.requires_grad


def test_latents_may_lie_on_another_device_than_the_transformer() -> None:
    # "meta" computes shapes without values, and refuses to mix devices as any other does.
    transformer = FramepackTransformer.of_model(tiny_model().to("meta"))
    settings = replace(SETTINGS, cfg=2.0)
    assert section(transformer, history=latents(22), settings=settings).device.type == "meta"
    sampled = sample_inverted_section(
        transformer,
        number=2,
        of=3,
        later=latents(9),
        anchor=ANCHOR,
        conditioning=CONDITIONING,
        noise=NOISE,
        settings=SETTINGS,
    )
    assert {step.latents.device.type for step in sampled} == {"meta"}


def test_the_same_inputs_give_the_same_bits(transformer: FramepackTransformer) -> None:
    assert torch.equal(section(transformer), section(transformer))


def test_only_the_last_19_latents_of_the_history_matter(transformer: FramepackTransformer) -> None:
    history = latents(30)
    assert torch.equal(section(transformer, history), section(transformer, history[:, :, -19:]))
    assert not torch.equal(section(transformer, history), section(transformer, history[:, :, :-1]))


def test_a_new_shot_may_give_its_start_latent_alone_as_history(transformer: FramepackTransformer) -> None:
    padded = torch.cat([torch.zeros(1, 16, 19, HEIGHT, WIDTH), ANCHOR], dim=2)
    assert torch.equal(section(transformer, ANCHOR), section(transformer, padded))


def test_one_step_is_enough_to_give_a_section(transformer: FramepackTransformer) -> None:
    assert len(list(steps_of(transformer, settings=SamplingSettings(steps=1)))) == 1


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (3,), (4, 2, 2, 3), (1, 4, 1)])
def test_the_noise_of_a_section_is_its_draw_of_the_seed_whichever_are_asked_for(order: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(11)
    drawn = [draw_noise(generator, window=9, height=HEIGHT, width=WIDTH) for _ in range(4)]
    noise = SectionNoise(11, window=9, height=HEIGHT, width=WIDTH)
    assert all(torch.equal(noise.of(number), drawn[number - 1]) for number in order)
    assert not torch.equal(drawn[0], drawn[1])


def test_closing_the_steps_stops_before_the_next_call_of_the_model(
    transformer: FramepackTransformer, runs: list[None]
) -> None:
    steps = steps_of(transformer)
    next(steps)
    steps.close()
    assert len(runs) == 1
    assert list(steps) == []


def test_without_real_guidance_the_negative_branch_is_not_run(
    transformer: FramepackTransformer, runs: list[None]
) -> None:
    section(transformer)
    assert len(runs) == SETTINGS.steps
    section(transformer, settings=replace(SETTINGS, cfg=2.0))
    assert len(runs) == 3 * SETTINGS.steps


def test_real_guidance_without_an_encoded_negative_prompt_is_refused_at_once(transformer: FramepackTransformer) -> None:
    with pytest.raises(InvalidRequest, match="negative prompt"):
        sample_section(
            transformer,
            history=ANCHOR,
            anchor=ANCHOR,
            conditioning=replace(CONDITIONING, negative_pooled=None),
            noise=NOISE,
            settings=replace(SETTINGS, cfg=2.0),
        )


def test_both_guidances_change_the_section(transformer: FramepackTransformer) -> None:
    plain = section(transformer)
    assert not torch.allclose(section(transformer, settings=replace(SETTINGS, guidance=6.0)), plain)
    assert not torch.allclose(section(transformer, settings=replace(SETTINGS, cfg=2.0)), plain)


def test_each_branch_and_each_section_has_a_step_cache_of_its_own(
    transformer: FramepackTransformer, runs: list[None]
) -> None:
    settings = SamplingSettings(steps=6, cache="teacache", threshold=1e9, cfg=2.0)

    def pattern() -> list[bool]:
        return [step.ran_blocks for step in steps_of(transformer, settings=settings)]

    assert pattern() == pattern() == [True, False, False, False, False, True]
    assert len(runs) == 2 * 2 * 2


def test_magcache_goes_by_the_figures_of_the_checkpoint(transformer: FramepackTransformer) -> None:
    settings = SamplingSettings(steps=5, cache="magcache", threshold=0.1, magnitude_ratios=(1.0, 1.0, 1.5))
    ran = [step.ran_blocks for step in steps_of(transformer, settings=settings)]
    assert ran == [True, False, False, True, True]


def test_how_long_an_inverted_shot_is_changes_its_last_section(transformer: FramepackTransformer) -> None:
    def last(of: int) -> SamplingStep:
        return list(
            sample_inverted_section(
                transformer,
                number=of,
                of=of,
                later=None,
                anchor=ANCHOR,
                conditioning=CONDITIONING,
                noise=NOISE,
                settings=SETTINGS,
            )
        )[-1]

    assert not torch.allclose(last(1).latents, last(2).latents)


# --- end pictures -----------------------------------------------------------------------------------------------------


def _one_step(history: Tensor, *, padding: int) -> Tensor:
    """A section in one step, by the library's own model, whose context is laid out as is written for end pictures.

    ``history`` (1, 16, 19, h, w) is what comes after it in time: before any section that is the end picture's latent
    and zeros behind it.
    """
    lengths = [1, 9 * padding, 9, 1, 2, 16]
    start, _, new, nearest, half, quarter = torch.arange(sum(lengths)).split(lengths)
    clean, of_half, of_quarter = history.split([1, 2, 16], dim=2)
    velocity = tiny_model()(
        hidden_states=NOISE,
        timestep=torch.tensor([1000.0]),
        encoder_hidden_states=CONDITIONING.prompt_embeds,
        encoder_attention_mask=torch.ones(CONDITIONING.prompt_embeds.shape[:2], dtype=torch.bool),
        pooled_projections=CONDITIONING.pooled,
        image_embeds=CONDITIONING.image_embeds,
        guidance=torch.tensor([10000.0]),
        indices_latents=new,
        latents_clean=torch.cat([ANCHOR, clean], dim=2),
        indices_latents_clean=torch.cat([start, nearest]),
        latents_history_2x=of_half,
        indices_latents_history_2x=half,
        latents_history_4x=of_quarter,
        indices_latents_history_4x=quarter,
        return_dict=False,
    )[0]
    return NOISE - velocity


def test_an_end_picture_is_the_neighbour_of_the_section_that_is_made_first_and_stays_behind_it(
    transformer: FramepackTransformer,
) -> None:
    end = latents(1, seed=5)
    history = torch.cat([end, torch.zeros(1, 16, 18, HEIGHT, WIDTH)], dim=2)
    later = end
    for number, padding in ((3, 2), (2, 1), (1, 0)):
        *_, made = sample_inverted_section(
            transformer,
            number=number,
            of=3,
            later=later,
            anchor=ANCHOR,
            conditioning=CONDITIONING,
            noise=NOISE,
            settings=SamplingSettings(steps=1),
        )
        expected = _one_step(history, padding=padding)
        assert torch.allclose(made.latents, expected, atol=1e-4, rtol=1e-4)
        later = torch.cat([made.latents, later], dim=2)
        history = torch.cat([expected, history], dim=2)[:, :, :19]


def test_only_the_last_section_of_a_shot_may_have_nothing_behind_it(transformer: FramepackTransformer) -> None:
    with pytest.raises(ValueError, match="only the last section"):
        sample_inverted_section(
            transformer,
            number=1,
            of=2,
            later=None,
            anchor=ANCHOR,
            conditioning=CONDITIONING,
            noise=NOISE,
            settings=SETTINGS,
        )
