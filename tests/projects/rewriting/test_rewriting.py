"""Sentences rewritten by a real server on the loopback, and everything that it may answer instead."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from projects.rewriting import rewriting
from projects.rewriting.endpoint import Endpoint, named_endpoint
from projects.rewriting.rewriting import INSTRUCTION, MOST_ANSWER_BYTES, MOST_CHARACTERS, RewritingFailed, rewritten
from tests.support.chat_endpoint import ChatEndpoint, chat_endpoint

KEY = "sk-never-shown"


@pytest.fixture
def chat() -> Iterator[ChatEndpoint]:
    with chat_endpoint() as running:
        yield running


@pytest.fixture
def endpoint(chat: ChatEndpoint) -> Endpoint:
    named = named_endpoint(
        {
            "STUDIO_REWRITING_URL": chat.url,
            "STUDIO_REWRITING_MODEL": "small",
            "STUDIO_REWRITING_KEY": KEY,
        }
    )
    assert named is not None
    return replace(named, offline=False)


def why_not(text: str, endpoint: Endpoint | None) -> str:
    with pytest.raises(RewritingFailed) as told:
        rewritten(text, endpoint)
    assert KEY not in str(told.value)
    return told.value.message.id


def test_the_sentence_is_sent_with_the_instruction_and_nothing_else(chat: ChatEndpoint, endpoint: Endpoint) -> None:
    chat.say("The camera pans slowly over the bay.")
    assert rewritten("Pan over the bay", endpoint) == "The camera pans slowly over the bay."
    ((path, headers, body),) = chat.asked
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "small",
        "messages": [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": "Pan over the bay"}],
        "stream": False,
    }


def test_without_a_key_none_is_sent(chat: ChatEndpoint, endpoint: Endpoint) -> None:
    rewritten("Pan", replace(endpoint, key=None))
    assert "authorization" not in {name.lower() for name in chat.asked[0][1]}


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ('"The boat leaves."', "The boat leaves."),
        ("「船離開了。」", "船離開了。"),
        ('"Go," she says, "now."', '"Go," she says, "now."'),
        ("<think>A pan?\nYes.</think>\n\n The boat leaves. ", "The boat leaves."),
        ("One.\n\nTwo.", "One.\n\nTwo."),
        ("half \ud800 a letter", "half \ufffd a letter"),
    ],
)
def test_only_the_sentence_counts(chat: ChatEndpoint, endpoint: Endpoint, said: str, counts: str) -> None:
    chat.say(said)
    assert rewritten("The boat goes", endpoint) == counts


def test_nothing_is_sent_where_nothing_may_be(chat: ChatEndpoint, endpoint: Endpoint) -> None:
    assert why_not("Pan", None) == "rewriting-off"
    assert why_not("Pan", replace(endpoint, offline=True)) == "rewriting-offline"
    assert why_not(" \n", endpoint) == "rewriting-nothing"
    assert why_not("a" * (MOST_CHARACTERS + 1), endpoint) == "rewriting-sentence-too-long"
    assert chat.asked == []


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "rewriting-key-refused"),
        (403, "rewriting-key-refused"),
        (404, "rewriting-model-unknown"),
        (429, "rewriting-too-often"),
        (400, "rewriting-refused"),
        (500, "rewriting-refused"),
    ],
)
def test_a_refusal_is_one_sentence_that_repeats_nothing(
    chat: ChatEndpoint, endpoint: Endpoint, status: int, told: str
) -> None:
    chat.status = status
    chat.content = json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode()
    assert why_not("Pan", endpoint) == told


def test_nothing_is_sent_to_where_an_answer_points(chat: ChatEndpoint, endpoint: Endpoint) -> None:
    with chat_endpoint() as other:
        chat.status, chat.headers = 307, {"Location": f"{other.url}/chat/completions"}
        assert why_not("Pan", endpoint) == "rewriting-elsewhere"
        assert other.asked == []


def test_no_proxy_of_the_system_is_asked(
    chat: ChatEndpoint, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_endpoint() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        rewritten("Pan", endpoint)
        assert (len(chat.asked), proxy.asked) == (1, [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>hello</html>",
        b"[]",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": ["a"]}}]}',
        b'{"choices": "no"}',
        b'{"choices": {"0": 1}}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_answer_in_the_form_is_told(chat: ChatEndpoint, endpoint: Endpoint, content: bytes) -> None:
    chat.content = content
    assert why_not("Pan", endpoint) == "rewriting-unreadable"


def test_an_answer_without_words_is_told(chat: ChatEndpoint, endpoint: Endpoint) -> None:
    for said in (None, "", "  ", "<think>Hm.</think>", '""'):
        chat.say(said)
        assert why_not("Pan", endpoint) == "rewriting-empty", said


def test_an_answer_that_is_too_long_is_not_read_to_its_end(chat: ChatEndpoint, endpoint: Endpoint) -> None:
    chat.say("a" * (MOST_CHARACTERS + 1))
    assert why_not("Pan", endpoint) == "rewriting-too-long"
    chat.say("The camera pans to", finish="length")
    assert why_not("Pan", endpoint) == "rewriting-too-long"
    chat.content = b" " * (MOST_ANSWER_BYTES + 1)
    assert why_not("Pan", endpoint) == "rewriting-too-long"


def test_an_endpoint_that_is_not_there_or_says_nothing_is_told(
    chat: ChatEndpoint, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting, "SECONDS_TO_ANSWER", 0.3)
    chat.holds = True
    assert why_not("Pan", endpoint) == "rewriting-too-slow"
    monkeypatch.undo()
    with chat_endpoint() as gone:
        away = replace(endpoint, url=f"{gone.url}/chat/completions")
    assert why_not("Pan", away) == "rewriting-no-answer"


def test_the_key_is_in_no_log(chat: ChatEndpoint, endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        rewritten("Pan", endpoint)
        chat.status = 401
        why_not("Pan", endpoint)
    assert KEY not in caplog.text
