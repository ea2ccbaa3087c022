"""Two takes in comparison: they stay in step, and the line between them is moved."""

from __future__ import annotations

import json

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from framepack.media.video import write_frames
from tests.support.browsing import until_true
from tests.support.harness import Harness
from tests.support.rendering import until

pytestmark = pytest.mark.browser
VIDEOS = '[...document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot.querySelectorAll("video")]'
FRAMES = f"() => {VIDEOS}.map(video => video.seeking ? -1 : Math.floor(video.currentTime * 30 + 0.01))"


@pytest.fixture
def compared(page: Page, harness: Harness) -> Page:
    """A comparison of a take of 72 frames with one of 60."""
    for name, shade, frames in (("left", 60, 72), ("right", 190, 60)):
        write_frames(harness.files / f"{name}.mp4", [np.full((48, 80, 3), shade, np.uint8)] * frames, 30)
    takes = [{"url": f"/files/{name}.mp4", "label": f"Take {number}"} for number, name in ((1, "left"), (2, "right"))]
    (harness.files / "compare.json").write_text(json.dumps({"takes": takes, "ratio": "80 / 48", "fps": 30}))
    page.goto(f"{harness.url}/compare")
    expect(page.get_by_text("0.0 s · frame 1 of 72")).to_be_visible()
    return page


def test_both_takes_go_frame_by_frame_and_the_shorter_one_holds_its_last(compared: Page) -> None:
    for key, frame in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 71), ("Home", 0)):
        compared.keyboard.press(key)
        until(lambda now=frame: compared.evaluate(FRAMES) == [now, min(now, 59)], seconds=20)
        expect(compared.locator(".time")).to_contain_text(f"frame {frame + 1} of 72")


def test_they_are_played_in_step(compared: Page) -> None:
    compared.evaluate(f"""() => {{ window.apart = []; const watch = () => {{
        const [one, other] = {VIDEOS};
        if (!one.paused && !one.seeking && !other.seeking && one.currentTime > 0.2 && !other.ended)
            window.apart.push(Math.abs(one.currentTime - other.currentTime) * 30);
        requestAnimationFrame(watch); }}; watch(); }}""")
    compared.keyboard.press("Space")
    until_true(compared, f"{VIDEOS}.some(video => video.ended)")
    until_true(compared, f"{VIDEOS}.every(video => !video.paused && video.currentTime < 1)")  # it goes round
    compared.get_by_role("button", name="Pause (Space)").click()
    until_true(compared, f"{VIDEOS}.every(video => video.paused)")
    apart = compared.evaluate("window.apart")
    print("frames apart, median and most:", np.median(apart), max(apart))

    assert np.median(apart) < 1


def test_the_line_between_them_is_dragged_and_moved_by_keys(compared: Page) -> None:
    line = compared.get_by_role("slider", name="The line between the takes")
    screen = compared.locator(".screen").bounding_box()
    assert screen is not None
    expect(line).to_have_attribute("aria-valuenow", "50")
    compared.mouse.move(screen["x"] + screen["width"] / 2, screen["y"] + 50)
    compared.mouse.down()
    compared.mouse.move(screen["x"] + screen["width"] / 4, screen["y"] + 50, steps=5)
    compared.mouse.up()
    expect(line).to_have_attribute("aria-valuenow", "25")
    # The arrows still go by frame; on the line itself they move it.
    compared.keyboard.press("ArrowRight")
    expect(compared.locator(".time")).to_contain_text("frame 2 of 72")
    line.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuenow", "27")
    expect(compared.locator(".time")).to_contain_text("frame 2 of 72")


def test_the_sides_are_swapped(compared: Page) -> None:
    expect(compared.locator(".label")).to_have_text(["Take 1", "Take 2"])
    compared.get_by_role("button", name="Swap the sides (X)").click()
    expect(compared.locator(".label")).to_have_text(["Take 2", "Take 1"])
    assert compared.evaluate(f"{VIDEOS}.map(video => video.classList.contains('over'))") == [True, False]
