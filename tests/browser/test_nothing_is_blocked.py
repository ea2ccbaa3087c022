"""The rules that the server gives to browsers let every page of the studio itself through."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import until_true
from tests.support.page_driver import png
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


def test_no_page_asks_for_what_its_rules_forbid(page: Page, start_studio: Callable[[], Studio]) -> None:
    studio = start_studio()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if _is_ours(asked.url, studio) else complaints.append(asked.url))

    page.goto(studio.url)
    page.get_by_role("link", name="Open storyboard").click()
    expect(page.locator("[data-id]")).to_have_count(3)
    page.get_by_role("button", name="Add shots").click()
    with page.expect_file_chooser() as choosing:
        page.locator(".menu").get_by_role("button", name="From pictures…").click()
    choosing.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": png()})
    expect(page.locator("[data-id]")).to_have_count(4)
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-id]").first.click()
    expect(page.get_by_role("tab", name="Takes")).to_be_visible()
    page.get_by_text("Play the story").click()
    expect(page.get_by_role("button", name="Play (Space)")).to_be_visible()
    until_true(page, "[...document.images].every(one => one.complete && one.naturalWidth > 0)")
    page.get_by_role("link", name="Film", exact=True).click()
    expect(page.get_by_text("No film yet")).to_be_visible()

    assert complaints == []


def _is_ours(address: str, studio: Studio) -> bool:
    return address.startswith((f"{studio.url}/", "data:", "blob:"))
