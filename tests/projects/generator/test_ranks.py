"""Which cards work on a shot together: from settings, and by what is waiting."""

from __future__ import annotations

import pytest

from projects.generator.ranks import Waiting, layout_for, together


@pytest.mark.parametrize(
    ("cards", "per_shot", "workers"),
    [
        (1, 1, ("cuda:0",)),
        (2, 1, ("cuda:0", "cuda:1")),
        (2, 2, ("cuda:0+cuda:1",)),
        (4, 2, ("cuda:0+cuda:1", "cuda:2+cuda:3")),
        (3, 2, ("cuda:0+cuda:1", "cuda:2")),
        (1, 2, ("cuda:0",)),
    ],
)
def test_cards_are_put_together_as_many_as_are_asked_for(cards: int, per_shot: int, workers: tuple[str, ...]) -> None:
    assert together([f"cuda:{number}" for number in range(cards)], per_shot) == workers


def test_many_independent_chains_get_a_card_each_and_one_long_chain_gets_all() -> None:
    assert layout_for(Waiting((5, 5, 5, 5)), cards=2, gain=1.8) == "each"
    assert layout_for(Waiting((40,)), cards=2, gain=1.8) == "all"
    # Two chains of which one is far longer: the other card would stand still for most of the time.
    assert layout_for(Waiting((40, 2)), cards=2, gain=1.8) == "all"
    assert layout_for(Waiting((40, 36)), cards=2, gain=1.8) == "each"


def test_who_waits_to_see_a_section_gets_all_cards() -> None:
    assert layout_for(Waiting((5, 5, 5, 5), interactive=True), cards=2, gain=1.8) == "all"


def test_a_gain_too_small_keeps_a_shot_on_each_card() -> None:
    assert layout_for(Waiting((40,), interactive=True), cards=2, gain=1.14) == "each"
    assert layout_for(Waiting((40,)), cards=2, gain=1.15) == "all"
    assert layout_for(Waiting((40,)), cards=1, gain=2.0) == "each"
    assert layout_for(Waiting(()), cards=2, gain=2.0) == "each"
