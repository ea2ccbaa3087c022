"""Which frames of a take a clip shows when: exact at any speed, backwards, held, and at other rates."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from projects.films.timeline import Clip
from projects.frames.samples import runs_on, sample_at
from tests.support.numbered_takes import clip, source

NTSC = Fraction(30000, 1001)


def shown(clip: Clip, rate: Fraction = Fraction(30)) -> list[int]:
    return [sample_at(clip, rate, number).frames[0] for number in range(clip.frames)]


def test_a_plain_clip_shows_its_frames_one_after_the_other() -> None:
    plain = clip(source("a", 20), first=5, count=10)
    assert shown(plain) == list(range(5, 15))
    assert runs_on(plain, Fraction(30))
    assert not runs_on(plain, Fraction(25))


def test_twice_as_fast_shows_every_other_frame_and_half_as_fast_each_twice() -> None:
    assert shown(clip(source("a", 10), 5, speed=2.0)) == [0, 2, 4, 6, 8]
    assert shown(clip(source("a", 4), 8, speed=0.5)) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert shown(clip(source("a", 2), 8, speed=0.25)) == [0, 0, 0, 0, 1, 1, 1, 1]
    assert shown(clip(source("a", 12), 3, speed=4.0)) == [0, 4, 8]


def test_backwards_begins_with_the_last_frame() -> None:
    assert shown(clip(source("a", 6), first=1, count=4, reverse=True)) == [4, 3, 2, 1]
    assert shown(clip(source("a", 8), 4, speed=2.0, reverse=True)) == [7, 5, 3, 1]


def test_held_frames_are_the_first_and_the_last_that_are_shown() -> None:
    held = clip(source("a", 9), 8, first=2, count=4, hold_first=3, hold_last=1)
    assert shown(held) == [2, 2, 2, 2, 3, 4, 5, 5]
    assert shown(clip(source("a", 4), 6, reverse=True, hold_first=2)) == [3, 3, 3, 2, 1, 0]


@pytest.mark.parametrize(("rate", "frames"), [(24, 24), (25, 25), (50, 50), (60, 60)])
def test_a_second_at_another_rate_shows_a_second_of_the_take(rate: int, frames: int) -> None:
    numbers = shown(clip(source("a", 30), frames), Fraction(rate))
    assert numbers == [number * 30 // rate for number in range(frames)]


def test_at_29_97_one_frame_of_a_thousand_is_left_out_and_none_is_doubled() -> None:
    long = clip(source("a", 3003), 3000)
    numbers = shown(long, NTSC)
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    assert set(steps) == {1, 2}
    assert steps.count(2) == 2  # a third lies at the very end


def test_slowed_down_and_blended_each_new_frame_lies_between_two() -> None:
    slow = clip(source("a", 3), 6, speed=0.5, between="blend")
    samples = [sample_at(slow, Fraction(30), number) for number in range(6)]
    assert [sample.frames for sample in samples] == [(0,), (0, 1), (1,), (1, 2), (2,), (2,)]
    assert samples[1].weights == (0.5, 0.5)


def test_sped_up_and_blended_a_frame_shows_all_that_is_over_meanwhile() -> None:
    quick = clip(source("a", 8), 4, speed=2.0, between="blend")
    assert [sample_at(quick, Fraction(30), number).frames for number in range(4)] == [(0, 1), (2, 3), (4, 5), (6, 7)]
    to_24 = clip(source("a", 30), 24, between="blend")
    sample = sample_at(to_24, Fraction(24), 1)
    assert sample.frames == (1, 2)
    assert sample.weights == pytest.approx((0.6, 0.4))
    assert sum(sample_at(to_24, Fraction(24), 23).weights) == pytest.approx(1.0)


def test_no_frame_beyond_the_clip_is_ever_asked_for() -> None:
    for between in ("repeat", "blend", "motion"):
        for reverse in (False, True):
            # Rounding may give a clip a frame more than its take has.
            some = clip(source("a", 20), 13, first=4, count=10, speed=0.83, between=between, reverse=reverse)
            asked = {frame for number in range(13) for frame in sample_at(some, NTSC, number).frames}
            assert asked <= set(range(4, 14))
            assert {4, 13} <= asked
