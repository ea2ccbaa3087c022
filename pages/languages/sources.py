"""What has to be in every catalogue: the words of all tables, and the texts that the pages' code gives to t and tn.

The code is only read; tables are imported by their names, since they belong to rooms above this one.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pages.languages.tables import MESSAGES, WORDS

ROOT = Path(__file__).resolve().parents[2]


class UnreadableText(ValueError):
    """Code gives something else than a text written out to t or tn, so nobody can translate it."""


@dataclass(frozen=True)
class Text:
    """One text: ``many`` is its plural, ``context`` an id that tells it from others of the same words."""

    english: str
    context: str | None = None
    many: str | None = None

    @property
    def key(self) -> tuple[str | None, str]:
        """What a catalogue finds it by."""
        return self.context, self.english


def all_texts() -> list[Text]:
    """Every text once, in the order in which they are said first."""
    found: dict[tuple[str | None, str], Text] = {}
    for text in (*_of_tables(), *_of_code()):
        known = found.setdefault(text.key, text)
        if known.many is None and text.many is not None:
            found[text.key] = text
    return list(found.values())


def _of_tables() -> Iterator[Text]:
    for name in MESSAGES:
        for id, english in _table(name).items():
            yield Text(english, context=id)
    for prefix, name in WORDS.items():
        for id, english in _table(name).items():
            yield Text(english, context=f"{prefix}.{id}")


def _table(name: str) -> Mapping[str, str]:
    module, attribute = name.split(":")
    table: Mapping[str, str] = getattr(importlib.import_module(module), attribute)
    return table


def _of_code() -> Iterator[Text]:
    for file in sorted((ROOT / "pages").rglob("*.py")):
        where = file.relative_to(ROOT).as_posix()
        yield from texts_of(file.read_text(encoding="utf-8"), where)


def texts_of(code: str, where: str) -> Iterator[Text]:
    """What ``code`` gives to t and tn, in the order of its lines. Raises UnreadableText."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name == "t":
            (english,) = _written_out(call, 1, where)
            yield Text(english)
        elif name == "tn":
            english, many = _written_out(call, 2, where)
            yield Text(english, many=many)


def _written_out(call: ast.Call, texts: int, where: str) -> list[str]:
    values = [argument.value for argument in call.args[:texts] if isinstance(argument, ast.Constant)]
    if len(values) < texts or not all(isinstance(value, str) for value in values):
        raise UnreadableText(f"{where}:{call.lineno}: write the text out; what is chosen among is a table of words")
    return [str(value) for value in values]
