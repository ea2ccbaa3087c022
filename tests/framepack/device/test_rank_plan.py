"""Memory planned for several cards at once, and what each of them does of a section."""

from __future__ import annotations

from dataclasses import replace

import pytest

from framepack.device.memory_plan import Budget, PartSizes, Work, plan_memory
from framepack.device.rank_plan import plan_for_ranks
from framepack.device.shares import LEAST_GAIN, expected_gain, worth_sharing
from framepack.environment import GIB
from framepack.errors import NotEnoughMemory

SIZES = PartSizes(
    blocks=(679_500_000,) * 20 + (283_200_000,) * 40,
    rest=820_000_000,
    text_layers=(436_000_000,) * 30,
    text_rest=1_050_000_000,
    clip=246_000_000,
    siglip=857_000_000,
    vae=493_000_000,
)
WORK = Work(
    height=608, width=640, window=9, model_width=3072, value_bytes=2, vae_width=128, vae_value_bytes=2, share=0.5
)


def card(gigabytes: float, host: float = 64) -> Budget:
    return Budget(int(gigabytes * GIB), int(gigabytes * GIB), int(host * GIB))


def test_half_the_tokens_need_less_of_each_card() -> None:
    alone = plan_memory(card(12), SIZES, replace(WORK, share=1.0))
    shared = plan_for_ranks([card(12), card(12)], SIZES, WORK)
    assert shared.sampling_bytes < alone.sampling_bytes
    assert WORK.sampling < 0.51 * replace(WORK, share=1.0).sampling


def test_what_stays_on_one_card_stays_on_all_and_nothing_exceeds_the_smaller() -> None:
    large, small = card(24), card(12)
    together = plan_for_ranks([large, small], SIZES, WORK)
    assert together.resident <= plan_memory(large, SIZES, WORK).resident & plan_memory(small, SIZES, WORK).resident
    assert together.resident
    assert together.sampling_bytes <= small.device
    assert together == replace(plan_for_ranks([small, large], SIZES, WORK), text_resident=together.text_resident)
    # The encoders run on the first card, whose room counts.
    assert together.text_resident == plan_memory(large, SIZES, WORK).text_resident


def test_a_slower_and_smaller_card_needs_room_for_its_own_share_only() -> None:
    large, small = card(24), card(12)
    even = plan_for_ranks([large, small], SIZES, WORK, (0.5, 0.5))
    by_speed = plan_for_ranks([large, small], SIZES, replace(WORK, share=2 / 3), (2 / 3, 1 / 3))
    assert even == plan_for_ranks([large, small], SIZES, WORK)
    assert by_speed.work.share == 1 / 3
    assert len(by_speed.resident) >= len(even.resident)
    assert by_speed.work.sampling < even.work.sampling
    assert by_speed.resident <= plan_memory(large, SIZES, replace(WORK, share=2 / 3)).resident


def test_one_card_without_room_is_told_of_by_its_own_figures() -> None:
    with pytest.raises(NotEnoughMemory) as caught:
        plan_for_ranks([card(24), card(1.5)], SIZES, WORK)
    assert caught.value.available < 1.5 * GIB


def test_the_gain_of_equal_cards_is_their_number_less_what_the_exchange_takes() -> None:
    assert expected_gain([0.8, 0.8], exchange=0.0) == pytest.approx(2.0)
    assert expected_gain([0.8, 0.8], exchange=0.048) == pytest.approx(1.79, abs=0.01)
    # What two cards gain whose values all go through the host's memory, at 22 GB/s.
    assert expected_gain([0.77, 0.77], exchange=0.30) < LEAST_GAIN


def test_a_second_card_that_is_far_slower_is_not_worth_it() -> None:
    assert worth_sharing(expected_gain([1.0, 2.0], exchange=0.05))
    assert not worth_sharing(expected_gain([1.0, 6.0], exchange=0.05))
