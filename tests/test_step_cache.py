"""Which steps a step cache runs, and what it gives for the others."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from framepack.step_cache import EveryStep, StepCache, TeaCache, output_change

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
    from_the_step_before = 3 * output_change(creeping[0], creeping[1])
    from_the_last_run = sum(output_change(creeping[0], probe) for probe in creeping[1:])
    assert from_the_step_before < 0.2 < from_the_last_run
    assert ran(TeaCache(threshold=0.2, steps=9), creeping) == [True, False, False, False]


def test_an_unchanged_input_is_estimated_by_the_constant_term() -> None:
    assert output_change(TOKENS, TOKENS) == pytest.approx(0.0961237896)
