"""Every word of the board comes from its table, and its script holds none of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pages.board import board
from pages.board.words import BOARD_WORDS

SCREEN = Path(board.__file__).with_name("screen")
SCRIPT = board.script()
# What a call asks for by a text of its own; ids put together of parts are held by the families below.
ASKED = set(re.findall(r"\b(?:say|has)\(\s*\"([\w-]+)\"", SCRIPT))
COUNTED = set(re.findall(r"\bcount\(\s*(?:[^\"()]*\? )?\"([\w-]+)\"(?: : \"([\w-]+)\")?", SCRIPT))
FAMILIES = {
    "kind-": ("all", "stale", "never", "empty", "waiting", "failed", "done"),
    "size-": ("1", "2", "3"),
    "start-": ("cut", "continue", "cut-long", "continue-long"),
    "column-": (
        *("number", "picture", "prompt", "seconds", "start", "transition", "transition_seconds", "state", "takes"),
    ),
    "transition-": ("cut", "dissolve", "black", "white", "wipe", "set-one", "set-many"),
    "transition_seconds-": ("set-one", "set-many"),
}


def test_whatever_the_script_says_is_in_the_table() -> None:
    counted = {one for pair in COUNTED for one in pair if one}
    assert {id for id in ASKED if id not in BOARD_WORDS} == set()
    assert {id for id in counted if not {f"{id}-one", f"{id}-many"} <= set(BOARD_WORDS)} == set()
    assert len(ASKED) > 60
    assert len(counted) > 10


@pytest.mark.parametrize("family", FAMILIES)
def test_ids_that_are_put_together_are_all_there(family: str) -> None:
    assert {f"{family}{one}" for one in FAMILIES[family]} <= set(BOARD_WORDS)


def test_whatever_is_in_the_table_is_said() -> None:
    texts = set(re.findall(r"[\"`]([\w-]+)[\"`]", SCRIPT))
    whole = {f"{family}{one}" for family, ones in FAMILIES.items() for one in ones} | {"undo-done", "redo-done"}
    keys = {id for id in BOARD_WORDS if id.startswith("key-") and id.removeprefix("key-") in SCRIPT}
    said = texts | whole | keys
    assert {id for id in BOARD_WORDS if id not in said and re.sub("-(one|many)$", "", id) not in said} == set()


def test_the_script_has_no_words_of_its_own() -> None:
    code = "\n".join(line for line in SCRIPT.splitlines() if not line.strip().startswith("//"))
    assert re.findall(r"\"[A-Z][a-z]+ [a-z][^\"]*\"", code) == []
    assert re.findall(r"(?:textContent|title|placeholder|innerHTML) = [\"`][A-Za-z]", code) == []


def test_the_script_evaluates_no_text_and_writes_no_markup() -> None:
    assert re.findall(r"\b(?:eval|Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write)\b", SCRIPT) == []


def test_every_file_of_the_screen_is_used_and_none_is_long() -> None:
    files = [*SCREEN.glob("*.js"), *SCREEN.glob("*.css")]
    joined = SCRIPT + board.style()
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text in joined, file.name
        assert text.count("\n") <= 300, file.name
        assert text.startswith(("// ", "/* ")), file.name
