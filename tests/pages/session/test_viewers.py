"""Many open pages ask less often."""

from __future__ import annotations

from pages.session.viewers import FORGOTTEN_SECONDS, LOOKS_A_SECOND, Viewers


def test_a_few_pages_look_as_often_as_they_like_and_many_share_what_there_is() -> None:
    viewers = Viewers()
    spacings = [viewers.spacing(f"page {number}", 1.0, 0.0) for number in range(40)]

    assert spacings[:4] == [1.0] * 4
    assert spacings[-1] == 40 / LOOKS_A_SECOND


def test_pages_that_are_gone_do_not_slow_the_others_down() -> None:
    viewers = Viewers()
    for number in range(40):
        viewers.spacing(f"page {number}", 1.0, 0.0)

    assert viewers.spacing("another", 1.0, FORGOTTEN_SECONDS + 1) == 1.0
