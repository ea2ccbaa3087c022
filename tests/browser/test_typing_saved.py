"""When what is typed into the boxes of a shot is saved, and where it waits while the studio does not answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.fake_shots import PROMPTS
from tests.support.harness import FIRST, Harness
from tests.support.rendering import until
from tests.support.typing_page import heard, prompt_of, shot, state_of, unsaved
from tests.support.window import opened_window

pytestmark = pytest.mark.browser


# --- when it is saved ---


@pytest.fixture
def stopped(chromium: Browser, harness: Harness) -> Iterator[Page]:
    """A page with the boxes of the first shot, in a window of its own: its clock stands still, for all of its pages."""
    with opened_window(chromium) as window:
        page = window.new_page()
        page.goto(f"{harness.url}/boxes")
        expect(prompt_of(page)).to_have_value(PROMPTS[0])
        page.clock.install()
        page.clock.pause_at(page.evaluate("Date.now() / 1000") + 60)
        yield page


def test_what_is_typed_is_saved_after_a_pause_without_leaving_the_box(boxes: Page, harness: Harness) -> None:
    box = prompt_of(boxes)
    box.press("End")
    box.press_sequentially(" Rain 雨 🌧", delay=5)

    expect(state_of(boxes, "prompt")).to_have_text("Saved")
    assert shot(harness)["prompt"] == PROMPTS[0] + " Rain 雨 🌧"
    # One save for the whole run of keys, and not one for every key.
    assert heard(harness, "prompt") == [PROMPTS[0] + " Rain 雨 🌧"]
    until(lambda: unsaved(boxes) == 0)


def test_it_is_saved_at_once_when_the_box_is_left(stopped: Page, harness: Harness) -> None:
    stopped.get_by_label("Notes").fill("Ask the harbour master.")
    assert heard(harness, "notes") == []
    stopped.keyboard.press("Tab")

    # The browser's clock stands still, so no pause has passed.
    until(lambda: shot(harness)["notes"] == "Ask the harbour master.", seconds=10)


def test_enter_saves_a_box_of_one_line(stopped: Page, harness: Harness) -> None:
    stopped.get_by_label("Name").fill("Dusk")
    stopped.get_by_label("Name").press("Enter")

    until(lambda: shot(harness)["name"] == "Dusk", seconds=10)


def test_it_is_saved_when_the_page_is_hidden_or_left(page: Page, harness: Harness) -> None:
    page.goto(f"{harness.url}/boxes")
    harness.tell("mode", mode="hold")
    prompt_of(page).fill("The last words.")
    # Before the pause is over: only what the page sends on its way out is heard.
    page.goto("about:blank")
    harness.tell("mode", mode="answer")

    until(lambda: shot(harness)["prompt"] == "The last words.", seconds=10)


def test_it_is_saved_when_the_tab_is_closed(page: Page, harness: Harness) -> None:
    page.context.new_page()  # the browser itself goes on
    page.goto(f"{harness.url}/boxes")
    prompt_of(page).fill("The last words before the tab was closed.")
    page.close()

    until(lambda: shot(harness)["prompt"] == "The last words before the tab was closed.", seconds=10)


def test_what_was_typed_while_an_earlier_text_was_on_its_way_outlives_the_page(page: Page, harness: Harness) -> None:
    page.goto(f"{harness.url}/boxes")
    harness.tell("mode", mode="hold")
    prompt_of(page).fill("First words.")
    until(lambda: harness.tell("look")["held"] == 1)
    prompt_of(page).fill("Last words.")
    page.goto("about:blank")
    until(lambda: harness.tell("look")["held"] == 3)
    harness.tell("mode", mode="answer")

    until(lambda: harness.tell("look")["held"] == 0)
    until(lambda: shot(harness)["prompt"] == "Last words.", seconds=10)


def test_it_is_saved_when_another_page_of_the_studio_is_opened(boxes: Page, harness: Harness) -> None:
    prompt_of(boxes).fill("Typed and left.")
    boxes.get_by_role("link", name="other").click()
    expect(boxes.get_by_text("Another page")).to_be_visible()

    until(lambda: shot(harness)["prompt"] == "Typed and left.", seconds=10)


def test_saves_of_a_shot_never_overtake_each_other(boxes: Page, harness: Harness) -> None:
    harness.tell("mode", mode="hold")
    prompt_of(boxes).fill("One.")
    boxes.keyboard.press("Tab")
    until(lambda: harness.tell("look")["held"] == 1)
    prompt_of(boxes).fill("Two.")
    boxes.get_by_label("Notes").fill("A note.")
    boxes.keyboard.press("Tab")
    # The second text waits for the answer to the first.
    assert harness.tell("look")["held"] == 1
    harness.tell("mode", mode="answer")

    until(lambda: shot(harness)["prompt"] == "Two." and shot(harness)["notes"] == "A note.", seconds=20)
    assert heard(harness, "prompt") == ["One.", "Two."]
    expect(state_of(boxes, "prompt")).to_have_text("Saved")


def test_flushing_sends_everything_and_says_when_it_is_there(boxes: Page, harness: Harness) -> None:
    prompt_of(boxes).fill("Typed just now.")
    told = boxes.evaluate("window.studioSaving.flush()")

    assert told == {"saved": True, "left": []}
    assert shot(harness)["prompt"] == "Typed just now."
    # The same by the event, for whoever does not have the object.
    prompt_of(boxes).fill("And this.")
    by_event = """() => { const promises = [];
        window.dispatchEvent(new CustomEvent("studio:flush", {detail: {promises}})); return promises[0]; }"""
    assert boxes.evaluate(by_event)["saved"]
    assert shot(harness)["prompt"] == "And this."


def test_what_was_saved_is_told_to_the_page_and_to_python(boxes: Page) -> None:
    boxes.evaluate("window.addEventListener('studio:saved', event => (window.lastSaved = event.detail))")
    prompt_of(boxes).fill("Told.")
    expect(state_of(boxes, "prompt")).to_have_text("Saved")

    told = boxes.evaluate("window.lastSaved")
    assert (told["shot"], told["version"], told["row"]["prompt"]) == (FIRST, 2, "Told.")
    # Python draws nothing anew under somebody who still types.
    expect(boxes.get_by_text("Told of: nothing")).to_be_visible()
    prompt_of(boxes).press("Tab")
    expect(boxes.get_by_text(f"Told of: {FIRST}")).to_be_visible()


def test_nothing_is_told_to_python_by_a_page_that_is_being_left(boxes: Page, harness: Harness) -> None:
    # A word to Streamlit that comes after the click on a link would keep the person on the page.
    boxes.evaluate("""() => { const link = Object.assign(document.createElement("a"), { textContent: "A link" });
        Object.assign(link.style, { position: "fixed", top: 0, left: 0, zIndex: 1e9 });
        document.body.append(link); }""")
    prompt_of(boxes).fill("Left by a link.")
    boxes.get_by_text("A link").click()
    until(lambda: shot(harness)["prompt"] == "Left by a link.")
    expect(state_of(boxes, "prompt")).to_have_text("Saved")
    boxes.evaluate("[...document.querySelectorAll('button')].find(b => b.textContent === 'Draw anew').click()")
    expect(boxes.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    expect(boxes.get_by_text("Told of: nothing")).to_be_visible()


# --- the studio does not answer ---


def test_what_is_typed_while_the_studio_stands_still_is_kept_and_sent_when_it_goes_on(
    boxes: Page, harness: Harness
) -> None:
    os.kill(harness.pid, signal.SIGSTOP)
    try:
        prompt_of(boxes).fill("Typed into the silence.")
        boxes.get_by_label("Length (seconds)").fill("4")
        expect(boxes.get_by_text("the studio does not answer").first).to_be_visible()
        expect(state_of(boxes, "prompt")).to_have_text("Not saved yet")
    finally:
        os.kill(harness.pid, signal.SIGCONT)

    expect(state_of(boxes, "prompt")).to_have_text("Saved")
    until(lambda: shot(harness)["seconds"] == 4)
    expect(boxes.get_by_text("the studio does not answer")).to_have_count(0)
    assert shot(harness)["prompt"] == "Typed into the silence."
    until(lambda: unsaved(boxes) == 0)


@pytest.mark.parametrize("opened", ["boxes", "other"])
def test_what_was_left_unsaved_is_sent_when_any_page_is_opened_anew(boxes: Page, harness: Harness, opened: str) -> None:
    harness.tell("mode", mode="fail")
    prompt_of(boxes).fill("Kept in the browser.")
    expect(boxes.get_by_text("the studio does not answer")).to_be_visible()
    boxes.goto("about:blank")
    assert shot(harness)["prompt"] == PROMPTS[0]
    harness.tell("mode", mode="answer")
    boxes.goto(f"{harness.url}/{opened}")

    until(lambda: shot(harness)["prompt"] == "Kept in the browser.")
    if opened == "boxes":
        expect(prompt_of(boxes)).to_have_value("Kept in the browser.")
    until(lambda: unsaved(boxes) == 0)


def test_a_text_that_arrived_although_its_answer_was_lost_is_no_conflict(boxes: Page, harness: Harness) -> None:
    # The first text reaches the studio, but the page is gone before it hears of it; then it is written on.
    harness.tell("mode", mode="hold")
    prompt_of(boxes).fill("Half")
    until(lambda: harness.tell("look")["held"] == 1)
    kept = boxes.evaluate("({...localStorage})")
    boxes.goto("about:blank")
    harness.tell("mode", mode="answer")
    until(lambda: shot(harness)["prompt"] == "Half")
    harness.tell("mode", mode="fail")
    boxes.goto(f"{harness.url}/other")
    boxes.evaluate("kept => Object.assign(localStorage, kept)", kept)
    boxes.goto(f"{harness.url}/boxes")
    prompt_of(boxes).fill("Half and whole")
    harness.tell("mode", mode="answer")

    until(lambda: shot(harness)["prompt"] == "Half and whole")
    until(lambda: unsaved(boxes) == 0)
    expect(boxes.get_by_text("This was changed elsewhere")).to_have_count(0)


def test_a_text_too_large_to_outlive_the_page_is_saved_too(boxes: Page, harness: Harness) -> None:
    large = "雨" * 30_000  # 90 kB
    boxes.get_by_label("Notes").fill(large)
    until(lambda: shot(harness)["notes"] == large)


def test_a_browser_that_keeps_nothing_saves_all_the_same(page: Page, harness: Harness) -> None:
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full'); }")
    page.goto(f"{harness.url}/boxes")
    harness.tell("mode", mode="fail")
    prompt_of(page).fill("Kept in memory.")
    expect(page.get_by_text("the studio does not answer")).to_be_visible()
    harness.tell("mode", mode="answer")

    until(lambda: shot(harness)["prompt"] == "Kept in memory.")
    expect(state_of(page, "prompt")).to_have_text("Saved")


def test_two_tabs_send_what_waits_once_and_agree_that_it_is_saved(boxes: Page, harness: Harness) -> None:
    harness.tell("mode", mode="fail")
    prompt_of(boxes).fill("From the first tab.")
    expect(boxes.get_by_text("the studio does not answer")).to_be_visible()
    second = boxes.context.new_page()
    second.goto(f"{harness.url}/other")
    expect(second.get_by_text("Another page")).to_be_visible()
    harness.tell("mode", mode="answer")

    expect(state_of(boxes, "prompt")).to_have_text("Saved")
    assert heard(harness, "prompt") == ["From the first tab."]
    # Whichever of them sent it, what is typed next is typed upon it.
    prompt_of(boxes).fill("And on.")
    until(lambda: shot(harness)["prompt"] == "And on.")
    expect(boxes.get_by_text("This was changed elsewhere")).to_have_count(0)
