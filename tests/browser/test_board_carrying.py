"""Shots are carried to another place with the mouse and with a finger, several at once, and it can be called off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.support.board_page import BoardPage
from tests.support.rendering import until

pytestmark = pytest.mark.browser
ShowBoard = Callable[[int], BoardPage]


def test_a_card_is_carried_to_another_place(board: ShowBoard) -> None:
    shown = board(12).open()

    pick_up(shown, shown.shot("s2"))
    mark = shown.page.locator(".insertion")
    carry_to(shown, shown.shot("s4"), right=True)
    expect(mark).to_be_visible()
    gap = mark.bounding_box()
    fourth = shown.shot("s4").bounding_box()
    assert gap is not None
    assert fourth is not None
    assert fourth["x"] + fourth["width"] - 4 <= gap["x"] <= fourth["x"] + fourth["width"] + 14
    shown.page.mouse.up()

    until(lambda: shown.story.order()[:5] == ["s1", "s3", "s4", "s2", "s5"], seconds=10)
    assert shown.story.calls("/move") == [{"ids": ["s2"], "before": "s5"}]
    expect(mark).to_be_hidden()
    assert shown.focused() == "s2"
    # What was dropped was not pressed: nothing is opened.
    assert shown.told() == []


def test_what_was_moved_is_moved_again_by_the_window_by_keys_and_by_the_mouse(board: ShowBoard) -> None:
    shown = board(12).open()
    shown.shot("s1").click()

    for place in (3, 5):
        shown.page.get_by_role("button", name="Move to…").click()
        box = shown.page.get_by_label("To place")
        box.fill(str(place))
        box.press("Enter")
        until(lambda place=place: shown.story.order()[place - 1] == "s1", seconds=10)
        expect(shown.shot("s1")).to_be_focused()
    for place in (6, 7):
        shown.press("Alt+ArrowRight")
        until(lambda place=place: shown.story.order()[place - 1] == "s1", seconds=10)
        assert shown.focused() == "s1"
    for after, place in (("s9", 9), ("s11", 11)):
        pick_up(shown, shown.shot("s1"))
        carry_to(shown, shown.shot(after), right=True)
        shown.page.mouse.up()
        until(lambda place=place: shown.story.order()[place - 1] == "s1", seconds=10)
        assert shown.focused() == "s1"
    assert [move["ids"] for move in shown.story.calls("/move")] == [["s1"]] * 6
    assert [one for one in shown.story.order() if one != "s1"] == [f"s{n}" for n in range(2, 13)]


def test_several_selected_ones_are_carried_together(board: ShowBoard) -> None:
    shown = board(12).open()
    shown.shot("s1").click()
    shown.shot("s3").click(modifiers=["Control"])

    pick_up(shown, shown.shot("s3"))
    carry_to(shown, shown.shot("s8"), right=True)
    expect(shown.page.locator(".carried")).to_have_text("2 shots")
    shown.page.mouse.up()

    until(lambda: shown.story.order()[5:8] == ["s8", "s1", "s3"], seconds=10)
    shown.await_chosen({"s1", "s3"})


def test_escape_calls_it_off(board: ShowBoard) -> None:
    shown = board(12).open()

    pick_up(shown, shown.shot("s2"))
    carry_to(shown, shown.shot("s8"), right=True)
    expect(shown.page.locator(".carried")).to_be_visible()
    shown.press("Escape")
    expect(shown.page.locator(".carried")).to_have_count(0)
    expect(shown.page.locator(".insertion")).to_be_hidden()
    shown.page.mouse.up()

    expect(shown.page.get_by_text("Nothing was moved.")).to_be_attached()
    assert shown.story.asked == []
    assert shown.told() == []
    shown.shot("s5").click()
    assert shown.chosen("selected") == ["s5"]


def test_a_row_is_carried_too(board: ShowBoard) -> None:
    shown = board(12).open("view=list")

    pick_up(shown, shown.cell("s1", "number"))
    box = shown.shot("s4").bounding_box()
    assert box is not None
    shown.page.mouse.move(box["x"] + 60, box["y"] + 50, steps=6)
    expect(shown.page.locator(".insertion")).to_be_visible()
    shown.page.mouse.up()

    until(lambda: shown.story.order()[:4] == ["s2", "s3", "s4", "s1"], seconds=10)


def test_the_board_scrolls_while_a_shot_is_held_at_its_edge(board: ShowBoard) -> None:
    shown = board(200).open()
    scrolled = "querySelector('.scroller').scrollTop"

    pick_up(shown, shown.shot("s1"))
    edge = shown.page.locator(".scroller").bounding_box()
    assert edge is not None
    shown.page.mouse.move(edge["x"] + 300, edge["y"] + edge["height"] - 5, steps=4)
    until(lambda: shown.ask(scrolled) > 2000, seconds=30)
    shown.press("Escape")
    shown.page.mouse.up()
    assert shown.story.asked == []


def test_a_finger_carries_after_a_long_press_and_scrolls_before(board: ShowBoard) -> None:
    shown = board(12).open()
    touch = shown.page.context.new_cdp_session(shown.page)

    def finger(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    first, sixth = shown.shot("s1").bounding_box(), shown.shot("s6").bounding_box()
    assert first is not None
    assert sixth is not None
    x, y = first["x"] + 60, first["y"] + 40
    finger("touchStart", (x, y))
    expect(shown.page.locator(".carried")).to_be_visible()
    for step in range(1, 9):
        finger("touchMove", (x + (sixth["x"] + sixth["width"] - 10 - x) * step / 8, y))
    finger("touchEnd")

    until(lambda: shown.story.order()[:6] == ["s2", "s3", "s4", "s5", "s6", "s1"], seconds=10)


def pick_up(shown: BoardPage, node: Locator) -> None:
    box = node.bounding_box()
    assert box is not None
    shown.page.mouse.move(box["x"] + 30, box["y"] + 30)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + 44, box["y"] + 30, steps=3)


def carry_to(shown: BoardPage, card: Locator, *, right: bool) -> None:
    box = card.bounding_box()
    assert box is not None
    shown.page.mouse.move(box["x"] + box["width"] * (0.9 if right else 0.1), box["y"] + 40, steps=8)
