"""The story as it is played: what is seen of each shot, how one joins the next, and every way to move in it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from framepack.media.video import write_frames
from tests.support.browsing import until_true
from tests.support.harness import Harness
from tests.support.rendering import until

pytestmark = pytest.mark.browser
FPS = 30
FRAMES = 36  # of a take
SHOTS = 'document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot'
# What is seen just now: the shot of the take in front and its frame, as they are painted in it; else the layer's kind.
SEEN = f"""() => {{
    const front = {SHOTS}.querySelector(".front");
    if (front?.tagName !== "VIDEO") return front?.className.split(" ")[1] ?? null;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [front.videoWidth, front.videoHeight];
    const drawn = canvas.getContext("2d");
    drawn.drawImage(front, 0, 0);
    const value = (x) => drawn.getImageData(x, 24, 1, 1).data[1];
    return [Math.round(value(12) / 40), Math.round(value(60) / 6)];
}}"""


@pytest.fixture(scope="session", autouse=True)
def takes(running: Harness) -> None:
    """Four takes with their number and their frame's number painted in them as shades of grey, and a picture."""
    for number in range(1, 5):
        write_frames(running.files / f"take{number}.mp4", (_frame(number, n) for n in range(FRAMES)), FPS)
    Image.new("RGB", (160, 90), "seagreen").save(running.files / "picture.png")
    (running.files / "damaged.mp4").write_bytes(b"no video at all")


