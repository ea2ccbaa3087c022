"""The short names that errors hold have words, so that none is left in English within another language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import get_args

import pytest

from framepack.checkpoints.table import CHECKPOINTS, Part
from framepack.shots.presets import PRESETS
from pages.languages.sources import ROOT
from pages.look.terms import TERMS

KINDS = {"NotFound": "kind", "InvalidRequest": "field"}


def raised() -> Iterator[str]:
    """What errors are raised about, as the term that says it."""
    for package in ("framepack", "projects", "pages"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
                if name in KINDS and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant):
                    yield f"{KINDS[name]}.{node.args[0].value}"


@pytest.mark.parametrize("id", sorted(set(raised())))
def test_what_an_error_is_about_has_words(id: str) -> None:
    assert id in TERMS


def test_every_model_preset_and_part_has_words() -> None:
    named = {f"checkpoint.{name}" for name in CHECKPOINTS} | {f"preset.{name}" for name in PRESETS}
    assert named | {f"part.{part}" for part in get_args(Part)} <= set(TERMS)
