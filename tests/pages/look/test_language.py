"""Which language is spoken to whom, and how texts are said in it."""

from __future__ import annotations

import pytest

from framepack.messages import Message
from pages.languages.tables import WORDS
from pages.look.language import (
    ENGLISH,
    LANGUAGES,
    Language,
    accepted,
    language,
    number_text,
    preferred,
    speaking,
    t,
    tn,
    words,
)
from pages.look.terms import TERMS
from pages.look.text import said, term

CHINESE = LANGUAGES["zh_TW"]
GERMAN = Language("de", "Deutsch", "de", "de_DE", ("de",))  # has no catalogue, and a comma before its decimals


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("en-US", "en"),
        ("zh-TW", "zh_TW"),
        ("zh-Hant", "zh_TW"),
        ("zh-Hant-HK", "zh_TW"),
        ("zh_TW", "zh_TW"),
        ("ZH-tw", "zh_TW"),
        ("zh-CN", None),
        ("zh-Hans-TW", None),
        ("english", None),
        ("", None),
    ],
)
def test_a_tag_is_served_by_the_language_that_its_reader_reads(tag: str, code: str | None) -> None:
    found = preferred([tag])
    assert (found.code if found else None) == code


def test_the_first_tag_that_is_served_counts() -> None:
    assert preferred(["fr-FR", "zh-TW", "en"]) == CHINESE


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("zh-TW,zh;q=0.9,en;q=0.8", ["zh-TW", "zh", "en"]),
        ("en;q=0.3, zh-TW ; q=0.7", ["zh-TW", "en"]),
        ("en;q=0, zh-TW", ["zh-TW"]),
        ("en;q=much, *", ["*"]),
        ("", []),
    ],
)
def test_a_browsers_wishes_are_read_in_the_order_of_their_weight(header: str, tags: list[str]) -> None:
    assert accepted(header) == tags


def test_english_is_spoken_where_nobody_asked_for_another_language() -> None:
    assert language() == ENGLISH
    assert t("Projects") == "Projects"


def test_a_text_is_said_in_the_language_spoken_and_only_for_that_long() -> None:
    with speaking(CHINESE):
        assert t("Projects") == "專案"
        with speaking(ENGLISH):
            assert t("Projects") == "Projects"
        assert t("Projects") == "專案"
    assert t("Projects") == "Projects"


def test_what_a_catalogue_lacks_is_said_in_english() -> None:
    text = "Nobody has translated this."
    with speaking(CHINESE):
        assert t(text) == text
    with speaking(GERMAN):
        assert t("Projects") == "Projects"


def test_a_number_of_things_has_the_form_of_its_language() -> None:
    assert [tn("{n} shot", "{n} shots", n) for n in (0, 1, 2000)] == ["0 shots", "1 shot", "2,000 shots"]
    with speaking(CHINESE):
        assert [tn("{n} shot", "{n} shots", n) for n in (1, 2000)] == ["1 個鏡頭", "2,000 個鏡頭"]


def test_a_number_has_the_signs_of_its_language() -> None:
    assert number_text(1234.5, 1) == "1,234.5"
    assert number_text(2, 2, least_digits=1) == "2.0"
    with speaking(GERMAN):
        assert number_text(1234.5, 1) == "1.234,5"


def test_a_message_is_worded_with_the_messages_within_it() -> None:
    nested = Message("of-shot", {"shot": "SH0010", "problem": Message("no-picture-yet")})
    with speaking(CHINESE):
        assert said(nested) == "SH0010：它還沒有圖片，而以直切開始的鏡頭要從圖片或影片檔開始。"


def test_the_short_names_within_a_message_are_worded_too() -> None:
    missing = Message("not-found", {"kind": "shot", "id": "7"})
    assert said(missing) == "There is no shot '7' (any more)."
    with speaking(CHINESE):
        assert said(missing) == "（已經）沒有這個鏡頭「7」。"
        assert said(Message("not-found", {"kind": "thing of tomorrow", "id": "7"})).startswith(
            "（已經）沒有這個thing of"
        )


def test_a_message_nobody_knows_is_shown_with_its_values() -> None:
    with speaking(CHINESE):
        assert said(Message("of-tomorrow", {"shot": "SH0010"})) == "of-tomorrow SH0010"


def test_a_term_is_said_by_its_kind_and_name() -> None:
    assert term("preset", "quick") == "Quick"
    with speaking(CHINESE):
        assert term("preset", "quick") == "快速"
    assert term("preset", "of tomorrow") == "of tomorrow"


def test_a_table_of_words_is_said_id_by_id() -> None:
    (name,) = (name for name, table in WORDS.items() if table == "pages.look.terms:TERMS")
    assert words(name, TERMS) == dict(TERMS)
    with speaking(CHINESE):
        chinese = words(name, TERMS)
    assert set(chinese) == set(TERMS)
    assert chinese["kind.shot"] == "鏡頭"
