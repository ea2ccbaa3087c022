"""What a page does to the process it is drawn in is undone after each test."""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

BEFORE = sys.modules["__main__"]


def test_a_page_takes_the_place_of_the_main_module(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text("import streamlit as st\nst.write('seen')\n")
    AppTest.from_file(str(page)).run()
    assert sys.modules["__main__"] is not BEFORE


def test_afterwards_it_is_the_main_module_again() -> None:
    assert sys.modules["__main__"] is BEFORE
