"""The page of the library of LoRAs, and choosing them, driven without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.session.database import session, settings
from projects.database.tables import Lora, ProjectUpdate
from projects.loras.files import lora_file
from projects.loras.library import add_lora, choice_of, get_lora
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import get_project
from tests.support.page_driver import open_page, text_of, use_studio
from tests.support.small_loras import small_lora


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_studio(tmp_path, monkeypatch)


@pytest.fixture
def rain(tmp_path: Path) -> Lora:
    settings().make_folders()
    with session() as opened:
        file = small_lora(tmp_path / "given" / "rain <b>.safetensors", words="r41n")
        lora = add_lora(session=opened, settings=settings(), file=file, name=file.name)
        opened.commit()
        return lora


def test_an_empty_library_says_what_loras_are() -> None:
    at = open_page("lora_library.py")
    assert "No LoRAs yet" in text_of(at)


def test_a_card_says_what_a_lora_is_and_what_is_wrong_with_its_file(rain: Lora) -> None:
    at = open_page("lora_library.py")
    shown = text_of(at)
    assert "rain &lt;b&gt;" in shown
    assert "rain <b>" not in shown
    for said in ("LoRA", "kohya", "Rank 4", "Strength 1", "r41n", "Not used"):
        assert said in shown
    kept = lora_file(settings(), rain.id)
    assert kept is not None
    kept.write_bytes(b"x")
    assert "is damaged; add it again" in text_of(open_page("lora_library.py"))
    kept.unlink()
    assert "is gone; add it again" in text_of(open_page("lora_library.py"))


def test_a_project_chooses_loras_in_its_settings(rain: Lora) -> None:
    with session() as opened:
        project = create_project(session=opened, name="Harbour")
        opened.commit()
    at = open_page("storyboard.py", project=project.id)
    at.session_state[f"settings-{project.id}"] = True
    at.run()
    next(box for box in at.selectbox if box.label == "Add a LoRA").select(rain.id).run()
    with session() as opened:
        assert get_project(session=opened, project_id=project.id).loras == [choice_of(rain).stored()]


def test_an_edit_is_saved_and_can_be_undone(rain: Lora) -> None:
    at = opened_card(rain)
    next(box for box in at.number_input if box.label == "Usual strength").set_value(0.6).run()
    assert strength_of(rain) == 0.6
    assert "“rain &lt;b&gt;” was changed" in text_of(at)
    next(button for button in at.button if button.label == "Undo").click().run()
    assert strength_of(rain) == 1.0


def test_what_is_used_cannot_be_put_away_and_what_is_not_comes_back(rain: Lora) -> None:
    with session() as opened:
        project = create_project(session=opened, name="Harbour")
        chosen = [choice_of(rain).stored()]
        edit_project(session=opened, project_id=project.id, changes=ProjectUpdate(loras=chosen))
        opened.commit()
    at = opened_card(rain)
    assert "Used by 1 project" in text_of(at)
    assert next(button for button in at.button if button.label == "Put away").disabled
    with session() as opened:
        edit_project(session=opened, project_id=project.id, changes=ProjectUpdate(loras=[]))
        opened.commit()
    at = opened_card(rain)
    next(button for button in at.button if button.label == "Put away").click().run()
    assert "No LoRAs yet" in text_of(at)
    next(button for button in at.button if button.label == "Undo").click().run()
    assert "rain &lt;b&gt;" in text_of(at)


def opened_card(lora: Lora) -> AppTest:
    at = open_page("lora_library.py")
    at.session_state[f"lora-edit-{lora.id}"] = True
    return at.run()


def strength_of(lora: Lora) -> float:
    with session() as opened:
        return get_lora(session=opened, lora_id=lora.id).strength
