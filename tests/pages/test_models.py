"""The page of the models, driven without a browser on folders of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import constants
from streamlit.testing.v1 import AppTest

from framepack.checkpoints.table import CHECKPOINTS
from framepack.messages import Message
from pages.session.database import settings
from projects.fetching.record import Download, FetchedFile, keep
from tests.support.hub_of_models import published
from tests.support.page_driver import open_page, text_of, use_studio


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for weights, empty yet."""
    use_studio(tmp_path / "studio", monkeypatch)
    settings().make_folders()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "person")
    monkeypatch.setenv("STUDIO_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def put(models: Path, *repositories: str) -> None:
    for repository, files in published().items():
        if not repositories or repository in repositories:
            for name, content in files.items():
                path = models / repository / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content[:1000])


def page() -> AppTest:
    return open_page("models.py")


def buttons(at: AppTest) -> dict[str, bool]:
    """Whether each button of the cards can be pressed, by its key."""
    return {button.key: not button.disabled for button in at.button if button.key}


def test_where_nothing_was_fetched_only_the_draft_is_said_to_be_here() -> None:
    at = page()
    assert "Only the draft is here" in text_of(at)
    assert "CC BY-SA 4.0" in text_of(at)
    assert "about 42.4 GB missing" in text_of(at)
    assert buttons(at) == {"fetch-f1": True, "fetch-original": True}


def test_a_model_of_which_all_is_here_has_nothing_to_fetch(models: Path) -> None:
    put(models)
    at = page()
    assert "one published model are here" in text_of(at)
    assert buttons(at) == {"fetch-original": True}
    assert str(models / "hunyuanvideo-community/HunyuanVideo/vae") in text_of(at)
    assert "A folder for each repository" in text_of(at)


def test_a_model_of_which_some_is_here_says_what_is_missing(models: Path) -> None:
    put(models, "lllyasviel/flux_redux_bfl")
    at = page()
    assert "until all parts of a published model are here" in text_of(at)
    assert "Partly there" in text_of(at)
    assert "Missing; from hunyuanvideo-community/HunyuanVideo" in text_of(at)


def test_a_damaged_part_is_named_for_what_it_is(models: Path) -> None:
    put(models)
    index = (
        models / CHECKPOINTS["f1"].sources["transformer"].repository / "diffusion_pytorch_model.safetensors.index.json"
    )
    index.write_text("[]", encoding="utf-8")
    at = page()
    assert "Damaged" in text_of(at)
    assert "is not an index of weights" in text_of(at)


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Download("f1", "working", finished=(FetchedFile("a/b", "c", 1),)), "when the studio ended"),
        (Download("f1", "cancelled"), "was called off"),
        (
            Download(
                "f1",
                "failed",
                problem=Message("download-failed", {"repository": "a/b", "reason": Message("hub-unreachable")}),
            ),
            "the hub cannot be reached",
        ),
    ],
    ids=["interrupted", "cancelled", "failed"],
)
def test_a_download_that_did_not_end_well_says_why_and_can_be_begun_again(ended: Download, said: str) -> None:
    keep(settings(), ended)
    at = page()
    assert said in text_of(at)
    assert buttons(at)["fetch-f1"]


def test_offline_is_said_where_the_button_cannot_be_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_OFFLINE", "1")
    at = page()
    assert text_of(at).count("as STUDIO_OFFLINE says") == 2
    assert buttons(at) == {"fetch-f1": False, "fetch-original": False}


def test_settings_are_shown_without_the_secrets_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_HUB_ENDPOINT", "https://mirror.example.org")
    monkeypatch.setenv("STUDIO_PROXY", "http://me:secret@proxy:3128")
    at = page()
    assert "https://mirror.example.org" in text_of(at)
    assert "http://proxy:3128" in text_of(at)
    assert "secret" not in text_of(at)


def test_a_setting_that_cannot_be_used_is_said_and_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_OFFLINE", "perhaps")
    at = page()
    assert "perhaps" in text_of(at)
    assert buttons(at) == {"fetch-f1": False, "fetch-original": False}


def test_folders_of_other_programs_are_named_and_how_they_are_used(tmp_path: Path) -> None:
    (tmp_path / "person" / "ComfyUI" / "models").mkdir(parents=True)
    (tmp_path / "person" / "FramePack-Studio" / "hf_download").mkdir(parents=True)
    text = text_of(page())
    assert f"STUDIO_MODELS={tmp_path / 'person' / 'ComfyUI' / 'models'}" in text
    assert f"STUDIO_MODELS={tmp_path / 'person' / 'FramePack-Studio'}." in text


def test_a_file_that_is_something_else_is_named_for_what_it_is(models: Path) -> None:
    models.mkdir()
    (models / "model.safetensors").write_bytes(b"<!doctype html><html>not found</html>")
    assert "is a page of the web" in text_of(page())