def _frame(shot: int, frame: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    painted = np.zeros((48, 80, 3), np.uint8)
    painted[:, :40] = shot * 40
    painted[:, 40:] = frame * 6
    return painted


def shot(number: int, *, take: str | None = None, picture: bool = False, seconds: float = 1.2) -> dict[str, Any]:
    return {
        "id": f"id{number}",
        "number": f"SH{number * 10:04d}",
        "name": "",
        "seconds": seconds,
        "take": take and f"/files/{take}.mp4",
        "picture": "/files/picture.png" if picture else None,
        "caption": f"Words of {number} 你好",
        "prompt": f"What happens in {number}.",
    }


def write_story(harness: Harness, *shots: dict[str, Any]) -> None:
    (harness.files / "story.json").write_text(json.dumps({"shots": shots, "ratio": "80 / 48", "fps": FPS}))


def open_story(page: Page, harness: Harness, *shots: dict[str, Any]) -> None:
    write_story(harness, *shots)
    page.goto(f"{harness.url}/story")
    expect(page.get_by_role("slider", name="The place in the story")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def see(page: Page, seen: Any) -> None:
    """Wait until this is seen."""
    until(lambda: page.evaluate(SEEN) == seen, seconds=20)


def place(page: Page) -> str:
    return page.get_by_role("slider", name="The place in the story").get_attribute("aria-valuetext") or ""


THREE = (shot(1, take="take1"), shot(2, take="take2"), shot(3, take="take3"))


def test_the_story_plays_takes_pictures_and_cards_to_its_end(page: Page, harness: Harness) -> None:
    open_story(page, harness, shot(1, take="take1"), shot(2, picture=True), shot(3), shot(4, take="take4"))
    see(page, [1, 0])
    page.evaluate(f"""() => {{ window.seen = []; const watch = () => {{
        const now = {SHOTS}.querySelector(".front").className.replace("layer ", "").replace("layer", "take");
        if (window.seen.at(-1) !== now) window.seen.push(now); requestAnimationFrame(watch); }}; watch(); }}""")
    page.keyboard.press("Space")

    until_true(page, "window.seen.length >= 4")
    expect(page.get_by_role("button", name="Play (Space)")).to_be_visible()
    see(page, [4, FRAMES - 1])
    assert page.evaluate("window.seen") == ["front", "still front", "card front", "front"]
    assert place(page) == "SH0040, 4.7 s, frame 144"


def test_between_two_takes_nothing_else_is_seen(page: Page, harness: Harness) -> None:
    open_story(page, harness, *THREE)
    see(page, [1, 0])
    page.evaluate(f"""() => {{
        window.seen = [];
        const watch = () => {{
            const front = {SHOTS}.querySelector(".front");
            const now = front.src ?? front.className;
            if (window.seen.at(-1) !== now) window.seen.push(now);
        }};
        // Looked at once the player has done its part of the beat.
        const beat = () => {{ setTimeout(watch, 0); requestAnimationFrame(beat); }};
        requestAnimationFrame(beat);
    }}""")
    page.keyboard.press("l")
    see(page, [3, FRAMES - 1])

    seen = page.evaluate("window.seen")
    assert [one.rsplit("/", 1)[-1].split("?")[0] for one in seen] == ["take1.mp4", "take2.mp4", "take3.mp4"]


def test_of_a_long_story_only_the_takes_that_are_due_soon_are_fetched(page: Page, harness: Harness) -> None:
    shots = [shot(number, take=f"take{number % 4 + 1}") for number in range(1, 201)]
    open_story(page, harness, *shots)
    see(page, [2, 0])
    page.keyboard.press("Space")
    until(lambda: page.evaluate(SEEN) != [2, 0], seconds=20)

    assert page.evaluate(f"{SHOTS}.querySelectorAll('.part').length") == 200
    fetched = "new Set(performance.getEntriesByType('resource').map(e => e.name).filter(n => n.includes('mp4'))).size"
    assert page.evaluate(fetched) <= 3


def test_keys_move_by_frame_by_shot_and_to_the_ends(page: Page, harness: Harness) -> None:
    open_story(page, harness, *THREE)
    see(page, [1, 0])
    for key, seen in (
        ("ArrowRight", [1, 1]),
        ("ArrowRight", [1, 2]),
        ("ArrowLeft", [1, 1]),
        ("ArrowDown", [2, 0]),
        ("ArrowLeft", [1, 35]),
        ("Shift+ArrowRight", [2, 0]),
        ("End", [3, 35]),
        ("ArrowRight", [3, 35]),
        ("ArrowUp", [3, 0]),  # to its own beginning first
        ("ArrowUp", [2, 0]),
        ("Home", [1, 0]),
        ("ArrowLeft", [1, 0]),
    ):
        page.keyboard.press(key)
        see(page, seen)
    assert place(page) == "SH0010, 0.0 s, frame 1"


def test_j_k_l_play_back_hold_and_play_on_and_faster(page: Page, harness: Harness) -> None:
    open_story(page, harness, *(shot(number, take=f"take{number}", seconds=30) for number in (1, 2)))
    speed = page.locator(".speed")
    see(page, [1, 0])
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Pause (Space)")).to_be_visible()
    expect(speed).to_have_text("")
    for text in ("▶ 2×", "▶ 4×", "▶ 8×", "▶ 8×"):
        page.keyboard.press("l")
        expect(speed).to_have_text(text)
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play (Space)")).to_be_visible()
    page.keyboard.press("ArrowDown")
    see(page, [2, 0])
    page.keyboard.press("j")
    expect(speed).to_have_text("◀ 1×")
    # A take that is shorter than its shot holds its last frame, so that is what comes before.
    see(page, [1, 35])
    page.keyboard.press("j")
    expect(speed).to_have_text("◀ 2×")
    page.keyboard.press("Space")
    expect(speed).to_have_text("")


def test_the_timeline_is_in_proportion_and_is_clicked_and_dragged(page: Page, harness: Harness) -> None:
    open_story(page, harness, shot(1, take="take1"), shot(2, picture=True, seconds=3.6))
    track = page.get_by_role("slider", name="The place in the story")
    box = track.bounding_box()
    assert box is not None
    widths = page.evaluate(f"[...{SHOTS}.querySelectorAll('.part')].map(one => one.getBoundingClientRect().width)")
    assert widths[1] == pytest.approx(3 * widths[0], rel=0.02)

    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 8)
    until(lambda: place(page).startswith("SH0020, 2.4 s"))
    see(page, "still")
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 90, steps=6)
    see(page, [1, 14])
    expect(page.locator(".tip")).to_have_text("SH0010 · 0.4 s")
    page.mouse.up()


