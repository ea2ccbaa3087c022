"""A sentence rewritten through the interface, by an endpoint on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.chat_endpoint import ChatEndpoint, named_chat_endpoint

if TYPE_CHECKING:
    from tests.pages.api.conftest import Interface


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatEndpoint]:
    with named_chat_endpoint(monkeypatch, key="sk-never-shown") as running:
        yield running


def test_a_sentence_is_rewritten_and_no_shot_has_it(api: Interface, chat: ChatEndpoint) -> None:
    chat.say("The camera pans slowly over the bay.")
    told = api.post("/api/rewriting", {"text": "pan"})
    assert told == {"text": "The camera pans slowly over the bay.", "host": chat.host}
    assert len(chat.asked) == 1


def test_why_it_was_not_rewritten_is_one_sentence(api: Interface, chat: ChatEndpoint) -> None:
    chat.status = 401
    told = api.post("/api/rewriting", {"text": "pan"}, status=400)
    assert told["error"] == "rewriting-key-refused"
    assert told["message"] == f"{chat.host} does not take the key; see whether STUDIO_REWRITING_KEY is right."
    assert "sk-never-shown" not in str(told)


def test_it_is_off_until_an_endpoint_is_named(api: Interface, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STUDIO_REWRITING_URL", raising=False)
    assert api.post("/api/rewriting", {"text": "pan"}, status=400)["error"] == "rewriting-off"
    monkeypatch.setenv("STUDIO_REWRITING_URL", "http://127.0.0.1:9/v1")
    monkeypatch.delenv("STUDIO_REWRITING_MODEL", raising=False)
    assert api.post("/api/rewriting", {"text": "pan"}, status=503)["error"] == "setting-rejected"


def test_offline_nothing_is_sent(api: Interface, chat: ChatEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_OFFLINE", "1")
    assert api.post("/api/rewriting", {"text": "pan"}, status=400)["error"] == "rewriting-offline"
    assert chat.asked == []
