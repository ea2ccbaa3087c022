"""The blocks' arithmetic against diffusers' own blocks, and compiled against plain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from framepack.attention.cudnn_fp8 import attend_fp8
from framepack.english import ENGLISH
from framepack.messages import worded
from framepack.ops.fp8 import WeightFormat
from framepack.transformer.blocks import Arithmetic, BlockWeights, Manner, double_block, rotary_tables, single_block
from framepack.weights.block_layout import BlockKind, BlockShape, fill, layout_of
from tests.support.tiny_transformer import tiny_model

TOKENS, TEXT = 14, 5


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def plain_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    heads_first = (part.transpose(1, 2) for part in (query, key, value))
    return F.scaled_dot_product_attention(*heads_first).transpose(1, 2)


MODEL = tiny_model()
SHAPE = BlockShape.of(MODEL.config)
MANNER = Manner(SHAPE, plain_attention)
ANGLES = torch.randn((TOKENS, SHAPE.head // 2), generator=generator(4)).repeat_interleave(2, dim=1)
PUBLISHED_ROTARY = (ANGLES.cos(), ANGLES.sin())
ROTARY = rotary_tables(*PUBLISHED_ROTARY, TEXT)
MODULATION = torch.randn((1, SHAPE.width), generator=generator(3))


def streams(seed: int = 0, tokens: int = TOKENS, text: int = TEXT) -> tuple[Tensor, Tensor]:
    both = torch.randn((1, tokens + text, SHAPE.width), generator=generator(seed))
    return both[:, :tokens], both[:, tokens:]


def weights_of(
    block: Any, kind: BlockKind, format: WeightFormat = "plain", dtype: torch.dtype = torch.float32
) -> BlockWeights:
    layout = layout_of(SHAPE, kind, dtype, format)
    views = layout.views(torch.zeros(layout.nbytes, dtype=torch.uint8))
    fill(layout, views, block.state_dict())
    return BlockWeights(kind, views)


def all_blocks(format: WeightFormat = "plain", dtype: torch.dtype = torch.float32) -> Iterator[BlockWeights]:
    for block in MODEL.transformer_blocks:
        yield weights_of(block, "double", format, dtype)
    for block in MODEL.single_transformer_blocks:
        yield weights_of(block, "single", format, dtype)


def run(arithmetic: Arithmetic, tokens: Tensor, text: Tensor, format: WeightFormat = "plain") -> Tensor:
    blocks = all_blocks(format)
    angles = torch.ones((tokens.shape[1], SHAPE.head))
    rotary = rotary_tables(angles.cos(), angles.sin(), text.shape[1])
    with torch.no_grad():
        tokens, text = arithmetic.first(tokens, text, MODULATION, rotary, next(blocks))
        return arithmetic.rest(tokens, text, MODULATION, rotary, blocks)


def error(made: Tensor, wanted: Tensor) -> float:
    return float((made.float() - wanted.float()).norm() / wanted.float().norm())


def test_a_double_block_gives_what_diffusers_gives() -> None:
    block = MODEL.transformer_blocks[0]
    tokens, text = streams()
    wanted = block(tokens, text, MODULATION, None, PUBLISHED_ROTARY)
    made = double_block(tokens, text, MODULATION, ROTARY, weights_of(block, "double").tensors, MANNER)
    assert error(made[0], wanted[0]) < 1e-6
    assert error(made[1], wanted[1]) < 1e-6


def test_a_single_block_gives_what_diffusers_gives() -> None:
    block = MODEL.single_transformer_blocks[0]
    tokens, text = streams()
    wanted = torch.cat(block(tokens, text, MODULATION, None, PUBLISHED_ROTARY), dim=1)
    joined = torch.cat([tokens, text], dim=1)
    made = single_block(joined, MODULATION, ROTARY, weights_of(block, "single").tensors, MANNER)
    assert error(made, wanted) < 1e-6


def test_all_blocks_after_one_another_give_what_diffusers_gives() -> None:
    tokens, text = wanted, wanted_text = streams()
    for block in (*MODEL.transformer_blocks, *MODEL.single_transformer_blocks):
        wanted, wanted_text = block(wanted, wanted_text, MODULATION, None, PUBLISHED_ROTARY)
    arithmetic = Arithmetic(SHAPE, plain_attention)
    blocks = all_blocks()
    tokens, text = arithmetic.first(tokens, text, MODULATION, ROTARY, next(blocks))
    assert error(arithmetic.rest(tokens, text, MODULATION, ROTARY, blocks), wanted) < 1e-6


def test_the_probe_is_the_first_blocks_modulated_input() -> None:
    tokens, _ = streams()
    block = MODEL.transformer_blocks[0]
    made = Arithmetic(SHAPE, plain_attention).probe(tokens, MODULATION, weights_of(block, "double"))
    assert error(made, block.norm1(tokens, emb=MODULATION)[0]) < 1e-6


def test_blocks_are_asked_for_one_at_a_time() -> None:
    asked: list[int] = []

    def counted() -> Iterator[BlockWeights]:
        for number, weights in enumerate(all_blocks()):
            asked.append(number)
            yield weights

    ran: list[int] = []

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        ran.append(len(asked))
        return plain_attention(query, key, value)

    Arithmetic(SHAPE, attend).rest(*streams(), MODULATION, ROTARY, counted())
    assert ran == [1, 2, 3]


def test_weights_kept_in_fp8_change_the_outcome_little() -> None:
    tokens, text = streams()
    exact = run(Arithmetic(SHAPE, plain_attention), tokens, text)
    stored = run(Arithmetic(SHAPE, plain_attention, "fp8_storage"), tokens, text, "fp8_storage")
    assert 0 < error(stored, exact) < 0.1


def test_attention_in_fp8_changes_the_outcome_little() -> None:
    tokens, text = streams()
    exact = run(Arithmetic(SHAPE, plain_attention), tokens, text)
    assert 0 < error(run(Arithmetic(SHAPE, attend_fp8), tokens, text), exact) < 0.05


def test_blocks_wholly_in_fp8_change_the_outcome_little() -> None:
    tokens, text = (stream.bfloat16() for stream in streams())
    blocks = {format: list(all_blocks(format, torch.bfloat16)) for format in ("plain", "fp8")}
    modulation = MODULATION.bfloat16()
    exact, rounded = (
        Arithmetic(SHAPE, attend, format).rest(tokens, text, modulation, ROTARY, blocks[format])
        for attend, format in ((plain_attention, "plain"), (attend_fp8, "fp8"))
    )
    assert 0 < error(rounded, exact) < 0.1


def test_one_compilation_of_a_kind_serves_all_blocks_and_all_numbers_of_tokens() -> None:
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    compiling: list[str] = []
    arithmetic = Arithmetic(SHAPE, plain_attention, compiled=True, on_compile=compiling.append)
    plain = Arithmetic(SHAPE, plain_attention)
    for seed, (tokens, text) in enumerate(((TOKENS, TEXT), (TOKENS, 8), (11, 6))):
        given = streams(seed, tokens, text)
        assert error(run(arithmetic, *given), run(plain, *given)) < 1e-5
    assert arithmetic.notices == []
    run(Arithmetic(SHAPE, plain_attention, compiled=True), *streams())
    assert compiling == ["double", "single"]
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2


def test_where_nothing_compiles_blocks_run_plainly_and_say_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Cannot find a working triton installation\nand more")

    monkeypatch.setattr(torch, "compile", broken)
    arithmetic = Arithmetic(SHAPE, plain_attention, compiled=True)
    given = streams()
    assert torch.equal(run(arithmetic, *given), run(Arithmetic(SHAPE, plain_attention), *given))
    (notice,) = arithmetic.notices
    assert "run uncompiled, more slowly (Cannot find a working triton installation)" in worded(notice, ENGLISH)


def test_running_out_of_memory_is_not_taken_for_a_compiler_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: full)
    arithmetic = Arithmetic(SHAPE, plain_attention, compiled=True)
    with pytest.raises(torch.OutOfMemoryError):
        run(arithmetic, *streams())
    assert arithmetic.notices == []
