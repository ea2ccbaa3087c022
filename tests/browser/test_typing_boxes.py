"""The boxes of a shot: what they understand and show, what comes anew into them, and two people at one text."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.fake_shots import PROMPTS
from tests.support.harness import FIRST, SECOND, Harness
from tests.support.rendering import until
from tests.support.typing_page import heard, prompt_of, shot, state_of, unsaved

pytestmark = pytest.mark.browser


# --- numbers ---


@pytest.mark.parametrize("typed", ["3,5", "3.5", "３．５", " 3,50 s "])
def test_a_length_is_understood_with_a_point_or_a_comma(boxes: Page, harness: Harness, typed: str) -> None:
    length = boxes.get_by_label("Length (seconds)")
    length.fill(typed)
    length.press("Tab")

    until(lambda: shot(harness)["seconds"] == 3.5)
    expect(length).to_have_value("3.5")


def test_a_length_is_shown_as_the_reader_writes_numbers(page: Page, harness: Harness) -> None:
    page.goto(f"{harness.url}/boxes?lang=de")

    expect(page.get_by_label("Length (seconds)")).to_have_value("2,5")
    expect(page.get_by_text("0,1 to 600 s")).to_be_visible()


def test_a_length_that_is_none_is_said_beside_its_box_and_kept_there(boxes: Page, harness: Harness) -> None:
    length = boxes.get_by_label("Length (seconds)")
    problem = boxes.get_by_text("The length must be a number from 0.1 to 600 seconds.")
    length.fill("90o")
    expect(problem).to_have_count(0)  # not while somebody still types
    length.press("Enter")
    expect(problem).to_be_visible()
    expect(length).to_have_attribute("aria-invalid", "true")
    assert heard(harness, "seconds") == []

    boxes.reload()
    expect(length).to_have_value("90o")
    boxes.get_by_role("button", name="Put back what is saved").click()
    expect(length).to_have_value("2.5")
    expect(problem).to_have_count(0)
    until(lambda: unsaved(boxes) == 0)


def test_a_seed_keeps_all_its_digits(boxes: Page, harness: Harness) -> None:
    seed = boxes.get_by_label("Seed")
    seed.fill("9223372036854775807")
    seed.press("Enter")
    until(lambda: shot(harness)["seed"] == "9223372036854775807")
    seed.fill("9223372036854775808")
    seed.press("Enter")

    expect(boxes.get_by_text("The seed must be a whole number from 0 to 9223372036854775807.")).to_be_visible()
    assert shot(harness)["seed"] == "9223372036854775807"


# --- somebody else was there ---


def test_a_conflict_shows_both_texts_and_mine_can_be_kept(boxes: Page, harness: Harness) -> None:
    _conflict(boxes, harness)
    expect(boxes.locator(".side .text")).to_have_text(["The lamp goes out at noon.", "The lamp goes out at night."])
    expect(boxes.locator(".side mark")).to_have_text(["noon", "night"])
    # Nothing of mine goes out until it is decided, however long it is written on.
    prompt_of(boxes).fill("The lamp goes out at noon, sharp.")
    expect(boxes.locator(".side .text").first).to_have_text("The lamp goes out at noon, sharp.")
    assert shot(harness)["prompt"] == "The lamp goes out at night."

    boxes.get_by_role("button", name="Keep mine").click()
    expect(state_of(boxes, "prompt")).to_have_text("Saved")
    assert shot(harness)["prompt"] == "The lamp goes out at noon, sharp."
    expect(boxes.locator(".side")).to_have_count(0)


def test_in_a_conflict_theirs_can_be_taken(boxes: Page, harness: Harness) -> None:
    _conflict(boxes, harness)
    boxes.get_by_role("button", name="Take theirs").click()

    expect(prompt_of(boxes)).to_have_value("The lamp goes out at night.")
    expect(boxes.locator(".side")).to_have_count(0)
    until(lambda: unsaved(boxes) == 0)
    # What is typed next is typed upon theirs.
    prompt_of(boxes).fill("The lamp is new.")
    until(lambda: shot(harness)["prompt"] == "The lamp is new.")


def test_a_conflict_is_still_there_after_a_reload(boxes: Page, harness: Harness) -> None:
    _conflict(boxes, harness)
    boxes.reload()

    expect(boxes.locator(".side .text")).to_have_text(["The lamp goes out at noon.", "The lamp goes out at night."])
    expect(prompt_of(boxes)).to_have_value("The lamp goes out at noon.")


def _conflict(page: Page, harness: Harness) -> None:
    harness.tell("edit", shot=FIRST, changes={"prompt": "The lamp goes out at night."})
    prompt_of(page).fill("The lamp goes out at noon.")
    expect(page.get_by_text("This was changed elsewhere while you typed.")).to_be_visible()


def test_a_change_of_another_box_is_no_conflict(boxes: Page, harness: Harness) -> None:
    harness.tell("edit", shot=FIRST, changes={"notes": "By somebody else."})
    prompt_of(boxes).fill("Mine.")

    expect(state_of(boxes, "prompt")).to_have_text("Saved")
    expect(boxes.get_by_label("Notes")).to_have_value("By somebody else.")


def test_the_text_of_a_deleted_shot_stays_and_the_shot_can_be_brought_back(boxes: Page, harness: Harness) -> None:
    harness.tell("delete", shot=FIRST)
    prompt_of(boxes).fill("Too good to lose.")
    expect(boxes.get_by_text("This shot was deleted elsewhere.")).to_be_visible()
    expect(prompt_of(boxes)).to_have_value("Too good to lose.")
    boxes.get_by_role("button", name="Bring the shot back").click()

    until(lambda: shot(harness)["prompt"] == "Too good to lose.")
    expect(state_of(boxes, "prompt")).to_have_text("Saved")
    expect(boxes.get_by_text("This shot was deleted elsewhere.")).to_have_count(0)


def test_the_text_of_a_shot_that_is_gone_for_good_stays_and_that_is_said(boxes: Page, harness: Harness) -> None:
    harness.tell("remove", shot=FIRST)
    prompt_of(boxes).fill("Too good to lose.")
    boxes.get_by_role("button", name="Bring the shot back").click()

    expect(boxes.get_by_text("This shot is there no more.")).to_be_visible()
    expect(prompt_of(boxes)).to_have_value("Too good to lose.")


def test_a_refusal_is_said_beside_its_box_and_the_text_stays(boxes: Page, harness: Harness) -> None:
    prompt_of(boxes).fill("A forbidden word.")
    refusal = boxes.locator(".field.prompt .message").get_by_text("A prompt may not say that.")
    expect(refusal).to_be_visible()
    expect(prompt_of(boxes)).to_have_value("A forbidden word.")
    # Another box is saved all the same, and the refused one as soon as it is mended.
    boxes.get_by_label("Notes").fill("Fine.")
    until(lambda: shot(harness)["notes"] == "Fine.")
    prompt_of(boxes).fill("A good word.")
    until(lambda: shot(harness)["prompt"] == "A good word.")
    expect(refusal).to_have_count(0)


# --- what comes anew ---


def test_data_that_comes_anew_never_overwrites_a_box_somebody_is_in(boxes: Page, harness: Harness) -> None:
    box = prompt_of(boxes)
    box.focus()
    row = harness.tell("edit", shot=FIRST, changes={"prompt": "From elsewhere.", "notes": "Seen."})["shots"][FIRST]
    _bring(boxes, row)
    expect(boxes.get_by_label("Notes")).to_have_value("Seen.")
    expect(box).to_have_value(PROMPTS[0])
    # Left untouched, it takes what is newer.
    box.press("Tab")
    expect(box).to_have_value("From elsewhere.")


def test_data_that_comes_anew_never_overwrites_what_is_not_saved(boxes: Page, harness: Harness) -> None:
    harness.tell("mode", mode="hold")
    prompt_of(boxes).fill("Not saved yet.")
    boxes.keyboard.press("Tab")
    _bring(boxes, {**shot(harness), "prompt": "From elsewhere.", "version": 9})

    expect(prompt_of(boxes)).to_have_value("Not saved yet.")
    harness.tell("mode", mode="answer")


def test_older_data_that_comes_late_changes_nothing(boxes: Page, harness: Harness) -> None:
    old = shot(harness)
    prompt_of(boxes).fill("Newer.")
    prompt_of(boxes).press("Tab")
    expect(state_of(boxes, "prompt")).to_have_text("Saved")
    _bring(boxes, old)
    expect(prompt_of(boxes)).to_have_value("Newer.")


def test_python_drawing_the_page_anew_disturbs_nothing_in_a_box(boxes: Page, harness: Harness) -> None:
    harness.tell("mode", mode="hold")
    box = prompt_of(boxes)
    box.fill("In the middle of")
    boxes.evaluate("[...document.querySelectorAll('button')].find(b => b.textContent === 'Draw anew').click()")
    expect(boxes.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    box.press_sequentially(" it.")

    expect(box).to_have_value("In the middle of it.")
    expect(box).to_be_focused()
    harness.tell("mode", mode="answer")


def test_another_shot_has_boxes_of_its_own_and_the_first_ones_text_is_saved(boxes: Page, harness: Harness) -> None:
    prompt_of(boxes).fill("Of the first.")
    boxes.get_by_role("radio", name=SECOND).click()
    other = prompt_of(boxes, "SH0020")
    expect(other).to_have_value(PROMPTS[1])
    until(lambda: shot(harness)["prompt"] == "Of the first.")
    # Its undo does not bring the text of the first one in.
    other.focus()
    boxes.keyboard.press("Control+z")
    expect(other).to_have_value(PROMPTS[1])
    assert shot(harness, SECOND)["prompt"] == PROMPTS[1]


def _bring(page: Page, row: dict[str, Any]) -> None:
    page.evaluate("row => window.dispatchEvent(new CustomEvent('studio:rows', {detail: {shots: [row]}}))", row)


# --- keys ---


def test_undo_within_a_box_is_the_boxs_own_and_keys_stay_in_it(boxes: Page, harness: Harness) -> None:
    boxes.evaluate("window.addEventListener('keydown', event => ((window.keys ??= []).push(event.key)))")
    box = prompt_of(boxes)
    box.press("End")
    box.press_sequentially("rc")
    expect(box).to_have_value(PROMPTS[0] + "rc")
    box.press("Control+z")
    expect(box).to_have_value(PROMPTS[0])
    until(lambda: unsaved(boxes) == 0)

    assert shot(harness)["prompt"] == PROMPTS[0]
    assert boxes.evaluate("window.keys") is None
    expect(boxes.get_by_role("dialog")).to_have_count(0)  # Streamlit's own key "c" asks whether to clear its cache


def test_nothing_is_saved_in_the_middle_of_a_composition(boxes: Page, harness: Harness) -> None:
    box = prompt_of(boxes)
    box.fill("")
    until(lambda: shot(harness)["prompt"] == "")
    keyboard = boxes.context.new_cdp_session(boxes)
    for text in ("n", "ni", "ni h", "ni hao"):
        keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    expect(box).to_have_value("ni hao")
    boxes.evaluate("window.studioSaving.flush()")
    assert shot(harness)["prompt"] == ""
    # Enter belongs to the composition, too.
    keyboard.send("Input.insertText", {"text": "你好"})

    expect(box).to_have_value("你好")
    until(lambda: shot(harness)["prompt"] == "你好")
    assert heard(harness, "prompt") == ["", "你好"]


def test_the_prompt_grows_with_its_text_and_everything_has_a_name(boxes: Page) -> None:
    box = prompt_of(boxes)
    before = box.bounding_box()
    box.fill("One line of it.\n" * 12)
    after = box.bounding_box()

    assert before is not None
    assert after is not None
    assert after["height"] > 1.5 * before["height"]
    for name in ("Name", "Length (seconds)", "Seed", "Dialogue", "Notes"):
        expect(boxes.get_by_role("textbox", name=name, exact=True)).to_be_visible()
    expect(boxes.get_by_text("12 of 256 tokens")).to_be_visible()
