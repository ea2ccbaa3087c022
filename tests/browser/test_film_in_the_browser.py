"""From two pictures to a downloaded film, through a real browser, the real server and worker and the draft model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.support.browsing import until_true
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser
NAME = "海邊 Two shots"
RENDER_MILLISECONDS = 450_000  # far more than an idle computer needs


def test_a_film_is_made_from_two_pictures(page: Page, start_studio: Callable[[], Studio], tmp_path: Path) -> None:
    studio = start_studio()
    pictures = [_picture(tmp_path / "a hill.png", "green"), _picture(tmp_path / "b house.jpg", "brown")]
    page.goto(studio.url)
    page.get_by_role("textbox", name="Name of a new project").fill(NAME)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()

    page.get_by_role("button", name="Add shots").click()
    with page.expect_file_chooser() as choosing:
        page.locator(".menu").get_by_role("button", name="From pictures…").click()
    choosing.value.set_files(pictures)
    shots = page.locator("[data-id]")
    expect(shots).to_have_count(2)
    for place, label in enumerate(("SH0010", "SH0020")):
        shots.nth(place).click()
        page.get_by_label(f"What happens in {label}").fill("The camera pans slowly to the right.")
        page.get_by_label("Length (seconds)").first.fill("1")
        expect(shots.nth(place)).to_contain_text("1 s")

    page.get_by_role("button", name="Render what changed (2)").click()
    # On a computer that is slow, or busy, it is asked first whether that is worth so long a time.
    asked = page.get_by_role("dialog", name="This takes a while").get_by_role("button", name="Render")
    progress = page.get_by_role("progressbar").first
    expect(asked.or_(progress)).to_be_visible()
    if asked.is_visible():
        asked.click()
    expect(progress).to_be_visible()
    # Whoever reloads in the middle finds everything as it was.
    page.reload()
    expect(page.get_by_label("What happens in SH0020")).to_have_value("The camera pans slowly to the right.")
    expect(page.get_by_role("button", name="Everything is rendered")).to_be_disabled(timeout=RENDER_MILLISECONDS)
    expect(page.locator("[data-id]", has_text="Ready")).to_have_count(2)

    page.get_by_role("link", name="Film", exact=True).click()
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.locator("video")).to_be_visible()
    until_true(page, "document.querySelector('video').readyState >= 1")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    film = tmp_path / "film.mp4"
    download.value.save_as(film)

    assert download.value.suggested_filename == f"{NAME}.mp4"
    with av.open(film) as opened:
        frames = sum(1 for _ in opened.decode(video=0))
    assert frames == 2 * 30


def _picture(path: Path, colour: str) -> Path:
    image = Image.new("RGB", (640, 360), "skyblue")
    ImageDraw.Draw(image).ellipse((80, 120, 520, 500), fill=colour)
    image.save(path)
    return path
