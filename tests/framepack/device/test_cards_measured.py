"""What several cards were measured to do, what a shot gains by them, and how that is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from framepack.commands.doctor import MEASURED
from framepack.device.cards_measured import (
    CARDS_FILE,
    CardArithmetic,
    CardMeasured,
    CardsMeasured,
    keep_measured,
    read_measured,
)
from framepack.device.shares import Shares

# About an H100: products and attention as in the log, 145 GB/s over NVLink.
H100 = CardMeasured(products=6.9e14, attention=6.2e14, sent=1.45e11)
CONSUMER = CardMeasured(products=1.4e14, attention=1.3e14, sent=2.2e10)


def two(one: CardMeasured, other: CardMeasured, names: tuple[str, str] = ("card", "card")) -> CardsMeasured:
    return CardsMeasured(names, (one, other), peers=True)


def test_a_step_alone_takes_about_what_it_takes() -> None:
    assert H100.step == pytest.approx(0.76, rel=0.1)


def test_two_cards_gain_nearly_twice_where_they_reach_each_other_quickly_and_less_by_the_hosts_memory() -> None:
    near, far = two(H100, H100), two(replace(H100, sent=2.2e10), replace(H100, sent=2.2e10))
    assert 1.75 < near.gain < 2.0
    assert 1.1 < far.gain < 1.5
    assert two(CONSUMER, CONSUMER).gain > far.gain
    assert near.pays
    assert not two(replace(H100, sent=4e9), replace(H100, sent=4e9)).pays


def test_the_gain_is_over_the_faster_card_and_a_far_slower_one_does_not_pay() -> None:
    assert two(H100, CONSUMER).gain < 1.2
    assert not two(H100, replace(CONSUMER, products=3e13, attention=3e13)).pays


def test_cards_of_one_name_share_evenly_and_others_by_their_speeds() -> None:
    slower = replace(H100, products=H100.products / 2, attention=H100.attention / 2)
    assert two(H100, slower).speeds == (1.0, 1.0)
    assert Shares.of(24, two(H100, slower, ("large", "small")).speeds).counts == (16, 8)


def test_what_was_measured_is_kept_and_a_damaged_file_is_measured_again(tmp_path: Path) -> None:
    assert read_measured(tmp_path) == {}
    kept = {"card, card": two(H100, CONSUMER)}
    keep_measured(tmp_path / "home", kept)
    assert read_measured(tmp_path / "home") == kept
    for said in ("{", "[]", '{"a": {}}', '{"a": {"names": ["a"], "cards": [], "peers": false}}', '{"a": 3}'):
        (tmp_path / CARDS_FILE).write_text(said)
        assert read_measured(tmp_path) == {}


def test_what_is_expected_of_an_h200_is_near_what_was_measured_there() -> None:
    # Large products and attention by themselves (benchmarks/log.md).
    expected = CardArithmetic(products=780e12, attention=600e12).seconds_of_film
    assert 0.8 < expected / MEASURED["NVIDIA H200"] < 1.2


def test_a_card_of_a_tenth_the_arithmetic_takes_ten_times_as_long() -> None:
    fast, slow = CardArithmetic(5e14, 4e14).seconds_of_film, CardArithmetic(5e13, 4e13).seconds_of_film
    assert abs(slow / fast - 10.0) < 1e-9
