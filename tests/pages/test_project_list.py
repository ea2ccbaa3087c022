"""The page of all projects, driven without a browser."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from sqlmodel import select

from pages.session.database import session, settings
from projects.database.tables import Project, new_id
from projects.storyboard.projects import create_project, delete_project
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


def test_what_is_not_needed_is_counted_when_somebody_asks_and_freed_when_somebody_wants_it() -> None:
    make("Kept")
    needless = settings().takes_dir / f"{new_id()}.mp4"
    needless.write_bytes(bytes(2_000_000))
    an_hour_ago = time.time() - 3700
    os.utime(needless, (an_hour_ago, an_hour_ago))
    at = open_page()
    assert "on the disk" not in text_of(at)

    at.button(key="upkeep-look").click().run()

    assert "2.0 MB of it not needed any more" in text_of(at)
    assert needless.exists()

    at.button(key="upkeep-free").click().run()

    assert not needless.exists()
    assert "2.0 MB were freed." in text_of(at)
    assert names() == ["Kept"]


def test_what_was_deleted_goes_for_good_only_by_a_button_of_its_own() -> None:
    make("Kept")
    with session() as opened:
        delete_project(session=opened, project_id=make("Gone"))
        opened.commit()
    at = open_page()
    at.button(key="upkeep-look").click().run()
    assert "upkeep-free" not in [button.key for button in at.button]
    assert "“Gone”" in at.button(key="upkeep-free-deleted").help

    at.button(key="upkeep-free-deleted").click().run()

    with session() as opened:
        assert [project.name for project in opened.exec(select(Project)).all()] == ["Kept"]
