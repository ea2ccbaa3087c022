"""A project is shown to others by a link, who note something on a shot; its owner has that done and ends the link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import await_rest
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


def test_a_guest_comes_by_a_link_and_what_they_note_stands_at_the_shot(
    page: Page, chromium: Browser, start_studio: Callable[[], Studio]
) -> None:
    studio = start_studio()
    page.goto(studio.url)
    page.get_by_role("link", name="Open storyboard").click()
    page.get_by_role("button", name="Show to others").click()
    page.get_by_label("For whom").fill("合唱團")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("Copy it now: it is shown only here and only once.")).to_be_visible()
    address = page.get_by_test_id("stCode").inner_text().strip()
    assert address.startswith(f"{studio.url}/look/")
    expect(page.get_by_text("not used yet")).to_be_visible()

    complaints: list[str] = []
    guest = chromium.new_page()
    guest.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    guest.goto(address)
    expect(guest.get_by_role("heading", name="The lighthouse")).to_be_visible()
    shot = guest.locator(".shot").nth(1)
    shot.get_by_text("Write a note", exact=True).click()
    shot.get_by_label("Your name").fill("阿明")
    shot.get_by_label("Note", exact=True).fill("慢一點")
    shot.get_by_role("button", name="Send the note").click()
    expect(guest.locator(".shot").nth(1).locator(".notes")).to_contain_text("慢一點")
    assert complaints == []

    page.reload()
    expect(page.get_by_role("button", name="Show to others · 1 note")).to_be_visible()
    page.locator("[data-id]").nth(1).click()
    expect(page.get_by_text("慢一點")).to_be_visible()
    await_rest(page)
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.get_by_text("慢一點")).to_have_count(0)
    page.locator(".st-key-notices").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("慢一點")).to_be_visible()

    page.get_by_role("button", name="Show to others · 1 note").click()
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_text("The link leads nowhere any more.")).to_be_visible()
    guest.reload()
    expect(guest.get_by_text("This link leads nowhere (any more).")).to_be_visible()
    guest.close()
