"""The whole board by keyboard: going, choosing, moving with the focus, deleting and taking back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.board_page import BoardPage
from tests.support.rendering import until

pytestmark = pytest.mark.browser
ShowBoard = Callable[[int], BoardPage]


def test_arrows_go_and_enter_opens_the_shot_and_escape_closes_it(board: ShowBoard) -> None:
    shown = board(40).open()
    shown.shot("s1").focus()

    shown.press("ArrowRight", "ArrowRight", "ArrowLeft")
    assert shown.focused() == "s2"
    shown.press("ArrowDown")
    below = shown.focused()
    shown.press("ArrowUp")
    assert (below, shown.focused()) == ("s8", "s2")
    assert shown.told() == []
    shown.press("Enter")
    until(lambda: shown.chosen("selected") == ["s2"], seconds=10)
    shown.press("End")
    assert shown.focused() == "s40"
    until(lambda: shown.chosen("selected")[-1] == "s40", seconds=10)
    shown.press("Home")
    assert shown.focused() == "s1"
    shown.press("Escape")
    assert shown.chosen("selected")[-1] is None
    shown.await_chosen(set())


def test_pages_are_turned_and_end_at_the_last_shot(board: ShowBoard) -> None:
    shown = board(100).open()
    shown.shot("s1").focus()

    shown.press("PageDown")
    assert shown.focused() not in ("s1", "s100")
    expect(shown.shot(shown.focused() or "")).to_be_in_viewport()
    shown.press(*["PageDown"] * 9)
    assert shown.focused() == "s100"
    shown.press(*["PageUp"] * 12)
    assert shown.focused() == "s1"


def test_a_shot_is_moved_again_and_again_and_keeps_the_focus(board: ShowBoard) -> None:
    shown = board(40).open()
    shown.shot("s1").focus()

    shown.press(*["Alt+ArrowRight"] * 3)
    assert shown.focused() == "s1"
    until(lambda: shown.story.order()[:5] == ["s2", "s3", "s4", "s1", "s5"], seconds=10)
    shown.press("Alt+ArrowDown")
    until(lambda: shown.story.order().index("s1") == 9, seconds=10)
    assert shown.focused() == "s1"
    shown.press("Alt+ArrowLeft")
    until(lambda: shown.story.order().index("s1") == 8, seconds=10)
    expect(shown.page.get_by_text("SH0010 moved to place 9 of 40.")).to_be_attached()
    shown.press("ArrowRight")
    assert shown.focused() == shown.story.order()[9]


def test_several_are_moved_together(board: ShowBoard) -> None:
    shown = board(12).open()
    shown.shot("s3").click()
    shown.shot("s5").click(modifiers=["Control"])

    shown.press("Alt+ArrowLeft")
    until(lambda: shown.story.order()[:5] == ["s1", "s3", "s5", "s2", "s4"], seconds=10)
    assert shown.focused() == "s5"
    shown.await_chosen({"s3", "s5"})


def test_shift_and_control_and_all_choose(board: ShowBoard) -> None:
    shown = board(12).open()
    shown.shot("s2").click()
    shown.shot("s5").click(modifiers=["Shift"])
    shown.await_chosen({"s2", "s3", "s4", "s5"})
    shown.shot("s4").click(modifiers=["Control"])
    shown.await_chosen({"s2", "s3", "s5"})
    expect(shown.page.get_by_text("3 selected")).to_be_visible()
    shown.shot("s2").click()
    shown.press("Shift+ArrowRight", "Shift+ArrowRight")
    shown.await_chosen({"s2", "s3", "s4"})
    shown.press("Control+ArrowRight", "Control+ArrowRight", "Control+Space")
    shown.await_chosen({"s2", "s3", "s4", "s6"})
    shown.press("Control+a")
    shown.await_chosen({f"s{n}" for n in range(1, 13)})
    shown.press("Escape", "Escape")
    shown.await_chosen(set())
    shown.page.get_by_role("button", name="Select all 2 out of date").click()
    shown.await_chosen({"s3", "s9"})
    assert shown.focused() == "s3"
    # More than one selected is no reason to show another shot beside the board.
    assert shown.chosen("selected") == ["s2", None]


def test_a_deleted_shot_is_brought_back_from_far_down_the_page(board: ShowBoard) -> None:
    shown = board(120).open()
    shown.shot("s1").focus()
    shown.press("End", "ArrowLeft", "Delete")

    expect(shown.shot("s119")).to_have_count(0)
    assert shown.focused() == "s120"
    told = shown.page.get_by_role("status").filter(has_text="SH1190 deleted.")
    expect(told).to_be_in_viewport()
    shown.press("Alt+ArrowLeft")  # a later edit takes nothing away
    until(lambda: shown.story.calls("/move"), seconds=10)
    told.get_by_role("button", name="Undo").click()
    expect(shown.shot("s119")).to_be_in_viewport()
    assert "s119" in shown.story.order()


def test_several_are_deleted_at_once_and_the_focus_goes_to_the_next(board: ShowBoard) -> None:
    shown = board(8).open()
    shown.shot("s2").click()
    shown.shot("s4").click(modifiers=["Shift"])
    shown.press("Delete")

    expect(shown.page.get_by_text("3 shots deleted.")).to_be_visible()
    assert shown.order() == ["s1", "s5", "s6", "s7", "s8"]
    assert shown.focused() == "s5"


def test_shots_are_duplicated_and_everything_is_undone_and_redone(board: ShowBoard) -> None:
    shown = board(4).open()
    shown.shot("s2").click()

    shown.press("Control+d")
    expect(shown.shot("new1")).to_be_focused()
    assert shown.order() == ["s1", "s2", "new1", "s3", "s4"]
    shown.press("Control+z")
    expect(shown.shot("new1")).to_have_count(0)
    shown.press("Control+Shift+z")
    expect(shown.shot("new1")).to_be_visible()
    shown.press("Control+z")
    expect(shown.shot("new1")).to_have_count(0)
    shown.press("Control+y")
    expect(shown.shot("new1")).to_be_visible()
    shown.press("Control+z", "Control+z")
    expect(shown.page.get_by_role("alert").filter(has_text="There is nothing to undo.")).to_be_visible()


def test_undo_works_outside_of_the_board_but_not_in_a_box_for_text(board: ShowBoard) -> None:
    shown = board(4).open()
    shown.shot("s2").click()
    shown.press("Delete")
    expect(shown.shot("s2")).to_have_count(0)

    shown.page.get_by_label("Elsewhere").fill("r?/")
    shown.press("Control+z", "Delete", "?")
    assert shown.story.calls("/undo") == []
    expect(shown.page.get_by_role("dialog")).to_have_count(0)
    shown.page.evaluate("document.activeElement.blur()")
    shown.press("Control+z")
    expect(shown.shot("s2")).to_be_visible()


def test_r_renders_what_is_selected(board: ShowBoard) -> None:
    shown = board(6).open()
    shown.shot("s3").click()
    shown.shot("s4").click(modifiers=["Shift"])

    shown.press("r")
    until(lambda: shown.story.calls("/renders") == [{"shots": ["s3", "s4"], "pass": "draft"}], seconds=10)


def test_a_slash_goes_to_the_filter_and_escape_back(board: ShowBoard) -> None:
    shown = board(6).open()
    shown.shot("s3").click()

    shown.press("/")
    box = shown.page.get_by_label("Find shots by their words")
    expect(box).to_be_focused()
    box.press_sequentially("boat")
    expect(shown.page.locator("[data-id]")).to_have_count(1)
    shown.press("ArrowDown")
    assert shown.focused() == "s4"
    shown.press("/", "Escape")
    expect(shown.page.locator("[data-id]")).to_have_count(6)
    assert shown.focused() == "s4"


def test_a_question_mark_lists_the_keys_and_the_focus_comes_back(board: ShowBoard) -> None:
    shown = board(3).open()
    shown.shot("s2").click()

    shown.press("?")
    dialog = shown.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("Move the selected shots")).to_be_visible()
    shown.press("Delete", "Escape")
    expect(dialog).to_have_count(0)
    assert shown.focused() == "s2"
    assert len(shown.story.rows) == 3


def test_a_refused_move_is_put_back_and_said_until_it_is_closed(board: ShowBoard) -> None:
    shown = board(4).open()
    shown.shot("s1").focus()
    shown.story.refusal = (503, {"error": "busy", "message": "The disk is full."})

    shown.press("Alt+ArrowRight")
    said = shown.page.get_by_role("alert").filter(has_text="The disk is full.")
    expect(said).to_be_visible()
    assert shown.order() == ["s1", "s2", "s3", "s4"]
    assert shown.focused() == "s1"
    said.get_by_role("button", name="Close").click()
    expect(said).to_have_count(0)


def test_what_python_selects_is_shown_and_its_echo_changes_nothing(board: ShowBoard) -> None:
    shown = board(60).open()
    shown.shot("s1").focus()

    shown.page.evaluate("window.mount({selected: 's50'})")
    expect(shown.shot("s50")).to_be_in_viewport()
    shown.await_chosen({"s50"})
    shown.shot("s49").click()
    shown.shot("s50").click()
    shown.page.evaluate("window.mount({selected: 's49'})")
    shown.await_chosen({"s50"})
    shown.page.evaluate("window.mount({selected: 's50'})")
    shown.await_chosen({"s50"})
    shown.page.evaluate("window.mount({selected: 's1'})")
    expect(shown.shot("s1")).to_have_attribute("aria-selected", "true")


def test_nothing_is_left_when_the_board_is_taken_away(board: ShowBoard) -> None:
    shown = board(3).open()
    shown.page.evaluate("window.unmount()")
    looks = shown.story.looks

    shown.press("?", "Control+z")
    assert shown.ask("querySelectorAll('.board *').length") == 0
    shown.page.evaluate("fetch('/given').then(answer => answer.status)")
    assert shown.story.looks == looks
    assert shown.story.asked == []


def test_a_message_goes_when_what_it_offers_was_done_otherwise(board: ShowBoard) -> None:
    shown = board(4).open()
    shown.shot("s2").click()
    shown.press("Delete")
    told = shown.page.get_by_role("status").filter(has_text="SH0020 deleted.")
    expect(told).to_be_visible()

    shown.press("Control+z")
    expect(shown.shot("s2")).to_be_visible()
    expect(told).to_have_count(0)


def test_an_error_stays_while_other_messages_come_and_go(board: ShowBoard) -> None:
    shown = board(12).open()
    shown.shot("s1").focus()
    shown.story.refusal = (503, {"error": "busy", "message": "The disk is full."})
    shown.press("Alt+ArrowRight")
    said = shown.page.get_by_role("alert").filter(has_text="The disk is full.")
    expect(said).to_be_visible()

    for left in range(11, 6, -1):
        shown.press("Delete")
        until(lambda left=left: len(shown.story.rows) == left, seconds=10)
    expect(shown.page.locator(".toast")).to_have_count(4)
    expect(said).to_be_visible()
