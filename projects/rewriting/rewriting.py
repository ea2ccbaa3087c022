"""Asks an endpoint to rewrite one sentence: what is sent, for how long it is waited, and what of the answer counts.

The sentence is all that goes out, with ``INSTRUCTION``. Nothing here knows projects, shots or pictures.
"""

from __future__ import annotations

import json
import re
from typing import Any

import anyio
import httpx2

from framepack.messages import Message
from projects.errors import StudioError
from projects.names import storable
from projects.rewriting.endpoint import Endpoint

INSTRUCTION = (
    "You rewrite the prompt of one shot for a model that makes a video from a picture. Say in one or two plain "
    "sentences what moves and how, and what the camera does. Keep what happens, add nobody and nothing new, keep times "
    "in square brackets as they stand, and write in the language of the prompt. Answer with the rewritten prompt only."
)
SECONDS_TO_ANSWER = 60.0
MOST_CHARACTERS = 4000  # of the sentence, and of the rewritten one
MOST_ANSWER_BYTES = 256_000
# What models that think aloud put before their answer.
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_QUOTES = {'"': '"', "“": "”", "「": "」", "'": "'"}


class RewritingFailed(StudioError):
    """The sentence was not rewritten."""


def rewritten(text: str, endpoint: Endpoint | None) -> str:
    """``text`` as ``endpoint`` would write it. Raises RewritingFailed; then, or without one, ``text`` is all there is.

    It is answered within ``SECONDS_TO_ANSWER``, however slowly the endpoint speaks.
    """
    if endpoint is None:
        raise RewritingFailed(Message("rewriting-off"))
    if endpoint.offline:
        raise RewritingFailed(Message("rewriting-offline"))
    if endpoint.withheld:
        raise RewritingFailed(Message("rewriting-shared"))
    if not text.strip():
        raise RewritingFailed(Message("rewriting-nothing"))
    if len(text) > MOST_CHARACTERS:
        raise RewritingFailed(Message("rewriting-sentence-too-long", {"most": MOST_CHARACTERS}))
    status, content = anyio.run(_asked, text, endpoint)
    if not httpx2.codes.is_success(status):
        raise RewritingFailed(_refusal(status, endpoint))
    return _sentence(text, content, endpoint)


async def _asked(text: str, endpoint: Endpoint) -> tuple[int, bytes]:
    """The status and the body of the answer."""
    asked = {
        "model": endpoint.model,
        "messages": [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": text}],
        "stream": False,
    }
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    if endpoint.key is not None:
        headers["authorization"] = f"Bearer {endpoint.key}"
    try:
        with anyio.fail_after(SECONDS_TO_ANSWER):
            # Straight to the host that was named: neither the system's proxies nor its stored names and passwords.
            async with (
                httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=None) as client,
                client.stream("POST", endpoint.url, json=asked, headers=headers) as answer,
            ):
                content = b""
                async for part in answer.aiter_raw():
                    content += part
                    if len(content) > MOST_ANSWER_BYTES:
                        raise RewritingFailed(Message("rewriting-too-long", {"host": endpoint.host}))
                return answer.status_code, content
    except TimeoutError:
        too_slow = Message("rewriting-too-slow", {"host": endpoint.host, "seconds": SECONDS_TO_ANSWER})
        raise RewritingFailed(too_slow) from None
    except (httpx2.TransportError, httpx2.InvalidURL):
        raise RewritingFailed(Message("rewriting-no-answer", {"host": endpoint.host})) from None


def _refusal(status: int, endpoint: Endpoint) -> Message:
    """Why an answer with ``status`` is none. What else it says is not repeated: some say the key in it."""
    host = endpoint.host
    match status:
        case 401 | 403:
            return Message("rewriting-key-refused", {"host": host})
        case 404:
            return Message("rewriting-model-unknown", {"host": host, "model": endpoint.model})
        case 429:
            return Message("rewriting-too-often", {"host": host})
        case _ if 300 <= status < 400:
            return Message("rewriting-elsewhere", {"host": host})
        case _:
            return Message("rewriting-refused", {"host": host, "status": status})


def _sentence(text: str, content: bytes, endpoint: Endpoint) -> str:
    """The sentence in an answer, without thoughts before it and quotation marks around it."""
    try:
        choice: Any = json.loads(content)["choices"][0]
        said = choice["message"]["content"]
        cut_off = choice.get("finish_reason") == "length"
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise RewritingFailed(Message("rewriting-unreadable", {"host": endpoint.host})) from None
    if said is not None and not isinstance(said, str):
        raise RewritingFailed(Message("rewriting-unreadable", {"host": endpoint.host}))
    sentence = _unquoted(_THOUGHTS.sub("", storable(said or "")).strip(), text)
    if cut_off or len(sentence) > MOST_CHARACTERS:
        raise RewritingFailed(Message("rewriting-too-long", {"host": endpoint.host}))
    if not sentence:
        raise RewritingFailed(Message("rewriting-empty", {"host": endpoint.host}))
    return sentence


def _unquoted(sentence: str, text: str) -> str:
    end = _QUOTES.get(sentence[:1])
    if end is None or len(sentence) < 2 or text.strip().startswith(sentence[0]) or not sentence.endswith(end):
        return sentence
    inside = sentence[1:-1]
    return sentence if sentence[0] in inside or end in inside else inside.strip()
