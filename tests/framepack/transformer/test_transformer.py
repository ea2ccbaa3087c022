"""The transformer taken apart against diffusers' own forward in one piece."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from framepack.attention.backends import attend_with
from framepack.attention.checking import Problem, random_operands
from framepack.context.packing import SectionContext, pack_forward, pack_inverted
from framepack.errors import ValuesLost
from framepack.transformer.blocks import Arithmetic
from framepack.transformer.step_cache import BlockPass, EveryStep, StepCache, TeaCache
from framepack.transformer.transformer import FramepackTransformer
from framepack.weights.block_layout import BlockShape
from framepack.weights.block_loading import Offloading, blocks_of_model
from tests.support.tiny_transformer import latents, tiny_conditioning, tiny_model

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
    staged = velocity(FramepackTransformer.of_model(model), context)
    assert float((staged - whole).norm() / whole.norm()) < 1e-5


def test_every_slot_of_the_context_matters() -> None:
    transformer = FramepackTransformer.of_model(tiny_model())
    plain = velocity(transformer, FORWARD)
    for newest_but in (1, 2, 4, 19):
        history = latents(22)
        history[:, :, -newest_but] += 1
        other = velocity(transformer, pack_forward(history, latents(1, seed=3), window=9))
        assert not torch.equal(other, plain)


def test_attention_is_checked_and_timed_in_the_layout_that_blocks_pass() -> None:
    seen: set[tuple[tuple[int, ...], ...]] = set()

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        seen.add(tuple(part.stride()[1:] for part in (query, key, value)))
        return attend_with("sdpa")(query, key, value)

    model = tiny_model()
    velocity(FramepackTransformer.of_model(model, attend=attend), FORWARD)
    shape = BlockShape.of(model.config)
    made = random_operands(torch.device("cpu"), Problem(5, shape.heads, shape.head, torch.float32))
    laid = tuple(part.stride()[1:] for part in (made.query, made.key, made.value))
    # A single block's product may hold more beside the values, which moves them no further apart.
    assert seen == {laid}


def test_a_model_in_fp16_predicts_near_to_one_in_fp32() -> None:
    exact = velocity(FramepackTransformer.of_model(tiny_model()), FORWARD)
    rounded = velocity(FramepackTransformer.of_model(tiny_model().half(), attend=attend_with("pieces")), FORWARD)
    assert rounded.dtype == torch.float32
    assert float((rounded - exact).norm() / exact.norm()) < 0.02


@pytest.mark.parametrize(
    "part",
    [
        "transformer_blocks.0.ff.net.0.proj",
        "transformer_blocks.0.ff.net.2",
        "transformer_blocks.0.ff_context.net.2",
        "transformer_blocks.0.attn.to_v",
        "transformer_blocks.0.attn.to_out.0",
        "single_transformer_blocks.0.proj_mlp",
        "single_transformer_blocks.0.proj_out",
    ],
)
def test_values_beyond_fp16_are_cut_to_it_and_do_not_spread(part: str) -> None:
    model = tiny_model()
    model.get_submodule(part).weight[0].mul_(1e5 if "attn" in part else 3e4)
    narrow = tiny_model().half()
    narrow.get_submodule(part).weight[0].copy_(model.get_submodule(part).weight[0].clamp(-6e4, 6e4))
    made = velocity(FramepackTransformer.of_model(narrow), FORWARD)
    assert bool(torch.isfinite(made).all())


def test_what_fp16_cannot_hold_all_the_same_is_refused_rather_than_shown_black() -> None:
    model = tiny_model().half()
    model.x_embedder.proj.weight.fill_(6e4)
    with pytest.raises(ValuesLost, match="the 16-bit numbers of this card hold values that are no numbers"):
        velocity(FramepackTransformer.of_model(model), FORWARD)


def test_a_model_in_bf16_predicts_in_fp32_and_near_to_one_in_fp32() -> None:
    exact = velocity(FramepackTransformer.of_model(tiny_model()), FORWARD)
    rounded = velocity(FramepackTransformer.of_model(tiny_model().to(torch.bfloat16)), FORWARD)
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, rounded.bfloat16().float())
    assert float((rounded - exact).norm() / exact.norm()) < 0.1


class CountedAttention:
    """Attention as it is, and how many blocks asked for it; from ``fails_at`` on it fails ``failures`` times."""

    def __init__(self, fails_at: int = 0, failures: int = 0) -> None:
        self.calls = 0
        self._fails_at = fails_at
        self._failures = failures

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        self.calls += 1
        if self.calls >= self._fails_at and self._failures:
            self._failures -= 1
            raise torch.OutOfMemoryError("not enough")
        return attend_with("sdpa")(query, key, value)


def test_a_skipped_step_runs_no_block() -> None:
    attend = CountedAttention()
    transformer = FramepackTransformer.of_model(tiny_model(), attend=attend)
    cache = TeaCache(threshold=1e9, steps=3)
    section = transformer.prepare(FORWARD, CONDITIONING.image_embeds)
    prompt = transformer.prepare_prompt(CONDITIONING.prompt_embeds, CONDITIONING.pooled)
    for sigma in (1.0, 0.8):
        transformer.velocity(NOISY, sigma=sigma, guidance=GUIDANCE, section=section, prompt=prompt, cache=cache)
    assert attend.calls == 3


@pytest.mark.parametrize("resident", [(), (0,), (1, 2)], ids=str)
@pytest.mark.parametrize("host_copies", [True, False])
def test_streamed_blocks_give_the_same_bits_as_blocks_that_stay(resident: tuple[int, ...], host_copies: bool) -> None:
    offloading = Offloading(frozenset(resident), host_copies=host_copies)
    streaming = FramepackTransformer.of_model(tiny_model(), offloading=offloading)
    staying = FramepackTransformer.of_model(tiny_model())
    for context in (FORWARD, INVERTED):
        assert torch.equal(velocity(streaming, context), velocity(staying, context))
        assert torch.equal(velocity(streaming, context, InTwo()), velocity(staying, context))


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_step_that_runs_out_of_memory_is_done_again_with_fewer_blocks_on_the_device(fails_at: int) -> None:
    attend = CountedAttention(fails_at, failures=2)
    stays = [frozenset({0, 1}), frozenset({1})]
    relieved: list[frozenset[int]] = []

    def free_memory() -> None:
        relieved.append(stays[len(relieved)])
        transformer.store.keep_resident(relieved[-1], host_copies=True, buffers=2)

    plain = FramepackTransformer.of_model(tiny_model())
    transformer = FramepackTransformer(
        plain.rest, blocks_of_model(tiny_model(), Offloading(), "plain"), arithmetic(attend), free_memory=free_memory
    )
    cache = TeaCache(threshold=0.1, steps=3)
    assert torch.equal(velocity(transformer, FORWARD, cache), velocity(plain, FORWARD))
    assert relieved == stays
    assert cache.ran == 1
    assert transformer.store.resident == stays[-1]
    assert torch.equal(velocity(transformer, INVERTED), velocity(plain, INVERTED))


def test_running_out_of_memory_is_an_error_where_nothing_can_make_way() -> None:
    transformer = FramepackTransformer.of_model(tiny_model(), attend=CountedAttention(2, failures=1))
    with pytest.raises(torch.OutOfMemoryError):
        velocity(transformer, FORWARD)
    assert torch.isfinite(velocity(transformer, FORWARD)).all()


def arithmetic(attend: CountedAttention) -> Arithmetic:
    return Arithmetic(BlockShape.of(tiny_model().config), attend)


class InTwo:
    """A cache that runs the first block and then the rest."""

    ran = 0

    def through_blocks(self, tokens: Tensor, blocks: BlockPass) -> Tensor:
        assert blocks.first().shape == tokens.shape
        return blocks.rest()


def test_the_first_block_and_then_the_rest_are_all_of_them() -> None:
    transformer = FramepackTransformer.of_model(tiny_model())
    assert torch.equal(velocity(transformer, FORWARD, InTwo()), velocity(transformer, FORWARD))
