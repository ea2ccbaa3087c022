"""Rendering is ordered, followed and called off from the board, and noticed away from it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.board_page import BoardPage
from tests.support.browsing import until_true
from tests.support.rendering import until

pytestmark = pytest.mark.browser
ShowBoard = Callable[[int], BoardPage]
# Stands in for the browser's own notifications and sounds, which a headless one has not.
NOTICES = """
window.notices = []; window.asked = 0; window.notes = 0;
class Shown { constructor(title, { body }) { window.notices.push([title, body]); } }
Shown.permission = "granted";
Shown.requestPermission = async () => { window.asked += 1; return "granted"; };
window.Notification = Shown;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.notes += 1; return start.apply(this, when); };
"""


def test_what_changed_is_rendered_followed_and_cancelled(board: ShowBoard) -> None:
    shown = board(6).open()
    page = shown.page

    page.get_by_role("button", name="Render what changed (3)").click()
    work = page.locator(".work")
    expect(work).to_contain_text("Rendering SH0030, step 3 of 12")
    expect(work).to_contain_text("about 40 s")
    expect(work.locator("img")).to_be_visible()
    assert shown.story.calls("/renders") == [{"shots": None, "pass": "draft"}]
    shown.story.working("s4", 0.37)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "37")
    expect(page).to_have_title("37 % · Lighthouse")
    expect(shown.shot("s4").locator(".bar")).to_be_visible()
    expect(shown.shot("s3").locator(".bar")).to_be_hidden()
    page.get_by_role("button", name="Cancel").click()
    expect(work).to_be_hidden()
    expect(page).to_have_title("Storyboard")


def test_what_takes_long_is_asked_about_and_a_deadline_picks_the_preset(board: ShowBoard) -> None:
    shown = board(6)
    shown.story.lasts = 1200.0
    page = shown.open().page
    order = page.get_by_role("button", name="Render what changed (3)")
    order.hover()
    expect(order).to_have_attribute("title", re.compile(r"3 shots, 6 sections to make, 2 found.* Done at about "))

    order.click()
    window = page.get_by_role("dialog", name="This takes a while")
    expect(window).to_contain_text("6 sections to make")
    expect(window.get_by_role("radio", name="As it is set")).to_be_checked()
    window.get_by_label("It has to be done by").fill("18:00")
    expect(window.get_by_role("radio", name="Quick")).to_be_checked()
    expect(window).to_contain_text("“Quick” is the best that is done by then.")
    assert shown.story.calls("/renders") == []
    window.get_by_role("button", name="Render").click()
    expect(page.locator(".work")).to_be_visible()
    assert shown.story.calls("/renders") == [{"shots": None, "pass": "draft", "preset": "quick"}]


def test_the_work_under_way_is_looked_at_each_second(board: ShowBoard) -> None:
    shown = board(3)
    shown.story.working("s1", 0.1)
    shown.open()
    looks = shown.story.looks

    until(lambda: shown.page.title() and shown.story.looks >= looks + 3, seconds=8)


def test_a_finished_render_is_told_where_somebody_wants_it(board: ShowBoard) -> None:
    shown = board(3)
    shown.page.add_init_script(NOTICES)
    shown.open()
    page = shown.page
    page.get_by_role("button", name="More").click()
    assert page.evaluate("window.asked") == 0
    page.get_by_label("Tell me when a render ends").check()
    page.get_by_label("Play a sound when a render ends").check()
    until_true(page, "window.asked === 1")
    heard = page.evaluate("window.notes")
    page.keyboard.press("Escape")

    shown.story.working("s3", 0.9)
    expect(page).to_have_title("90 % · Lighthouse")
    shown.story.render = None
    until_true(page, "window.notices.length === 1")
    assert page.evaluate("window.notices") == [["Lighthouse", "The rendering is finished."]]
    assert page.evaluate("window.notes") == heard + 2


def test_a_render_that_was_called_off_tells_nothing(board: ShowBoard) -> None:
    shown = board(3)
    shown.page.add_init_script(f"{NOTICES} localStorage.setItem('storyboard-notify', 'on');")
    shown.story.working("s3", 0.5)
    shown.open()

    shown.page.get_by_role("button", name="Cancel").click()
    expect(shown.page).to_have_title("Storyboard")
    assert shown.page.evaluate("window.notices") == []


def test_the_other_pass_is_shown_and_told_to_python(board: ShowBoard) -> None:
    shown = board(3)
    shown.story.has_real = True
    shown.open()

    shown.page.get_by_role("button", name="Real").click()
    expect(shown.page.get_by_role("button", name="Real")).to_have_attribute("aria-pressed", "true")
    assert shown.chosen("pass") == ["real"]
    shown.page.get_by_role("button", name="Render what changed").click()
    until(lambda: shown.story.calls("/renders") == [{"shots": None, "pass": "real"}], seconds=10)


def test_view_and_size_are_switched_and_the_size_is_kept(board: ShowBoard) -> None:
    shown = board(40).open()
    page = shown.page
    middle = shown.shot("s1").bounding_box()

    page.get_by_label("Size of the pictures").first.fill("3")
    large = shown.shot("s1").bounding_box()
    assert middle is not None
    assert large is not None
    assert large["width"] > middle["width"] * 1.2
    page.get_by_role("button", name="List").click()
    expect(shown.cell("s1", "prompt")).to_be_visible()
    assert shown.chosen("view") == ["list"]
    shown.open()
    assert (shown.shot("s1").bounding_box() or {})["width"] == large["width"]


def test_python_hears_of_changes_to_the_open_shot_that_are_more_than_text(board: ShowBoard) -> None:
    shown = board(3).open()
    shown.shot("s2").click()
    shown.story.edit("s2", prompt="Only text.")
    expect(shown.shot("s2")).to_contain_text("Only text.")
    assert shown.chosen("selected") == ["s2"]

    shown.story.edit("s2", take="t9", takes=5)
    until(lambda: shown.told()[-1] == ["changed", {"id": "s2", "version": 3}], seconds=10)
