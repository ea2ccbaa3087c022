"""Every language says everything the studio says, with the same values in it, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from pages.languages.catalogue import catalogue_path
from pages.languages.extract import is_translated, languages, read_catalogue, updated, written
from pages.languages.sources import ROOT, all_texts
from pages.look.language import ENGLISH, LANGUAGES

TEXTS = all_texts()
# Where Chinese and Latin letters meet a Chinese mark or quotation marks of another language were left standing.
FOREIGN_MARKS = re.compile(r"[“”‘’]|[\u4e00-\u9fff][,;:!?]|[\u4e00-\u9fff]\.(?!\w)")


def messages(code: str) -> list[Message]:
    return [message for message in read_catalogue(code) if message.id]


def english_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def forms_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def places_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_language_but_english_has_a_catalogue() -> None:
    assert languages() == sorted(set(LANGUAGES) - {ENGLISH.code})


@pytest.mark.parametrize("code", languages())
def test_nothing_is_missing_and_nothing_is_unsure(code: str) -> None:
    lacking = [message.id for message in messages(code) if not is_translated(message) or message.fuzzy]
    assert lacking == []


@pytest.mark.parametrize("code", languages())
def test_it_has_exactly_what_the_studio_says_as_the_program_writes_it(code: str) -> None:
    kept = catalogue_path(code).read_text(encoding="utf-8")
    assert written(updated(read_catalogue(code), TEXTS), code) == kept, "run python -m pages.languages.extract"


@pytest.mark.parametrize("code", languages())
def test_every_translation_takes_the_same_values(code: str) -> None:
    for message in messages(code):
        of_english = set().union(*map(places_of, english_of(message)))
        assert all(places_of(form) == of_english for form in forms_of(message)), message.id


@pytest.mark.parametrize("code", languages())
def test_what_has_a_plural_has_every_form_of_the_language(code: str) -> None:
    expected = Catalog(locale=code).num_plurals
    counted = [message for message in messages(code) if isinstance(message.id, tuple | list)]
    assert counted
    assert {len(forms_of(message)) for message in counted} == {expected}


def test_chinese_is_written_with_chinese_marks() -> None:
    odd = [form for message in messages("zh_TW") for form in forms_of(message) if FOREIGN_MARKS.search(form)]
    assert odd == []


# --- how the code gives its texts -------------------------------------------------------------------------------------


def texts_with_values() -> Iterator[tuple[str, str, set[str]]]:
    """Each text that is given to t: where, the text, and the values that ``t(...).format(...)`` fills in."""
    for file in sorted((ROOT / "pages").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        around = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t":
                assert isinstance(node.args[0], ast.Constant)
                filled = around.get(around[node])
                is_filled = isinstance(around[node], ast.Attribute) and isinstance(filled, ast.Call)
                values = {keyword.arg or "" for keyword in filled.keywords} if is_filled else set()
                yield f"{file.relative_to(ROOT).as_posix()}:{node.lineno}", str(node.args[0].value), values


@pytest.mark.parametrize(
    ("where", "text", "values"), list(texts_with_values()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_place_of_a_text_is_filled_where_it_is_said(where: str, text: str, values: set[str]) -> None:
    assert places_of(text) == values, where


def test_texts_with_a_plural_have_a_place_for_the_number_only() -> None:
    for text in TEXTS:
        if text.many is not None:
            assert places_of(text.english) == places_of(text.many) == {"n"}, text
