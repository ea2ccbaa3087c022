"""What the program makes of a catalogue when the studio says other things than before."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from pages.languages.extract import is_translated, updated, written
from pages.languages.sources import Text, UnreadableText, texts_of

CODE = """
title = t("Projects")
shots = tn("{n} shot", "{n} shots", 3)
long = t(
    "One sentence. "
    "Another."
)
"""


def test_texts_are_found_in_the_order_of_the_code() -> None:
    assert list(texts_of(CODE, "here.py")) == [
        Text("Projects"),
        Text("{n} shot", many="{n} shots"),
        Text("One sentence. Another."),
    ]


@pytest.mark.parametrize("code", ['t(f"Take {number}")', "t(title)", 'tn("{n} shot", many, 3)'])
def test_a_text_that_is_not_written_out_is_refused_with_its_line(code: str) -> None:
    with pytest.raises(UnreadableText, match=r"here\.py:1"):
        list(texts_of(code, "here.py"))


def known() -> Catalog:
    catalog = Catalog(locale="zh_TW")
    catalog.add("Projects", "專案")
    catalog.add("Gone", "不再")
    catalog.add("It is done.", "完成了。", context="done")
    return catalog


def test_what_is_still_said_keeps_its_translation_and_what_is_not_goes() -> None:
    fresh = updated(known(), [Text("Projects"), Text("New")])

    assert [(message.id, message.string) for message in fresh if message.id] == [("Projects", "專案"), ("New", None)]


def test_a_message_that_says_something_else_now_has_to_be_looked_at_again() -> None:
    fresh = updated(known(), [Text("It is finished.", context="done")])

    (message,) = (message for message in fresh if message.id)
    assert (message.string, message.fuzzy) == ("完成了。", True)
    assert "#, fuzzy" in written(fresh, "zh_TW")


def test_a_plural_is_translated_when_all_its_forms_are() -> None:
    catalog = Catalog(locale="en")
    catalog.add(("{n} shot", "{n} shots"), ("{n} shot", ""))

    assert [is_translated(message) for message in catalog if message.id] == [False]
