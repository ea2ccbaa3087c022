"""Lines of a width, in any script, where each letter is one wide and each Chinese one two."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from projects.documents.wrapping import clusters, fitted, lines_of, shortened


def measure(text: str) -> float:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def test_words_are_kept_whole_and_chinese_is_broken_between_letters() -> None:
    assert lines_of("the sea is calm", 8, measure) == ["the sea", "is calm"]
    assert lines_of("海浪拍打礁石", 6, measure) == ["海浪拍", "打礁石"]


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    assert lines_of("海浪拍，打礁", 6, measure) == ["海浪", "拍，打", "礁"]
    assert lines_of("海浪「拍打」", 6, measure) == ["海浪", "「拍", "打」"]


def test_a_word_that_is_too_long_is_broken_within() -> None:
    assert lines_of("abcdefgh ij", 4, measure) == ["abcd", "efgh", "ij"]


def test_lines_of_the_text_stay() -> None:
    assert lines_of("a\n\nb", 10, measure) == ["a", "", "b"]


def test_emoji_of_several_characters_and_letters_with_marks_stay_whole() -> None:
    text = "a👩‍🚀🇹🇼🇯🇵e\u0301👍🏽❤️"
    assert list(clusters(text)) == ["a", "👩‍🚀", "🇹🇼", "🇯🇵", "e\u0301", "👍🏽", "❤️"]


def test_what_is_left_out_is_told_by_an_ellipsis() -> None:
    assert shortened(["one", "two", "three"], 2, 10, measure) == ["one", "two…"]
    assert shortened(["one", "twotwo", "three"], 2, 6, measure) == ["one", "twotw…"]
    assert fitted("the sea is calm", 8, measure) == "the sea…"
    assert fitted("calm", 8, measure) == "calm"


@given(st.text(alphabet="ab 海，「é👩\u200d🚀\n", max_size=60), st.integers(4, 20))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = lines_of(text, width, measure)
    assert "".join("".join(lines).split()) == "".join(text.split())
    # A letter with its marks and a closing mark behind it may be wider than the line.
    assert all(measure(line) <= width or len(list(clusters(line))) <= width for line in lines)
