from __future__ import annotations

import pytest

from framepack.errors import InvalidRequest
from framepack.messages import Message
from projects.messages import in_english, read, stored


def test_a_message_comes_back_from_the_database_as_it_was() -> None:
    message = InvalidRequest("steps", Message("not-between", {"value": 0, "least": 1, "most": 100})).message
    assert read(stored(message)) == message
    assert in_english(read(stored(message))) == "steps: 0 is not between 1 and 100"


@pytest.mark.parametrize("sentence", ["The disk is full.", "12", '"quoted"', "{curly}", ""])
def test_a_sentence_that_an_earlier_version_kept_is_said_as_it_is(sentence: str) -> None:
    assert in_english(read(sentence)) == sentence


def test_a_message_of_a_newer_version_is_shown_with_its_values() -> None:
    assert in_english(Message("of-tomorrow", {"shot": "SH0010"})) == "of-tomorrow SH0010"
