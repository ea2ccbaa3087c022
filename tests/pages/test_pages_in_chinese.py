"""The pages in Traditional Chinese: who gets them, and that nothing of them is left in English."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.session.database import session
from projects.storyboard.projects import create_project, delete_project
from tests.support.page_driver import ROUTER, use_studio

# What is written with Latin letters in Chinese, too: names, numbers of shots, units.
SAME = {"FramePack", "English", "MB", "kB", "GB", "F1", "DATA", "CSV", "XLSX", "Fountain", "JSON", "ZIP", "Enter"}
SAME |= {"LoRA", "LoHa", "LoKr", "PEFT", "HunyuanVideo", "ComfyUI", "SHA", "kohya", "safetensors", "F32"}
WORD = re.compile(r"[A-Za-z][A-Za-z0-9']+")
TAG = re.compile(r"<[^>]*>")
SPOKEN = re.compile(r'(?:alt|title|aria-label)="([^"]*)"')
SYMBOL = re.compile(r":material/\w+:")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_studio(tmp_path, monkeypatch)


def open_pages(locale: str | None = "zh-TW", **query: str) -> AppTest:
    at = AppTest.from_file(str(ROUTER), default_timeout=30)
    at.context = {"locale": locale}
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def make(name: str) -> str:
    with session() as opened:
        made = create_project(session=opened, name=name)
        opened.commit()
        return made.id


def shown(at: AppTest) -> Iterator[str]:
    """Every text of the page that a person reads or hears."""
    for element in at.main:
        proto = getattr(element, "proto", None)
        body = str(getattr(proto, "body", ""))
        yield from (html.unescape(text) for text in (*TAG.sub("\n", body).split("\n"), *SPOKEN.findall(body)))
        for name in ("label", "help", "placeholder"):
            yield SYMBOL.sub("", str(getattr(proto, name, "")))
        yield from map(str, getattr(proto, "options", ()))


def english_of(at: AppTest) -> list[str]:
    """The texts of the page that are not Chinese; what a person wrote is called DATA in these tests."""
    return [text for text in shown(at) if set(WORD.findall(text)) - SAME]


def headline(at: AppTest) -> str:
    return next(text for text in shown(at) if text in ("Projects", "專案"))


def test_a_browser_in_chinese_gets_a_page_without_an_english_word() -> None:
    at = open_pages()

    assert headline(at) == "專案"
    assert any(text == "還沒有專案" for text in shown(at))
    assert english_of(at) == []


def test_projects_and_what_was_said_of_a_click_are_in_chinese_too() -> None:
    id = make("DATA")
    make("DATA")
    at = open_pages()
    at.menu_button(key=f"menu-{id}").click("rename").run()
    assert english_of(at) == []

    at.menu_button(key=f"menu-{id}").click("delete").run()

    assert any(text == "已刪除「DATA」。" for text in shown(at))
    assert english_of(at) == []


def test_what_is_not_needed_is_told_in_chinese() -> None:
    with session() as opened:
        delete_project(session=opened, project_id=make("DATA"))
        opened.commit()
    at = open_pages()
    at.button(key="upkeep-look").click().run()

    assert any(text.startswith("永久移除") for text in shown(at))
    assert english_of(at) == []


@pytest.mark.parametrize("page", ["film.py"])
def test_a_page_without_a_project_is_in_chinese(page: str) -> None:
    at = open_pages().switch_page(page).run()

    assert any(text == "沒有開啟的專案" for text in shown(at))
    assert english_of(at) == []


def test_the_film_page_of_a_project_without_shots_is_in_chinese() -> None:
    at = open_pages()
    at.query_params["project"] = make("DATA")
    at.switch_page("film.py").run()

    assert any("還沒有任何鏡頭" in text for text in shown(at))
    assert english_of(at) == []


@pytest.mark.parametrize("locale", ["en-US", "fr-FR", "zh-CN", None])
def test_other_browsers_get_english(locale: str | None) -> None:
    assert headline(open_pages(locale)) == "Projects"


def test_an_address_can_ask_for_a_language_which_stays_on_other_pages() -> None:
    at = open_pages("en-US", lang="zh_TW")
    assert headline(at) == "專案"

    del at.query_params["lang"]
    at.switch_page("film.py").run()

    assert any(text == "沒有開啟的專案" for text in shown(at))


def test_a_language_nobody_has_leaves_the_browsers_own() -> None:
    assert headline(open_pages("zh-TW", lang="xx")) == "專案"
