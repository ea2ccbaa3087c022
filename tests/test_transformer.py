"""The transformer taken apart against diffusers' own forward in one piece."""

from __future__ import annotations

import pytest
import torch
from tiny_transformer import latents, tiny_conditioning, tiny_model
from torch import Tensor

from framepack.packing import SectionContext, pack_forward, pack_inverted
from framepack.step_cache import BlockPass, EveryStep, StepCache, TeaCache
from framepack.transformer import FramepackTransformer

SIGMA, GUIDANCE = 0.83, 10.0
NOISY = latents(9, seed=5)
CONDITIONING = tiny_conditioning()
FORWARD = pack_forward(latents(22), latents(1, seed=3), window=9)
INVERTED = pack_inverted(latents(4), latents(1, seed=3), window=9, padding=2)


def velocity(transformer: FramepackTransformer, context: SectionContext, cache: StepCache | None = None) -> Tensor:
    return transformer.velocity(
        NOISY,
        sigma=SIGMA,
        guidance=GUIDANCE,
        section=transformer.prepare(context, CONDITIONING.image_embeds),
        prompt=transformer.prepare_prompt(CONDITIONING.prompt_embeds, CONDITIONING.pooled),
        cache=cache or EveryStep(),
    )


@pytest.mark.parametrize("context", [FORWARD, INVERTED], ids=["forward", "inverted"])
def test_the_stages_give_what_forward_gives_with_padded_text(context: SectionContext) -> None:
    model = tiny_model()
    tokens = CONDITIONING.prompt_embeds.shape[1]
    whole = model(
        hidden_states=NOISY,
        timestep=torch.tensor([SIGMA * 1000]),
        encoder_hidden_states=torch.nn.functional.pad(CONDITIONING.prompt_embeds, (0, 0, 0, 16 - tokens)),
        encoder_attention_mask=(torch.arange(16) < tokens).long().unsqueeze(0),
        pooled_projections=CONDITIONING.pooled,
        image_embeds=CONDITIONING.image_embeds,
        indices_latents=torch.tensor(context.new),
        guidance=torch.tensor([GUIDANCE * 1000]),
        latents_clean=context.clean.latents,
        indices_latents_clean=torch.tensor(context.clean.indices),
        latents_history_2x=context.half.latents,
        indices_latents_history_2x=torch.tensor(context.half.indices),
        latents_history_4x=context.quarter.latents,
        indices_latents_history_4x=torch.tensor(context.quarter.indices),
        return_dict=False,
    )[0]
    staged = velocity(FramepackTransformer(model), context)
    assert float((staged - whole).norm() / whole.norm()) < 1e-5


def test_every_slot_of_the_context_matters() -> None:
    transformer = FramepackTransformer(tiny_model())
    plain = velocity(transformer, FORWARD)
    for newest_but in (1, 2, 4, 19):
        history = latents(22)
        history[:, :, -newest_but] += 1
        other = velocity(transformer, pack_forward(history, latents(1, seed=3), window=9))
        assert not torch.equal(other, plain)


def test_a_model_in_bf16_predicts_in_fp32_and_near_to_one_in_fp32() -> None:
    exact = velocity(FramepackTransformer(tiny_model()), FORWARD)
    rounded = velocity(FramepackTransformer(tiny_model().to(torch.bfloat16)), FORWARD)
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, rounded.bfloat16().float())
    assert float((rounded - exact).norm() / exact.norm()) < 0.1


def test_a_skipped_step_runs_no_block() -> None:
    transformer = FramepackTransformer(tiny_model())
    calls: list[int] = []
    for number, block in enumerate(transformer.blocks):
        block.register_forward_hook(lambda *_, number=number: calls.append(number))
    cache = TeaCache(threshold=1e9, steps=3)
    section = transformer.prepare(FORWARD, CONDITIONING.image_embeds)
    prompt = transformer.prepare_prompt(CONDITIONING.prompt_embeds, CONDITIONING.pooled)
    for sigma in (1.0, 0.8):
        transformer.velocity(NOISY, sigma=sigma, guidance=GUIDANCE, section=section, prompt=prompt, cache=cache)
    assert calls == [0, 1, 2]


class InTwo:
    """A cache that runs the first block and then the rest."""

    ran = 0

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:
        assert blocks.first().shape == tokens.shape
        return blocks.rest()


def test_the_first_block_and_then_the_rest_are_all_of_them() -> None:
    transformer = FramepackTransformer(tiny_model())
    assert torch.equal(velocity(transformer, FORWARD, InTwo()), velocity(transformer, FORWARD))
