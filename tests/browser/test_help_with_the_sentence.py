"""Help below the box of a prompt: phrases put where the caret was, in either language, and what of it is not read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.harness import Harness
from tests.support.rendering import until
from tests.support.typing_page import prompt_of, shot

pytestmark = pytest.mark.browser


def test_phrases_are_put_into_the_sentence_and_saved(boxes: Page, harness: Harness) -> None:
    prompt = prompt_of(boxes)
    prompt.fill("A lighthouse.")
    boxes.get_by_text("Help with the sentence").click()
    boxes.get_by_role("button", name="the camera zooms in slowly").click()
    boxes.get_by_role("button", name="fog rolls in").click()
    expect(prompt).to_have_value("A lighthouse. The camera zooms in slowly, fog rolls in")

    prompt.focus()
    prompt.press("Control+Home")
    boxes.get_by_role("button", name="wide shot").click()
    expect(prompt).to_have_value("Wide shot, A lighthouse. The camera zooms in slowly, fog rolls in")
    until(lambda: shot(harness)["prompt"].startswith("Wide shot, A lighthouse."))


def test_phrases_are_there_in_chinese_and_marked_where_the_draft_follows_them(boxes: Page) -> None:
    prompt = prompt_of(boxes)
    prompt.fill("一座燈塔")
    boxes.get_by_text("Help with the sentence").click()
    followed = boxes.get_by_role("button", name="鏡頭緩緩拉近")
    expect(followed).to_have_accessible_description("The embedded draft model follows this, too.")
    expect(boxes.get_by_role("button", name="特寫鏡頭")).to_have_accessible_description("")
    followed.click()
    expect(prompt).to_have_value("一座燈塔，鏡頭緩緩拉近")

    boxes.get_by_role("button", name="English", exact=True).click()
    expect(boxes.get_by_role("button", name="wide shot")).to_be_visible()


def test_the_end_that_has_no_effect_is_shown_while_the_text_is_the_one_that_was_counted(boxes: Page) -> None:
    unread = boxes.get_by_text("This end of it has no effect: its end")
    expect(unread).to_be_visible()
    prompt_of(boxes).fill("Something else")
    expect(unread).to_be_hidden()
