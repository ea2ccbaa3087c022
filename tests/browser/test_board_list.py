"""The list is written in as a spreadsheet is, and nothing that was written is lost where the studio refuses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Route, expect

from tests.support.board_page import BoardPage
from tests.support.rendering import until

pytestmark = pytest.mark.browser
ShowBoard = Callable[[int], BoardPage]


def test_arrows_move_the_cell_and_typing_replaces_what_is_in_it(board: ShowBoard) -> None:
    shown = board(6).open("view=list")
    shown.cell("s1", "prompt").click()

    shown.press("ArrowDown", "ArrowRight")
    expect(shown.cell("s2", "seconds")).to_be_focused()
    shown.press("ArrowLeft")
    shown.page.keyboard.type("Rain falls.")
    shown.press("Enter")
    expect(shown.cell("s2", "prompt")).to_be_focused()
    expect(shown.cell("s2", "prompt")).to_have_text("Rain falls.")
    until(lambda: shown.story.row("s2")["prompt"] == "Rain falls.", seconds=10)
    (sent,) = shown.story.calls("/shots/s2")
    assert sent["was"] == {"prompt": "Waves break on the rocks. The camera moves slowly to the left."}


def test_f2_goes_on_with_what_is_there_and_escape_puts_it_back(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    cell = shown.cell("s1", "prompt")
    cell.click()

    shown.press("F2", "End")
    shown.page.keyboard.type(" It is night. 海")
    expect(cell.locator("textarea")).to_have_value(f"{shown.story.row('s1')['prompt']} It is night. 海")
    shown.press("Escape")
    expect(cell.locator("textarea")).to_have_count(0)
    expect(cell).to_be_focused()
    assert shown.story.asked == []
    shown.press("Enter", "End")
    shown.page.keyboard.type(" It is night. 海")
    shown.press("Enter")
    until(lambda: shown.story.row("s1")["prompt"].endswith("It is night. 海"), seconds=10)


def test_tab_goes_on_to_the_next_cell_one_can_write_in(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    shown.cell("s1", "prompt").click()

    shown.press("Enter")
    shown.page.keyboard.type("One.")
    shown.press("Tab")
    shown.page.keyboard.type("3,5")
    shown.press("Tab")
    expect(shown.cell("s1", "start").locator("select")).to_be_focused()
    shown.press("Tab")
    expect(shown.cell("s1", "transition").locator("select")).to_be_focused()
    shown.press("Tab")  # a cut has no overlap
    expect(shown.cell("s2", "prompt").locator("textarea")).to_be_focused()
    shown.press("Shift+Tab", "Escape")
    until(lambda: shown.story.row("s1")["seconds"] == 3.5, seconds=10)
    expect(shown.cell("s1", "seconds")).to_have_text("3.5 s")
    assert shown.story.row("s1")["prompt"] == "One."
    assert shown.story.row("s2")["prompt"].startswith("Waves")


def test_a_length_that_is_none_is_said_and_the_earlier_one_kept(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    shown.cell("s1", "seconds").click()

    shown.page.keyboard.type("soon")
    shown.press("Enter")
    expect(shown.page.get_by_role("alert").filter(has_text="“soon” is no length")).to_be_visible()
    expect(shown.cell("s1", "seconds")).to_have_text("2.5 s")
    assert shown.story.asked == []


def test_a_length_is_for_all_selected_rows(board: ShowBoard) -> None:
    shown = board(6).open("view=list")
    shown.cell("s2", "seconds").click()
    shown.cell("s4", "seconds").click(modifiers=["Shift"])

    shown.page.keyboard.type("6,25")
    shown.press("Enter")
    until(lambda: [row["seconds"] for row in shown.story.rows[1:4]] == [6.25] * 3, seconds=10)
    assert shown.story.calls("/shots") == [{"ids": ["s2", "s3", "s4"], "changes": {"seconds": 6.25}}]
    expect(shown.page.get_by_text("3 shots last 6.25 s each now.")).to_be_visible()
    expect(shown.cell("s3", "seconds")).to_have_text("6.25 s")


def test_transitions_and_how_long_they_last_are_written_in_one_row_and_in_several(board: ShowBoard) -> None:
    shown = board(6).open("view=list")
    shown.cell("s2", "transition_seconds").click()
    shown.press("Enter")
    expect(shown.page.get_by_role("alert").filter(has_text="A cut has no overlap")).to_be_visible()

    shown.press("ArrowLeft", "Enter")
    box = shown.page.get_by_label("Transition of SH0020")
    expect(box).to_be_focused()
    box.select_option("Through black")
    expect(shown.cell("s2", "transition")).to_be_focused()
    shown.press("ArrowRight")
    shown.page.keyboard.type("1,5")
    shown.press("Enter")
    until(lambda: shown.story.row("s2")["transition_seconds"] == 1.5, seconds=10)
    assert shown.story.row("s2")["transition"] == "black"
    expect(shown.cell("s2", "transition_seconds")).to_have_text("1.5 s")

    shown.cell("s2", "transition").click()
    shown.press("Control+c")
    shown.cell("s4", "transition").click()
    shown.cell("s6", "transition").click(modifiers=["Shift"])
    shown.press("Control+v")
    until(lambda: [row["transition"] for row in shown.story.rows[3:]] == ["black"] * 3, seconds=10)
    expect(shown.page.get_by_text("“Through black” leads into 3 shots now.")).to_be_visible()
    shown.press("ArrowRight", "Enter")
    shown.page.get_by_label("Overlap of SH0060").fill("2")
    shown.press("Enter")
    until(lambda: [row["transition_seconds"] for row in shown.story.rows[3:]] == [2.0] * 3, seconds=10)


def test_start_and_preset_and_length_are_set_for_several_from_the_bar(board: ShowBoard) -> None:
    shown = board(6).open()
    shown.shot("s4").click()
    shown.shot("s6").click(modifiers=["Shift"])
    page = shown.page

    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Continue: on from the shot before").click()
    until(lambda: [row["start"] for row in shown.story.rows[3:]] == ["continue"] * 3, seconds=10)
    expect(shown.shot("s6").locator(".link")).to_be_visible()
    page.get_by_role("button", name="Preset", exact=True).click()
    page.get_by_role("button", name="Quick").click()
    until(lambda: shown.story.rows[4].get("preset") == "quick", seconds=10)
    page.get_by_role("button", name="Length…").click()
    box = page.get_by_label("Seconds")
    box.fill("x")
    box.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="“x” is no length")).to_be_visible()
    box.fill("1.5")
    box.press("Enter")
    until(lambda: [row["seconds"] for row in shown.story.rows[3:]] == [1.5] * 3, seconds=10)


def test_cells_are_copied_and_pasted_over_several_rows(board: ShowBoard) -> None:
    shown = board(6).open("view=list")
    shown.cell("s1", "seconds").click()

    shown.press("Control+c")
    shown.cell("s2", "seconds").click()
    shown.cell("s3", "seconds").click(modifiers=["Shift"])
    shown.press("Control+v")
    until(lambda: [row["seconds"] for row in shown.story.rows[:3]] == [2.5] * 3, seconds=10)
    shown.cell("s1", "prompt").click()
    shown.cell("s2", "prompt").click(modifiers=["Shift"])
    shown.press("Control+c")
    shown.cell("s4", "prompt").click()
    shown.press("Control+v")
    prompts = [row["prompt"] for row in shown.story.rows]
    until(lambda: [row["prompt"] for row in shown.story.rows[3:5]] == prompts[:2], seconds=10)
    assert len(shown.story.rows) == 6


def test_where_another_browser_changed_the_same_both_texts_are_kept_in_view(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    cell = shown.cell("s1", "prompt")
    cell.click()
    shown.press("Enter")
    shown.page.keyboard.type("Mine.")
    shown.story.edit("s1", prompt="Theirs.")
    shown.press("Enter")

    said = shown.page.get_by_role("alert").filter(has_text="Somebody else changed this shot meanwhile.")
    expect(said).to_be_visible()
    expect(cell).to_have_text("Theirs.")
    said.get_by_role("button", name="Use mine").click()
    expect(cell).to_have_text("Mine.")
    until(lambda: shown.story.row("s1")["prompt"] == "Mine.", seconds=10)


def test_what_is_written_in_a_shot_that_was_deleted_elsewhere_can_be_brought_back(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    shown.cell("s2", "prompt").click()
    shown.press("Enter")
    shown.page.keyboard.type("Still here.")
    story = shown.story
    story.gone["s2"] = (1, story.row("s2"))
    story.rows = [row for row in story.rows if row["id"] != "s2"]

    # The next answer takes the row away; what was written in it is sent, and refused.
    said = shown.page.get_by_role("alert").filter(has_text="This shot was deleted meanwhile.")
    expect(said).to_be_visible()
    said.get_by_role("button", name="Bring the shot back").click()
    expect(shown.cell("s2", "prompt")).to_have_text("Still here.")
    until(lambda: story.row("s2")["prompt"] == "Still here.", seconds=10)


def test_a_refused_text_is_put_back_with_the_studios_sentence(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    shown.story.refusal = (400, {"error": "too-long", "message": "A prompt has at most 2,000 characters."})
    shown.cell("s1", "prompt").click()
    shown.press("Enter")
    shown.page.keyboard.type("Too long.")
    shown.press("Enter")

    expect(shown.page.get_by_role("alert").filter(has_text="at most 2,000 characters")).to_be_visible()
    expect(shown.cell("s1", "prompt")).to_have_text(shown.story.row("s1")["prompt"])


def test_rows_move_by_keys_and_the_cell_keeps_the_focus(board: ShowBoard) -> None:
    shown = board(6).open("view=list")
    shown.cell("s1", "seconds").click()

    shown.press("Alt+ArrowDown", "Alt+ArrowDown")
    until(lambda: shown.story.order()[:3] == ["s2", "s3", "s1"], seconds=10)
    expect(shown.cell("s1", "seconds")).to_be_focused()


def test_the_table_is_read_out_as_one(board: ShowBoard) -> None:
    shown = board(500).open("view=list")
    table = shown.page.get_by_role("grid", name="The shots in order")

    expect(table).to_have_attribute("aria-rowcount", "501")
    expect(table.get_by_role("columnheader")).to_have_count(9)
    expect(shown.shot("s3")).to_have_attribute("aria-rowindex", "4")


def test_what_was_typed_is_saved_before_it_is_rendered(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    shown.cell("s1", "prompt").click()
    shown.press("Enter")
    shown.page.keyboard.type("Just typed.")
    shown.page.get_by_role("button", name="Render what changed").click()

    until(lambda: shown.story.calls("/renders"), seconds=10)
    assert [path.rsplit("/", 1)[1] for _, path, _ in shown.story.asked] == ["s1", "renders"]


def test_what_the_boxes_saved_is_shown_before_the_board_is_asked_for_again(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    shown.story.silent = True

    saved(shown, {**shown.story.row("s2"), "prompt": "Rain falls.", "state": "Out of date", "version": 2})
    expect(shown.cell("s2", "prompt")).to_have_text("Rain falls.")
    expect(shown.cell("s2", "state")).to_have_text("Out of date")
    expect(shown.cell("s1", "prompt")).to_have_text(shown.story.row("s1")["prompt"])


def test_what_was_saved_says_nothing_of_the_takes_of_the_other_pass(board: ShowBoard) -> None:
    shown = board(3)
    shown.story.has_real = True
    shown.open("view=list")
    shown.page.get_by_role("button", name="Real", exact=True).click()
    expect(shown.page.get_by_role("button", name="Real", exact=True)).to_have_attribute("aria-pressed", "true")
    until(lambda: shown.story.passes[-1] == "real", seconds=10)
    shown.story.silent = True

    saved(shown, {**shown.story.row("s2"), "prompt": "Rain falls.", "state": "Out of date", "version": 2})
    expect(shown.cell("s2", "prompt")).to_have_text("Rain falls.")
    expect(shown.cell("s2", "state")).to_have_text("Ready")


def test_a_look_that_began_before_something_was_saved_does_not_take_it_back(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    shown.page.route("**/board?*", hold_the_first)
    shown.story.edit("s1", prompt="Seen by the look.")
    shown.page.evaluate("document.dispatchEvent(new CustomEvent('storyboard-changed'))")
    until_held(shown, held)

    saved(shown, {**shown.story.row("s2"), "prompt": "Rain falls.", "version": 2})
    expect(shown.cell("s2", "prompt")).to_have_text("Rain falls.")
    # After the one that is held no look is answered.
    shown.story.silent = True
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(shown.cell("s1", "prompt")).to_have_text("Seen by the look.")
    expect(shown.page.get_by_role("alert").filter(has_text="The database is busy.")).to_be_visible()
    expect(shown.cell("s2", "prompt")).to_have_text("Rain falls.")


def test_a_cell_shows_what_the_studio_made_of_it_before_the_board_is_asked_for_again(board: ShowBoard) -> None:
    shown = board(3).open("view=list")
    shown.cell("s1", "prompt").click()
    shown.story.silent = True
    shown.story.row("s1")["state"] = "Out of date"

    shown.page.keyboard.type("Rain falls.")
    shown.press("Enter")
    expect(shown.cell("s1", "state")).to_have_text("Out of date")
    expect(shown.cell("s1", "prompt")).to_have_text("Rain falls.")


def saved(shown: BoardPage, row: dict[str, Any]) -> None:
    """The boxes of the inspector say that a shot was saved."""
    detail = json.dumps({"detail": {"shot": row["id"], "field": "prompt", "version": row["version"], "row": row}})
    shown.page.evaluate(f"window.dispatchEvent(new CustomEvent('studio:saved', {detail}))")


def until_held(shown: BoardPage, held: list[tuple[Route, APIResponse]]) -> None:
    """Wait until a look is answered by the studio and not yet to the page."""

    def is_held() -> bool:
        shown.page.evaluate("1")  # what was asked for is only heard of while the page is spoken with
        return bool(held)

    until(is_held, seconds=10)
