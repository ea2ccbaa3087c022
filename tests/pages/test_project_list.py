"""The page of all projects, driven without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.session.database import session
from projects.storyboard.projects import create_project
from projects.storyboard.reading import list_projects
from tests.support.page_driver import open_page, text_of, use_studio


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_studio(tmp_path, monkeypatch)


def names() -> list[str]:
    with session() as opened:
        return [summary.project.name for summary in list_projects(session=opened)]


def make(name: str) -> str:
    with session() as opened:
        made = create_project(session=opened, name=name)
        opened.commit()
        return made.id


def test_an_empty_studio_says_what_a_project_is() -> None:
    at = open_page()

    assert "No projects yet" in text_of(at)


def test_a_project_is_created_and_its_storyboard_opened() -> None:
    at = open_page()
    at.text_input(key="new-name").set_value("海边")
    at.button[0].click().run()

    assert names() == ["海边"]
    assert "No shots yet" in text_of(at)


def test_a_project_is_renamed_in_its_card() -> None:
    id = make("Before")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("rename").run()
    at.text_input(key=f"name-{id}").set_value("After").run()

    assert names() == ["After"]


def test_a_project_is_duplicated() -> None:
    id = make("One")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("duplicate").run()

    assert sorted(names()) == ["One", "One (copy)"]


def test_a_deleted_project_can_be_brought_back() -> None:
    id = make("Precious")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("delete").run()
    assert names() == []
    assert "“Precious” was deleted." in text_of(at)

    at.button(key="undo-0").click().run()

    assert names() == ["Precious"]


def test_what_a_person_wrote_never_becomes_markup() -> None:
    make('<img src=x onerror="alert(1)">')
    at = open_page()

    assert "<img src=x" not in text_of(at)
