"""The tables of words: what the code says is in them, they hold nothing else, and places and values agree."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import pytest

from framepack.english import ENGLISH as ENGINE
from pages.look.english import ENGLISH as PAGES
from projects.english import ENGLISH as STUDIO

ROOT = Path(__file__).resolve().parent.parent
TABLES: dict[str, Mapping[str, str]] = {"framepack": ENGINE, "projects": STUDIO, "pages": PAGES}
# Errors of the engine word themselves by its table, whoever raises them.
OF_THE_ENGINE = {"InvalidRequest", "SettingRejected", "ImageRejected", "WeightsDamaged", "LoraRejected"}


@dataclass(frozen=True)
class Said:
    """One ``Message("id", ...)`` of the code; ``places`` names its values, None where they are made elsewhere."""

    where: str
    package: str
    id: str
    places: frozenset[str] | None


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for package in TABLES:
        for file in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            yield from ((file, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def keys_of(values: list[ast.expr]) -> frozenset[str] | None:
    if not values:
        return frozenset()
    if not isinstance(values[0], ast.Dict):
        return None
    return frozenset(str(key.value) for key in values[0].keys if isinstance(key, ast.Constant))


def said() -> list[Said]:
    found = []
    for file, call in calls():
        if name_of(call) == "Message" and call.args and isinstance(call.args[0], ast.Constant):
            where = f"{file.relative_to(ROOT).as_posix()}:{call.lineno}"
            found.append(Said(where, where.split("/")[0], str(call.args[0].value), keys_of(call.args[1:])))
    return found


def places_of(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


@pytest.mark.parametrize("one", said(), ids=lambda one: f"{one.where}:{one.id}")
def test_what_is_said_is_in_the_table_of_its_package_with_places_for_its_values(one: Said) -> None:
    assert one.id in TABLES[one.package]
    if one.places is not None:
        assert places_of(TABLES[one.package][one.id]) == one.places


def test_reasons_within_the_engines_errors_are_in_its_own_table() -> None:
    for file, call in calls():
        if name_of(call) in OF_THE_ENGINE:
            for inner in ast.walk(call):
                if (
                    isinstance(inner, ast.Call)
                    and name_of(inner) == "Message"
                    and isinstance(inner.args[0], ast.Constant)
                ):
                    assert inner.args[0].value in ENGINE, f"{file}:{inner.lineno}"


def test_every_sentence_of_the_tables_is_said_somewhere() -> None:
    # An id may be chosen among several before it is said, so any text of the code counts that is one.
    texts = set()
    for package in TABLES:
        for file in (ROOT / package).rglob("*.py"):
            if file.name != "english.py":
                nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                texts |= {
                    node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
                }
    unsaid = sorted(set(PAGES) - texts)
    assert unsaid == []


def test_no_table_says_a_thing_of_another_in_other_words() -> None:
    for below, table in ((ENGINE, STUDIO), (STUDIO, PAGES)):
        assert {id: table[id] for id in below} == dict(below)
