"""Many open pages ask less often."""

from __future__ import annotations

import pytest

from pages.session.viewers import FORGOTTEN_SECONDS, LOOKS_A_SECOND, spacing


def test_a_few_pages_look_as_often_as_they_like_and_many_share_what_there_is() -> None:
    begin = 10 * FORGOTTEN_SECONDS
    few = [spacing(f"a{number}", 1.0, begin) for number in range(4)]
    many = [spacing(f"b{number}", 1.0, begin) for number in range(36)][-1]

    assert few == [1.0] * 4
    assert many == pytest.approx(40 / LOOKS_A_SECOND)


def test_pages_that_are_gone_do_not_slow_the_others_down() -> None:
    begin = 20 * FORGOTTEN_SECONDS
    for number in range(40):
        spacing(f"c{number}", 1.0, begin)

    assert spacing("d", 1.0, begin + FORGOTTEN_SECONDS + 1) == 1.0
