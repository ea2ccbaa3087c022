"""Models and their downloads through the api."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from framepack.checkpoints.table import CHECKPOINTS
from pages.session.downloading import downloads
from tests.pages.api.conftest import Interface
from tests.support.hub_of_models import published
from tests.support.small_hub import SmallHub, served


def test_all_models_are_told_with_their_parts(api: Interface, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STUDIO_MODELS", str(tmp_path / "models"))
    found = api.get("/api/models")
    assert [one["name"] for one in found] == list(CHECKPOINTS)
    draft, f1, _ = found
    assert draft["complete"]
    assert draft["standing"] == "here"
    assert {part["licence"] for part in draft["parts"]} == {"CC BY-SA 4.0"}
    assert f1["standing"] == "missing"
    assert f1["download"] is None
    assert f1["missing_bytes"] == sum(part["bytes"] for part in f1["parts"])


def test_a_model_is_downloaded(api: Interface, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STUDIO_MODELS", str(tmp_path / "models"))
    with served(SmallHub(published())) as hub:
        monkeypatch.setenv("STUDIO_HUB_ENDPOINT", hub.address)
        assert api.post("/api/models/f1/download")["standing"] == "fetching"
        last = time.monotonic() + 60
        while api.get("/api/models")[1]["standing"] == "fetching" and time.monotonic() < last:
            time.sleep(0.1)
        f1 = api.get("/api/models")[1]
    assert f1["standing"] == "here"
    assert f1["download"]["received"] == f1["download"]["size"]
    assert f1["download"]["problem"] is None
    downloads().close()


def test_why_it_failed_is_told(api: Interface, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STUDIO_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("STUDIO_OFFLINE", "1")
    api.post("/api/models/original/download")
    last = time.monotonic() + 60
    while api.get("/api/models")[2]["standing"] == "fetching" and time.monotonic() < last:
        time.sleep(0.1)
    original = api.get("/api/models")[2]
    assert original["standing"] == "failed"
    assert "STUDIO_OFFLINE" in original["download"]["problem"]
    downloads().close()


def test_a_download_that_is_not_there_is_called_off_without_a_fault(api: Interface) -> None:
    assert api.post("/api/models/f1/cancel")["download"] is None


def test_what_is_no_model_or_needs_no_download_is_refused(api: Interface) -> None:
    assert "comes with the program" in api.post("/api/models/draft/download", status=400)["message"]
    assert api.post("/api/models/other/download", status=400)["field"] == "model"
