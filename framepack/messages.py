"""What the program has to say, as an id with values. Words are put to it only where somebody reads them.

An id names one sentence, or one reason within a sentence, in a table of words such as ``ENGLISH``; the values fill its
places. So a message can be stored, compared and said in any language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Literal, Union

Value = Union[str, int, float, "Message"]


@dataclass(frozen=True)
class Message:
    """One thing to say: ``id`` names the words, ``values`` fill their places and may be messages themselves."""

    id: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain values, to be stored."""
        values = {name: value.to_json() if isinstance(value, Message) else value for name, value in self.values.items()}
        return {"id": self.id, "values": values}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Message:
        """What ``to_json`` gave."""
        values = {
            name: cls.from_json(value) if isinstance(value, Mapping) else value
            for name, value in kept.get("values", {}).items()
        }
        return cls(str(kept["id"]), values)


def worded(message: Message, words: Mapping[str, str]) -> str:
    """``message`` in the language of ``words``, which has a sentence with {places} for each id.

    An id that is not in it, from a newer version's database say, is shown with its values rather than not at all.
    """
    values = {
        name: worded(value, words) if isinstance(value, Message) else value for name, value in message.values.items()
    }
    if message.id not in words:
        return " ".join([message.id, *map(str, values.values())])
    return words[message.id].format(**values)


def joined(messages: Sequence[Message], by: Literal["sentences", "clauses"]) -> Message:
    """Several ``messages``, at least one, as one: sentences after each other, or clauses of one sentence."""
    return reduce(lambda first, second: Message(by, {"first": first, "second": second}), messages)


def as_message(said: Message | str) -> Message:
    """A message as it is; words from elsewhere, such as a library's, as the message that repeats them."""
    return said if isinstance(said, Message) else Message("text", {"text": said})
