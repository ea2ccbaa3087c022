"""Drives the pages without a browser, on a studio of the test's own. It knows no page in particular."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

ROUTER = Path(__file__).resolve().parents[2] / "pages" / "studio.py"


def use_studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages work on the studio in ``home``."""
    monkeypatch.setenv("STUDIO_HOME", str(home))
    monkeypatch.delenv("STUDIO_DATABASE_URL", raising=False)
    monkeypatch.delenv("STUDIO_MODELS", raising=False)


def open_page(page: str = "project_list.py", *, project: str | None = None) -> AppTest:
    """The page as it is first drawn; ``project`` is the one its address names."""
    at = AppTest.from_file(str(ROUTER), default_timeout=30).run()
    if project is not None:
        at.query_params["project"] = project
    if page != "project_list.py":
        at = at.switch_page(page).run()
    assert not at.exception
    return at


def text_of(at: AppTest) -> str:
    """All that the page says in its own HTML."""
    return "\n".join(element.proto.body for element in at.get("html"))


def png(width: int = 320, height: int = 180, colour: str = "teal") -> bytes:
    """The file of a plain picture."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()
