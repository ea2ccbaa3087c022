"""How figures are said to people."""

from __future__ import annotations

import datetime as dt

import pytest

from pages.look.language import LANGUAGES, Language, speaking
from pages.look.text import count, natural, seconds_text, shots_text, size_text, wait_text, when_text

NOW = dt.datetime(2026, 5, 20, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (2.4, "2.4 s"), (59.94, "59.9 s"), (59.97, "1 min 00 s"), (65, "1 min 05 s"), (3720, "1 h 02 min")],
)
def test_a_length_is_said_with_its_unit(seconds: float, said: str) -> None:
    assert seconds_text(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(3, "a few seconds"), (33, "about 35 s"), (240, "about 4 min"), (9000, "about 2.5 h")]
)
def test_a_wait_is_said_no_finer_than_anyone_can_know(seconds: float, said: str) -> None:
    assert wait_text(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"), [(999, "999 bytes"), (81_200, "81 kB"), (3_440_000, "3.4 MB"), (2_500_000_000, "2.50 GB")]
)
def test_a_size_is_said_with_its_unit(size: int, said: str) -> None:
    assert size_text(size) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (dt.timedelta(seconds=20), "just now"),
        (dt.timedelta(minutes=1), "1 minute ago"),
        (dt.timedelta(hours=5), "5 hours ago"),
        (dt.timedelta(hours=30), "yesterday"),
        (dt.timedelta(days=3), "3 days ago"),
        (dt.timedelta(days=30), "20 April 2026"),
    ],
)
def test_a_moment_is_said_by_how_long_ago_it_was(ago: dt.timedelta, said: str) -> None:
    assert when_text(NOW - ago, NOW) == said


def test_one_of_a_thing_is_not_many() -> None:
    assert count(1, "shot") == "1 shot"
    assert count(0, "shot") == "0 shots"


def test_figures_are_said_in_the_readers_language() -> None:
    with speaking(LANGUAGES["zh_TW"]):
        assert seconds_text(2.4) == "2.4 秒"
        assert seconds_text(65) == "1 分 05 秒"
        assert seconds_text(3720) == "1 小時 02 分"
        assert wait_text(33) == "約 35 秒"
        assert size_text(999) == "999 位元組"
        assert size_text(3_440_000) == "3.4 MB"
        assert shots_text(3) == "3 個鏡頭"
        assert when_text(NOW - dt.timedelta(hours=5), NOW) == "5 小時前"
        assert when_text(NOW - dt.timedelta(days=30), NOW) == "2026年4月20日"


def test_decimals_have_the_sign_of_the_readers_language() -> None:
    with speaking(Language("de", "Deutsch", "de", "de_DE", ("de",))):
        assert seconds_text(2.4) == "2,4 s"
        assert size_text(3_440_000) == "3,4 MB"


def test_names_are_sorted_as_people_number_them() -> None:
    assert sorted(["shot 10", "Shot 2", "shot", "镜头 3"], key=natural) == ["shot", "Shot 2", "shot 10", "镜头 3"]
