"""Pictures and lines of text that are pasted or dropped become shots, and each refused file has its reason."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.board_page import BoardPage
from tests.support.rendering import until

pytestmark = pytest.mark.browser
ShowBoard = Callable[[int], BoardPage]
PNG = "\\x89PNG\\r\\n\\x1a\\n..."  # as JavaScript writes it


def test_dropped_pictures_become_shots_in_their_natural_order(board: ShowBoard) -> None:
    shown = board(2).open()

    drop(shown, "querySelector('.scroller')", ["shot 10.png", "shot 2.png", "海 1.png"])
    until(lambda: len(shown.story.rows) == 5, seconds=10)
    assert [row["media"] for row in shown.story.rows[2:]] == ["sent shot 2.png", "sent shot 10.png", "sent 海 1.png"]
    expect(shown.page.get_by_text("3 shots added.")).to_be_visible()
    shown.await_chosen({"new1", "new2", "new3"})


def test_pictures_may_be_dropped_anywhere_on_the_page(board: ShowBoard) -> None:
    shown = board(0).open()

    drop(shown, "host.ownerDocument.querySelector('h1')", ["a.png"])
    expect(shown.page.locator("[data-id]")).to_have_count(1)


def test_a_refused_file_has_its_reason_and_the_others_are_taken(board: ShowBoard) -> None:
    shown = board(1).open()

    drop(shown, "querySelector('.scroller')", ["good.png", "notes.odt"])
    said = shown.page.get_by_role("alert").filter(has_text="notes.odt: It is not a picture.")
    expect(said).to_be_visible()
    until(lambda: len(shown.story.rows) == 2, seconds=10)
    assert shown.story.rows[1]["media"] == "sent good.png"


def test_what_was_refused_is_said_no_longer_once_other_files_are_sent(board: ShowBoard) -> None:
    shown = board(1).open()
    drop(shown, "querySelector('.scroller')", ["notes.odt"])
    expect(shown.page.get_by_role("alert").filter(has_text="notes.odt")).to_be_visible()

    drop(shown, "querySelector('.scroller')", ["good.png"])
    until(lambda: len(shown.story.rows) == 2, seconds=10)
    expect(shown.page.get_by_role("alert").filter(has_text="notes.odt")).to_have_count(0)


def test_a_picture_dropped_on_a_card_becomes_the_picture_of_that_shot(board: ShowBoard) -> None:
    shown = board(3).open()

    drop(shown, "querySelector('[data-id=s2] .thumb')", ["new sky.png"])
    until(lambda: shown.story.row("s2").get("media_id") == "sent new sky.png", seconds=10)
    assert len(shown.story.rows) == 3


def test_it_is_said_where_a_picture_would_go_while_it_is_held(board: ShowBoard) -> None:
    shown = board(3).open()
    drag = "new DragEvent('{kind}', {{dataTransfer: (() => {{ const held = new DataTransfer(); held.items.add(" + (
        "new File(['x'], 'a.png')); return held; })(), bubbles: true, composed: true, cancelable: true})"
    )

    for kind in ("dragenter", "dragover"):
        event = drag.replace("{kind}", kind).replace("{{", "{").replace("}}", "}")
        shown.ask(f"querySelector('[data-id=s2]').dispatchEvent({event})")
    expect(shown.page.get_by_text("Drop it to be the picture of SH0020")).to_be_visible()
    event = drag.replace("{kind}", "dragleave").replace("{{", "{").replace("}}", "}")
    shown.ask(f"querySelector('[data-id=s2]').dispatchEvent({event})")
    expect(shown.page.get_by_text("Drop it to be the picture of SH0020")).to_be_hidden()


def test_a_picture_from_the_clipboard_comes_after_the_selected_shot(board: ShowBoard) -> None:
    shown = board(3).open()
    shown.shot("s1").click()

    paste(shown, files=["screen.png"])
    until(lambda: shown.story.order() == ["s1", "new1", "s2", "s3"], seconds=10)
    assert shown.story.rows[1]["media"] == "sent screen.png"


def test_pasted_lines_are_shown_before_they_become_shots(board: ShowBoard) -> None:
    shown = board(2).open()
    paste(shown, text="The storm begins.\n\n  燈塔倒下。  \nIt is <b>quiet</b>.")
    dialog = shown.page.get_by_role("dialog", name="One shot for each line")

    expect(dialog.get_by_text("3 shots will be added:")).to_be_visible()
    expect(dialog.locator("li")).to_have_text(["The storm begins.", "燈塔倒下。", "It is <b>quiet</b>."])
    assert shown.story.asked == []
    dialog.get_by_role("button", name="Add").click()
    until(
        lambda: (
            [row["prompt"] for row in shown.story.rows[2:]]
            == [
                "The storm begins.",
                "燈塔倒下。",
                "It is <b>quiet</b>.",
            ]
        ),
        seconds=10,
    )
    shown.page.get_by_role("status").get_by_role("button", name="Undo").click()
    until(lambda: len(shown.story.rows) == 2, seconds=10)


def test_a_table_that_is_dropped_is_shown_before_it_becomes_shots(board: ShowBoard) -> None:
    shown = board(1).open()
    drop(
        shown,
        "querySelector('.scroller')",
        {"scenes.csv": "prompt;seconds;start\nWaves, and wind;2,5;cut\n雨;;continue"},
    )
    dialog = shown.page.get_by_role("dialog", name="Shots from “scenes.csv”")

    expect(dialog.locator("li")).to_have_text(["Waves, and wind 2.5 s · Cut", "雨 Continue"])
    assert shown.story.asked == []
    dialog.get_by_role("button", name="Add").click()
    until(lambda: [row["prompt"] for row in shown.story.rows[1:]] == ["Waves, and wind", "雨"], seconds=10)
    assert [(row["seconds"], row["start"]) for row in shown.story.rows[1:]] == [(2.5, "cut"), (2.5, "continue")]


def test_with_pictures_and_a_text_it_is_said_what_becomes_of_each(board: ShowBoard) -> None:
    shown = board(0).open()

    drop(shown, "host.ownerDocument.querySelector('h1')", {"a.png": "", "notes.txt": "Rain falls."})
    expect(shown.page.get_by_text("What is in a text is shown before it becomes shots.")).to_be_visible()
    dialog = shown.page.get_by_role("dialog", name="Shots from “notes.txt”")
    expect(dialog.locator("li")).to_have_text(["Rain falls."])
    dialog.get_by_role("button", name="Cancel").click()
    until(lambda: [row["media"] for row in shown.story.rows] == ["sent a.png"], seconds=10)


def test_a_text_that_cannot_be_read_is_refused_with_a_sentence(board: ShowBoard) -> None:
    shown = board(1).open()
    drop(shown, "querySelector('.scroller')", {"scenes.csv": "prompt;seconds\nWaves;long", "empty.txt": " "})

    for said in (
        "scenes.csv: The length in line 2 is no number of seconds",
        "“empty.txt” has no line that could become a shot.",
    ):
        expect(shown.page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    assert len(shown.story.rows) == 1


def test_what_cannot_be_read_stays_in_its_box_and_is_added_once_it_is_put_right(board: ShowBoard) -> None:
    shown = board(1).open()
    paste(shown, text="prompt\tseconds\nWaves\tlong")
    dialog = shown.page.get_by_role("dialog")

    expect(dialog.get_by_role("alert")).to_contain_text("“long”")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("textbox").fill("Waves. (3 s)")
    expect(dialog.locator("li")).to_have_text(["Waves. 3 s"])
    dialog.get_by_role("button", name="Add").click()
    until(lambda: [row["seconds"] for row in shown.story.rows[1:]] == [3.0], seconds=10)


def test_the_button_above_the_board_opens_the_same_window(board: ShowBoard) -> None:
    shown = board(1).open()
    shown.page.evaluate("window.mount({lines_asked: 1})")
    shown.page.get_by_role("dialog", name="One shot for each line").get_by_role("button", name="Cancel").click()
    shown.page.evaluate("window.mount({lines_asked: 1})")
    expect(shown.page.get_by_role("dialog")).to_have_count(0)
    shown.page.evaluate("window.mount({lines_asked: 2})")
    expect(shown.page.get_by_role("dialog", name="One shot for each line")).to_be_visible()


def test_pasting_in_a_box_for_text_or_a_single_line_offers_nothing(board: ShowBoard) -> None:
    shown = board(2).open()

    paste(shown, text="One.\nTwo.", into="host.ownerDocument.querySelector('input')")
    paste(shown, text="One line only.")
    shown.press("?")
    expect(shown.page.get_by_role("dialog")).to_have_count(1)
    expect(shown.page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_figures_pasted_in_the_list_go_downwards_and_sentences_are_offered_as_shots(board: ShowBoard) -> None:
    shown = board(4).open("view=list")
    shown.cell("s2", "seconds").click()

    paste(shown, text="1,5\n2\n3.25\n", into="activeElement")
    until(lambda: [row["seconds"] for row in shown.story.rows[1:]] == [1.5, 2.0, 3.25], seconds=10)
    paste(shown, text="A sentence.\nAnother.", into="activeElement")
    expect(shown.page.get_by_role("dialog", name="One shot for each line")).to_be_visible()


def drop(shown: BoardPage, onto: str, names: list[str] | dict[str, str]) -> None:
    """Drop files, with the texts in them where they are given; those that end in .png begin as such."""
    transfer = f"(() => {{ const held = new DataTransfer(); {files_in(names)} return held; }})()"
    options = f"{{dataTransfer: {transfer}, bubbles: true, composed: true, cancelable: true}}"
    for kind in ("dragenter", "dragover", "drop"):
        shown.ask(f"{onto}.dispatchEvent(new DragEvent('{kind}', {options}))")


def paste(shown: BoardPage, *, text: str = "", files: tuple[str, ...] | list[str] = (), into: str = "") -> None:
    """Paste into the page, or into what ``into`` says."""
    written = f"held.setData('text/plain', {json.dumps(text)});" if text else ""
    transfer = f"(() => {{ const held = new DataTransfer(); {written} {files_in(list(files))} return held; }})()"
    options = f"{{clipboardData: {transfer}, bubbles: true, composed: true, cancelable: true}}"
    target = into or "host.ownerDocument.body"
    shown.ask(f"{target}.dispatchEvent(new ClipboardEvent('paste', {options}))")


def files_in(names: list[str] | dict[str, str]) -> str:
    """The JavaScript that puts files into ``held``."""
    made = []
    for name in names:
        words = json.dumps(names[name] if isinstance(names, dict) else "words")
        content = f"Uint8Array.from('{PNG}', one => one.charCodeAt(0))" if name.endswith(".png") else words
        made.append(f"held.items.add(new File([{content}], {json.dumps(name)}));")
    return " ".join(made)
