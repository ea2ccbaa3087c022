"""A database that cannot be used, and what nobody foresaw: one sentence on every page, which works again afterwards."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.serving.files import file_routes, film_url
from pages.session.database import session, settings
from projects.storyboard.projects import create_project
from projects.storyboard.reading import list_projects
from tests.support.page_driver import open_page, text_of, use_studio

PAGES = ["project_list.py", "storyboard.py", "film.py"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    use_studio(tmp_path, monkeypatch)
    with session() as opened:
        made = create_project(session=opened, name="The sea")
        opened.commit()
        return made.id


class Spoilt:
    """The database without its projects, as if another were in its place, until ``mend``."""

    def __init__(self) -> None:
        self._rename("project", "elsewhere")

    def mend(self) -> None:
        self._rename("elsewhere", "project")

    def _rename(self, one: str, other: str) -> None:
        with contextlib.closing(sqlite3.connect(settings().database_file)) as opened:
            opened.execute(f"ALTER TABLE {one} RENAME TO {other}")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_is_the_matter_and_works_when_the_database_is_back(project: str, page: str) -> None:
    at = open_page(page, project=project)
    spoilt = Spoilt()

    at.run()
    assert "studio.db cannot be used: it does not hold what it should" in text_of(at)
    assert not at.exception

    spoilt.mend()
    at.button(key="try-again").click().run()
    assert "The sea" in text_of(at)
    assert "cannot be used" not in text_of(at)


def test_a_click_says_what_is_the_matter_and_works_when_the_database_is_back(project: str) -> None:
    at = open_page(project=project)
    spoilt = Spoilt()
    at.text_input(key="new-name").set_value("海边")
    at.button[0].click().run()
    assert "cannot be used" in text_of(at)
    assert not at.exception

    spoilt.mend()
    at.run()
    at.text_input(key="new-name").set_value("海边")
    next(button for button in at.button if button.label == "Create").click().run()
    with session() as opened:
        assert sorted(one.project.name for one in list_projects(session=opened)) == ["The sea", "海边"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_opens_on_an_empty_database_says_so_and_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    use_studio(tmp_path, monkeypatch)
    settings().database_file.write_bytes(b"")

    assert "its file is empty (0 bytes)" in text_of(open_page(page, project="0" * 32))
    assert settings().database_file.stat().st_size == 0


def test_a_setting_that_cannot_be_used_is_said_on_the_page(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page(project=project)
    monkeypatch.setenv("STUDIO_DATABASE_URL", "mysql://elsewhere/studio")

    assert "STUDIO_DATABASE_URL" in text_of(at.run())


def test_what_nobody_foresaw_is_a_sentence_on_the_page_and_whole_in_the_log(
    project: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> str:
        raise ZeroDivisionError("in the depths")

    monkeypatch.setattr("pages.parts.project_card.when_text", fail)
    with caplog.at_level(logging.ERROR, logger="pages.session.faults"):
        at = open_page(project=project)

    assert "Something unforeseen happened (ZeroDivisionError)" in text_of(at)
    assert "in the depths" not in text_of(at)
    assert "in the depths" in caplog.text


def test_a_file_is_answered_with_the_sentence_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_studio(tmp_path, monkeypatch)
    settings().database_file.write_bytes(b"")
    with TestClient(Starlette(routes=file_routes())) as client:
        refused = client.get(film_url("0" * 32))
        settings().database_file.unlink()
        again = client.get(film_url("0" * 32))

    assert (refused.status_code, again.status_code) == (503, 404)
    assert "its file is empty" in refused.text
