"""The library of LoRAs in a real browser: files taken in and refused, one chosen for a shot, and what is said of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from projects.database.opening import open_database, session_for
from projects.loras.files import lora_file
from projects.loras.library import all_loras
from projects.storyboard.reading import list_projects, shots_of
from tests.support.browsing import put_in
from tests.support.rendering import until
from tests.support.running_studio import Studio
from tests.support.small_loras import small_lora

pytestmark = pytest.mark.browser


def picked(page: Page, box: str, option: str) -> bool:
    """Whether an option of a box could be chosen: the list closes where the page is drawn again meanwhile."""
    page.get_by_role("combobox", name=box).click()
    wanted = page.get_by_role("option", name=option)
    with contextlib.suppress(Error):
        wanted.click(timeout=5000)
        return True
    return False


def test_a_lora_is_taken_in_chosen_seen_and_put_away(
    page: Page, start_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    studio = start_studio()
    rain = small_lora(tmp_path / "雨 rain.safetensors", words="r41n")
    page_of_the_web = tmp_path / "page.safetensors"
    page_of_the_web.write_bytes(b"<!DOCTYPE html><html>")

    page.goto(f"{studio.url}/loras")
    expect(page.get_by_role("heading", name="No LoRAs yet")).to_be_visible()
    put_in(page, page.get_by_test_id("stFileUploader").first, [rain, page_of_the_web])
    expect(page.get_by_text("“雨 rain” is in the studio")).to_be_visible()
    expect(page.get_by_text("The LoRA page.safetensors cannot be used")).to_be_visible()
    expect(page.locator(".fs-card").get_by_text("Rank 4")).to_be_visible()
    until(lambda: page.locator(".fs-card img").evaluate("one => one.naturalWidth") > 0, seconds=60)

    # A change is told of, and taken back.
    page.get_by_role("button", name="Edit").click()
    strength = page.get_by_role("spinbutton", name="Usual strength")
    strength.fill("0.6")
    strength.press("Enter")
    expect(page.locator(".fs-card").get_by_text("Strength 0.6")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".fs-card").get_by_text("Strength 1 ")).to_be_visible()

    # Chosen by a shot of the draft, it is left out, and that is said.
    database = open_database(studio.settings)
    with session_for(database) as session:
        project = list_projects(session=session)[0].project
        shot = shots_of(session=session, project_id=project.id)[0]
        (lora,) = all_loras(session=session)
    page.goto(f"{studio.url}/storyboard?project={project.id}&shot={shot.id}")

    def chosen() -> object:
        with session_for(database) as session:
            return shots_of(session=session, project_id=project.id)[0].loras

    page.get_by_role("tab", name="Settings").click()
    page.get_by_role("radio", name="Its own list").click()
    until(lambda: chosen() == [], seconds=60)
    until(lambda: picked(page, "Add a LoRA", "雨 rain"), seconds=120)
    expect(page.get_by_text("The draft model leaves LoRAs out").first).to_be_visible()
    expect(page.get_by_role("textbox", name="Trigger words")).to_have_value("r41n")
    until(lambda: chosen() == [{"sha256": lora.id, "name": "雨 rain", "strength": 1.0, "words": "r41n"}], seconds=60)

    # What is used stays; where its file is gone, the page says so.
    kept = lora_file(studio.settings, lora.id)
    assert kept is not None
    kept.unlink()
    page.goto(f"{studio.url}/loras")
    expect(page.get_by_text("is gone; add it again")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_text(f"in “{project.name}” by {shot.label}")).to_be_visible()
    expect(page.get_by_role("button", name="Put away")).to_be_disabled()
    database.dispose()
