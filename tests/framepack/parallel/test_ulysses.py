"""A shot on several ranks against the same on one, with gloo on the processor."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from framepack.attention.backends import attend_with
from framepack.attention.cudnn_fp8 import attend_fp8, attend_quantised
from framepack.device.shares import Shares
from framepack.errors import InvalidRequest
from framepack.ops.fp8 import FP8
from framepack.parallel.group import Group
from framepack.parallel.together import attend_begun_rounded, attend_together, begin_rounded, end_together
from framepack.parallel.ulysses import Ulysses
from framepack.sampling.sampler import SamplingSettings
from framepack.transformer.transformer import FramepackTransformer
from tests.support.ranks import on_ranks
from tests.support.twelve_heads import HEADS, sampled, sampled_on_ranks, twelve_heads

CLOSE = 1e-5
SETTINGS = [
    SamplingSettings(steps=2),
    SamplingSettings(steps=2, cfg=2.0, rescale=0.5),
    SamplingSettings(steps=7, cache="teacache", threshold=10.0),
    SamplingSettings(steps=7, cache="first_block", threshold=1.0),
    SamplingSettings(steps=6, cache="magcache", threshold=0.1, magnitude_ratios=(1.0, 0.99, 0.99, 0.98, 0.99, 1.0)),
    SamplingSettings(steps=6, cache="fixed", threshold=0.5),
]


def relative_error(got: Tensor, want: Tensor) -> float:
    return float((got - want).norm() / want.norm())


@cache
def on_one() -> list[tuple[Tensor, list[bool]]]:
    transformer = FramepackTransformer.of_model(twelve_heads())
    return [sampled(transformer, settings) for settings in SETTINGS]


@pytest.mark.parametrize("size", [2, 3, 4, 6])
def test_ranks_sample_what_one_process_samples_and_decide_as_it_does_on_skipped_steps(size: int) -> None:
    made = on_ranks(size, sampled_on_ranks, SETTINGS)
    for number, (want, ran) in enumerate(on_one()):
        for of_rank in made:
            got, ran_there = of_rank[number]
            assert relative_error(got, want) < CLOSE, SETTINGS[number]
            assert ran_there == ran
            assert torch.equal(got, made[0][number][0])
    assert all(not all(ran) and sum(ran) > 1 for _, ran in on_one()[2:])


def test_ranks_of_different_speeds_have_other_shares_and_sample_the_same() -> None:
    made = on_ranks(2, sampled_on_ranks, SETTINGS[:1], speeds=(2.0, 1.0))
    assert relative_error(made[0][0][0], on_one()[0][0]) < CLOSE


def test_shares_are_whole_in_proportion_and_leave_nothing_over() -> None:
    assert Shares.of(10, (1.0, 1.0, 1.0)).counts == (4, 3, 3)
    assert Shares.of(12, (2.0, 1.0)).counts == (8, 4)
    assert Shares.of(2, (1.0, 1.0, 1.0, 1.0)).counts == (1, 1, 0, 0)
    shares = Shares.of(17, (1.0, 3.0, 1.7))
    assert shares.total == 17
    taken = [place for rank in range(3) for place in range(17)[shares.of_rank(rank)]]
    assert taken == list(range(17))


def operands(rows: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    query, key, value = (torch.randn((1, rows, HEADS, 8), generator=generator) for _ in range(3))
    return query, key, value


WAYS = [(backend, dtype) for backend in ("sdpa", "pieces", "cudnn-fp8") for dtype in (torch.float32, torch.bfloat16)]


def _attended(group: Group, counts: tuple[int, ...]) -> list[Tensor]:
    with Ulysses(group, HEADS) as ranks:
        ranks.rows = Shares(counts)
        made = []
        for backend, dtype in WAYS:
            query, key, value = (
                values[:, ranks.rows.of_rank(group.rank)].to(dtype) for values in operands(sum(counts))
            )
            if backend == "cudnn-fp8":
                largest = value.abs().amax().float()
                query, key = query.to(FP8), key.to(FP8)
                begun, scale = begin_rounded(query, key, value, largest, ranks.name)
                begun = attend_begun_rounded(begun, scale, None, ranks.name)
                made.append(end_together(begun, query, None, ranks.name).float() / scale)
            else:
                made.append(attend_together(ranks.name, backend)(query, key, value).float())
        return made


@pytest.mark.parametrize("counts", [(9, 4), (1, 12), (5, 3, 5)])
def test_attention_over_uneven_ranks_sees_every_row_once_and_nothing_else(counts: tuple[int, ...]) -> None:
    of_ranks = on_ranks(len(counts), _attended, counts)
    for number, (backend, dtype) in enumerate(WAYS):
        made = torch.cat([of_rank[number] for of_rank in of_ranks], dim=1)
        query, key, value = (values.to(dtype) for values in operands(sum(counts)))
        if backend == "cudnn-fp8":
            out, unit = attend_quantised(query.to(FP8), key.to(FP8), value, value.abs().amax().float())
            want = out.float() * unit
        else:
            want = attend_with(backend)(query, key, value).float()
        assert relative_error(made, want) < (CLOSE if dtype == torch.float32 else 5e-3), (backend, dtype)


def _sampled_in_8_bits(group: Group) -> Tensor:
    with Ulysses(group, HEADS) as ranks:
        model = twelve_heads()
        transformer = FramepackTransformer.of_model_on_ranks(model, ranks, attend=attend_fp8, format="fp8_storage")
        return sampled(transformer, SETTINGS[0])[0]


def test_weights_and_attention_in_8_bits_give_on_ranks_what_they_give_on_one() -> None:
    transformer = FramepackTransformer.of_model(twelve_heads(), attend=attend_fp8, format="fp8_storage")
    exact, want = on_one()[0][0], sampled(transformer, SETTINGS[0])[0]
    # Values that lie between two of 8 bits are rounded the other way where a sum is made in another order.
    assert relative_error(on_ranks(2, _sampled_in_8_bits)[0], want) < relative_error(want, exact) / 3


def _refused(group: Group, heads: int) -> tuple[str, str]:
    try:
        Ulysses(group, heads)
    except InvalidRequest as error:
        return error.field, str(error)
    return "", ""


def test_a_number_of_ranks_that_does_not_divide_the_heads_is_refused_saying_which_do() -> None:
    field, said = on_ranks(2, _refused, 9)[0]
    assert field == "cards"
    assert "3, 9" in said