def test_shots_that_change_meanwhile_leave_what_is_played_where_it_is(page: Page, harness: Harness) -> None:
    open_story(page, harness, shot(1, take="take1"), shot(2, take="take2", seconds=60))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    see(page, [2, 1])
    page.keyboard.press("Space")
    see(page, [2, 35])
    # One is put before it, and the one before gets another length.
    write_story(harness, shot(3, picture=True), shot(1, take="take1", seconds=2), shot(2, take="take2", seconds=60))
    page.evaluate("[...document.querySelectorAll('button')].find(one => one.textContent === 'Draw anew').click()")
    expect(page.locator(".part")).to_have_count(3)

    until(lambda: place(page).startswith("SH0020"))
    expect(page.get_by_role("button", name="Pause (Space)")).to_be_visible()
    page.keyboard.press("Space")
    assert float(place(page).split()[1]) >= 3.2 + 35 / FPS
    # What is played is deleted: the story goes on from the same moment.
    write_story(harness, shot(3, picture=True))
    page.evaluate("[...document.querySelectorAll('button')].find(one => one.textContent === 'Draw anew').click()")
    see(page, "still")
    write_story(harness)
    page.evaluate("[...document.querySelectorAll('button')].find(one => one.textContent === 'Draw anew').click()")
    expect(page.get_by_text("There is no shot to play yet.")).to_be_visible()


def test_captions_can_be_seen_and_put_away(page: Page, harness: Harness) -> None:
    open_story(page, harness, *THREE)
    caption = page.locator(".caption")
    expect(caption).to_have_text("Words of 1 你好")
    page.keyboard.press("c")
    expect(caption).to_be_hidden()
    expect(page.get_by_role("button", name="Captions (C)")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Captions (C)").click()
    page.keyboard.press("ArrowDown")
    expect(caption).to_have_text("Words of 2 你好")


def test_it_fills_the_screen(page: Page, harness: Harness) -> None:
    open_story(page, harness, *THREE)
    page.keyboard.press("f")
    until_true(page, f"{SHOTS}.fullscreenElement !== null")
    page.keyboard.press("f")
    until_true(page, f"{SHOTS}.fullscreenElement === null")


def test_the_page_and_python_are_told_which_shot_is_played(page: Page, harness: Harness) -> None:
    open_story(page, harness, *THREE)
    page.evaluate("window.addEventListener('studio:playing', event => ((window.told ??= []).push(event.detail)))")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("At: id2")).to_be_visible()
    assert page.evaluate("window.told") == [
        {"shot": "id2", "number": "SH0020", "playing": False, "frame": 36, "seconds": 1.2}
    ]
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play (Space)")).to_be_visible()
    expect(page.get_by_text("At: id3")).to_be_visible()
    assert [(one["shot"], one["playing"]) for one in page.evaluate("window.told")][1:] == [
        ("id2", True),
        ("id3", True),
        ("id3", False),
    ]


def test_a_take_that_cannot_be_played_is_told_and_passed_over(page: Page, harness: Harness) -> None:
    open_story(page, harness, shot(1, take="damaged", picture=True), shot(2, take="take2"))
    expect(page.get_by_text("This take cannot be played; its picture stands for it.")).to_be_visible()
    see(page, "still")
    page.keyboard.press("Space")
    see(page, [2, FRAMES - 1])


def test_a_take_that_is_longer_than_its_shot_is_cut(page: Page, harness: Harness) -> None:
    open_story(page, harness, shot(1, take="take1", seconds=0.5), shot(2, take="take2", seconds=2))
    page.keyboard.press("ArrowDown")
    see(page, [2, 0])
    page.keyboard.press("ArrowLeft")
    see(page, [1, 14])
    page.keyboard.press("End")
    see(page, [2, 35])
    assert place(page) == "SH0020, 2.4 s, frame 75"


def test_keys_of_somebody_who_types_elsewhere_are_not_the_players(page: Page, harness: Harness) -> None:
    open_story(page, harness, *THREE)
    page.evaluate("document.body.append(Object.assign(document.createElement('input'), {id: 'elsewhere'}))")
    page.locator("#elsewhere").fill("")
    page.locator("#elsewhere").press_sequentially("jkl fc")
    expect(page.locator("#elsewhere")).to_have_value("jkl fc")
    expect(page.get_by_role("button", name="Play (Space)")).to_be_visible()
