"""Messages as the database keeps them, a text each, and as logs and commands say them."""

from __future__ import annotations

import json

from framepack.messages import Message, as_message, worded
from projects.english import ENGLISH


def stored(message: Message) -> str:
    """``message`` as a text for the database."""
    return json.dumps(message.to_json(), ensure_ascii=False)


def read(kept: str) -> Message:
    """What ``stored`` gave; a sentence that an earlier version kept is the message that repeats it."""
    try:
        values = json.loads(kept)
    except ValueError:
        return as_message(kept)
    return Message.from_json(values) if isinstance(values, dict) and "id" in values else as_message(kept)


def in_english(message: Message) -> str:
    """``message`` in English, for logs and commands."""
    return worded(message, ENGLISH)
