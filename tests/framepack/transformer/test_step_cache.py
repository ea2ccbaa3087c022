"""Which steps a step cache runs, and what it gives for the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from framepack.checkpoints.table import CHECKPOINTS
from framepack.transformer.step_cache import (
    EveryStep,
    FirstBlock,
    FixedPattern,
    MagCache,
    StepCache,
    TeaCache,
    output_change,
    ratios_for,
    relative_change,
    spread_steps,
)

TOKENS = torch.randn((1, 6, 4), generator=torch.Generator().manual_seed(0))


@dataclass
class GivenPass:
    """Blocks whose outputs are given; ``calls`` is what was asked of them."""

    probed: Tensor = TOKENS
    after_first: Tensor = TOKENS
    after_all: Tensor = 2 * TOKENS
    calls: list[str] = field(default_factory=list)

    def probe(self) -> Tensor:
        self.calls.append("probe")
        return self.probed

    def first(self) -> Tensor:
        self.calls.append("first")
        return self.after_first

    def rest(self) -> Tensor:
        self.calls.append("rest")
        return self.after_all

    def run(self) -> Tensor:
        self.calls.append("run")
        return self.after_all


def ran(cache: StepCache, probes: list[Tensor]) -> list[bool]:
    """Whether each step of a section ran the blocks when the first block sees ``probes``."""
    found: list[bool] = []
    for probe in probes:
        before = cache.ran
        cache.through_blocks(TOKENS, GivenPass(probed=probe))
        found.append(cache.ran > before)
    return found


def test_without_a_cache_every_step_runs_and_nothing_is_probed() -> None:
    cache, blocks = EveryStep(), GivenPass()
    assert torch.equal(cache.through_blocks(TOKENS, blocks), 2 * TOKENS)
    assert blocks.calls == ["run"]
    assert cache.ran == 1


def test_small_changes_add_up_until_the_blocks_run_again() -> None:
    # The polynomial's constant term, 0.096, is what an unchanged input counts for: two of them pass 0.15.
    assert ran(TeaCache(threshold=0.15, steps=6), [TOKENS] * 6) == [True, False, True, False, True, True]


def test_a_large_change_runs_the_blocks_at_once() -> None:
    assert ran(TeaCache(threshold=0.15, steps=4), [TOKENS, TOKENS, 3 * TOKENS, 3 * TOKENS]) == [True, False, True, True]


def test_the_first_and_the_last_step_always_run() -> None:
    assert ran(TeaCache(threshold=1e9, steps=5), [TOKENS] * 5) == [True, False, False, False, True]
    assert ran(TeaCache(threshold=1e9, steps=1), [TOKENS]) == [True]


def test_a_skipped_step_adds_what_the_blocks_last_added() -> None:
    cache = TeaCache(threshold=1e9, steps=5)
    cache.through_blocks(TOKENS, GivenPass(after_all=TOKENS + 5))
    skipped = cache.through_blocks(10 * TOKENS, GivenPass())
    assert torch.allclose(skipped, 10 * TOKENS + 5)


def test_change_is_measured_against_the_step_before_and_not_the_last_run() -> None:
    creeping = [TOKENS * 1.05**number for number in range(4)]
    from_the_step_before = 3 * output_change(relative_change(creeping[0], creeping[1]))
    from_the_last_run = sum(output_change(relative_change(creeping[0], probe)) for probe in creeping[1:])
    assert from_the_step_before < 0.2 < from_the_last_run
    assert ran(TeaCache(threshold=0.2, steps=9), creeping) == [True, False, False, False]


def test_an_unchanged_input_is_estimated_by_the_constant_term() -> None:
    assert output_change(0.0) == pytest.approx(0.0961237896)


def test_a_fixed_pattern_runs_its_steps_and_always_the_first() -> None:
    assert ran(FixedPattern({3, 5}), [TOKENS] * 5) == [True, False, True, False, True]
    assert ran(FixedPattern(()), [TOKENS] * 3) == [True, False, False]


def test_between_the_steps_of_a_pattern_what_the_blocks_add_goes_on_in_a_straight_line() -> None:
    cache = FixedPattern({1, 3})
    outs = [cache.through_blocks(TOKENS, GivenPass(after_all=TOKENS + added)) for added in (5.0, 0.0, 9.0, 0.0, 0.0)]
    assert [float((out - TOKENS).mean()) for out in outs] == pytest.approx([5, 5, 9, 11, 13], rel=1e-5)


def test_a_pattern_of_some_steps_is_spread_evenly_from_the_first_to_the_last() -> None:
    assert spread_steps(10, 25) == {1, 4, 6, 9, 12, 14, 17, 20, 22, 25}
    assert spread_steps(25, 25) == set(range(1, 26))
    assert spread_steps(1, 25) == spread_steps(0, 25) == {1}
    assert all(len(spread_steps(count, steps)) == count for steps in range(1, 30) for count in range(1, steps + 1))


def first_block_steps(cache: FirstBlock, added: list[float]) -> list[list[str]]:
    """What each step asks of the blocks when the first of them adds ``added``."""
    asked = []
    for value in added:
        blocks = GivenPass(after_first=TOKENS + value)
        cache.through_blocks(TOKENS, blocks)
        asked.append(blocks.calls)
    return asked


def test_the_other_blocks_run_when_what_the_first_adds_has_changed_enough_since_they_last_ran() -> None:
    cache = FirstBlock(threshold=0.2, steps=9)
    # From 1.0: 1.15 is near, 1.3 is not; from 1.3: 1.5 is near.
    asked = first_block_steps(cache, [1.0, 1.0, 1.15, 1.3, 1.5])
    assert asked == [["first", "rest"], ["first", "rest"], ["first"], ["first", "rest"], ["first"]]
    assert cache.ran == 3


def test_the_first_two_steps_and_the_last_always_run_all_blocks() -> None:
    asked = first_block_steps(FirstBlock(threshold=1e9, steps=6), [1.0] * 6)
    assert [len(calls) for calls in asked] == [2, 2, 1, 1, 1, 2]
    assert len(first_block_steps(FirstBlock(threshold=1e9, steps=1), [1.0])[0]) == 2


def test_a_skipped_step_adds_what_the_first_block_did_and_the_line_of_what_the_others_did() -> None:
    cache = FirstBlock(threshold=1e9, steps=9)
    for rest in (10.0, 14.0):
        cache.through_blocks(TOKENS, GivenPass(after_first=TOKENS + 1, after_all=TOKENS + 1 + rest))
    skipped = cache.through_blocks(3 * TOKENS, GivenPass(after_first=3 * TOKENS + 2))
    assert torch.allclose(skipped, 3 * TOKENS + 2 + 18)


class Failing(GivenPass):
    def run(self) -> Tensor:
        raise torch.OutOfMemoryError

    rest = run


@pytest.mark.parametrize(
    "make",
    [
        EveryStep,
        lambda: TeaCache(threshold=0.2, steps=5),
        lambda: FixedPattern({1, 2, 4}),
        lambda: FirstBlock(threshold=0.2, steps=5),
    ],
    ids=["EveryStep", "TeaCache", "FixedPattern", "FirstBlock"],
)
def test_a_step_whose_blocks_failed_can_be_tried_again(make: Callable[[], StepCache]) -> None:
    growing = [float(number) for number in (10, 11, 12, 20, 21)]

    def outcomes(cache: StepCache, kind: type[GivenPass]) -> list[tuple[Tensor, int]]:
        found = []
        for size in growing:
            given = {"probed": size * TOKENS, "after_first": TOKENS + size, "after_all": TOKENS + 3 * size}
            try:
                out = cache.through_blocks(TOKENS, kind(**given))
            except torch.OutOfMemoryError:
                out = cache.through_blocks(TOKENS, GivenPass(**given))
            found.append((out, cache.ran))
        return found

    pairs = zip(outcomes(make(), GivenPass), outcomes(make(), Failing), strict=True)
    assert all(torch.equal(out, other) and ran == other_ran for (out, ran), (other, other_ran) in pairs)


def test_change_is_relative_to_what_was_before() -> None:
    assert relative_change(TOKENS, 1.5 * TOKENS) == pytest.approx(0.5, rel=1e-5)


def magcache_runs(ratios: list[float], threshold: float = 0.1) -> list[bool]:
    return ran(MagCache(threshold=threshold, ratios=ratios), [TOKENS] * len(ratios))


def test_where_sizes_stay_the_same_magcache_skips_two_steps_of_three_after_the_first_quarter() -> None:
    assert magcache_runs([1.0] * 9) == [True, True, False, False, True, False, False, True, False]


def test_magcache_runs_before_the_sum_of_the_expected_errors_passes_the_threshold() -> None:
    # After a run: 0.04, then 0.04 + 0.0816 = 0.12 more.
    assert magcache_runs([1.0, 1.04, 1.04, 1.04, 1.04]) == [True, False, True, False, True]
    assert magcache_runs([1.0, 1.04, 1.04, 1.04, 1.04], threshold=0.13) == [True, False, False, True, False]


def test_magcache_never_skips_a_step_at_which_much_changes() -> None:
    assert magcache_runs([1.0, 1.07, 0.93, 1.0], threshold=1.0) == [True, True, True, False]


def test_what_the_last_run_added_stands_in_for_skipped_steps_of_magcache() -> None:
    cache = MagCache(threshold=0.1, ratios=[1.0, 1.0])
    cache.through_blocks(TOKENS, GivenPass(after_all=3 * TOKENS))
    assert torch.allclose(cache.through_blocks(10 * TOKENS, GivenPass()), 12 * TOKENS)
    assert cache.ran == 1


@pytest.mark.parametrize("name", ["f1", "original"])
def test_magcache_runs_13_of_25_steps_of_a_published_model(name: str) -> None:
    published = CHECKPOINTS[name].magnitude_ratios
    assert published is not None
    assert len(published) == CHECKPOINTS[name].defaults.steps == 25
    assert sum(magcache_runs(list(ratios_for(25, published)))) == 13


def test_ratios_for_other_numbers_of_steps_are_those_nearest_to_their_place() -> None:
    published = (1.0, 1.1, 1.2, 1.3, 1.4)
    assert ratios_for(5, published) == published
    assert ratios_for(3, published) == (1.0, 1.2, 1.4)
    assert ratios_for(9, published)[:3] == (1.0, 1.0, 1.1)
    assert ratios_for(1, published) == (1.4,)
