"""The board draws what is in view, keeps its nodes, and shows what it knows when the studio does not answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.board_page import BoardPage
from tests.support.rendering import until

pytestmark = pytest.mark.browser
ShowBoard = Callable[[int], BoardPage]


@pytest.mark.parametrize("view", ["grid", "list"])
def test_500_shots_are_no_more_nodes_than_what_is_in_view(board: ShowBoard, view: str) -> None:
    shown = board(500).open(f"view={view}")

    assert shown.page.locator("[data-id]").count() < 60
    assert shown.ask("querySelectorAll('*').length") < 1500
    shown.shot("s1").click(position={"x": 30, "y": 30})
    shown.press("Control+End")
    expect(shown.shot("s500")).to_be_in_viewport()
    expect(shown.shot("s400")).to_have_count(0)
    assert shown.focused() == "s500"
    assert shown.page.locator("[data-id]").count() < 60


@pytest.mark.parametrize("view", ["grid", "list"])
def test_the_shots_are_one_tab_stop_even_where_it_is_far_out_of_view(board: ShowBoard, view: str) -> None:
    shown = board(200).open(f"view={view}")
    stops = "querySelectorAll('.scroller [tabindex=\"0\"]').length"

    assert shown.ask(stops) == 1
    shown.ask("querySelector('.scroller').scrollTop = 3000")
    expect(shown.shot("s1")).not_to_be_in_viewport()
    expect(shown.shot("s2")).to_have_count(0)
    assert shown.ask(stops) == 1


@pytest.mark.parametrize("width", [380, 390, 768, 1280, 2560])
@pytest.mark.parametrize("view", ["grid", "list"])
def test_nothing_scrolls_sideways(board: ShowBoard, width: int, view: str) -> None:
    shown = board(30)
    shown.story.has_real = True
    shown.page.set_viewport_size({"width": width, "height": 800})
    shown.open(f"view={view}")
    shown.press("Tab")
    shown.shot("s1").click(position={"x": 30, "y": 30})

    assert shown.page.evaluate("document.documentElement.scrollWidth") == width
    assert shown.page.evaluate("document.documentElement.scrollHeight") <= 800


def test_20_to_40_shots_are_on_a_large_screen(board: ShowBoard) -> None:
    shown = board(200)
    shown.page.set_viewport_size({"width": 1920, "height": 1080})
    shown.open()

    inside = [one for one in shown.page.locator("[data-id]").all() if (one.bounding_box() or {"y": 9999})["y"] < 1000]
    assert 20 <= len(inside) <= 50


def test_a_board_that_has_not_looked_yet_does_not_call_the_storyboard_empty(board: ShowBoard) -> None:
    shown = board(3).open()
    mounted_anew = """() => {
        window.unmount();
        window.mount({});
        const root = document.querySelector("#host").shadowRoot;
        return [...root.querySelectorAll(".empty, .work, .notice")].filter((one) => one.checkVisibility()).length;
    }"""

    assert shown.page.evaluate(mounted_anew) == 1, "only that it is loading is said"
    expect(shown.shot("s1")).to_be_visible()


def test_a_shot_that_another_browser_changes_stays_the_same_node(board: ShowBoard) -> None:
    shown = board(6).open()
    expect(shown.shot("s2")).to_contain_text("Waves break")
    shown.ask("querySelector('[data-id=s2]').marked = true")
    shown.story.edit("s2", prompt="The sea is calm.")
    shown.story.rows.reverse()

    expect(shown.shot("s2")).to_contain_text("The sea is calm.")
    assert shown.order() == ["s6", "s5", "s4", "s3", "s2", "s1"]
    assert shown.ask("querySelector('[data-id=s2]').marked") is True


def test_shots_of_a_chain_touch_and_others_do_not(board: ShowBoard) -> None:
    shown = board(6).open()
    edges = [shown.shot(f"s{n}").locator(".thumb").bounding_box() for n in (1, 2, 3, 4)]
    boxes = [box for box in edges if box]

    assert boxes[0]["x"] + boxes[0]["width"] == pytest.approx(boxes[1]["x"], abs=1)
    assert boxes[1]["x"] + boxes[1]["width"] == pytest.approx(boxes[2]["x"], abs=1)
    assert boxes[2]["x"] + boxes[2]["width"] < boxes[3]["x"] - 8
    expect(shown.shot("s2").locator(".link")).to_be_visible()
    expect(shown.shot("s4").locator(".link")).to_be_hidden()


def test_what_was_known_stays_when_the_studio_does_not_answer(board: ShowBoard) -> None:
    shown = board(3).open()
    shown.story.silent = True
    lost = shown.page.get_by_role("alert").filter(has_text="The database is busy.")

    expect(lost).to_be_visible()
    expect(shown.shot("s3")).to_be_visible()
    shown.story.silent = False
    shown.story.edit("s3", prompt="It answers again.")
    shown.page.get_by_role("button", name="Try again").click()
    expect(shown.shot("s3")).to_contain_text("It answers again.")
    expect(lost).to_be_hidden()


def test_a_board_that_did_not_change_is_asked_for_but_not_sent_again(board: ShowBoard) -> None:
    shown = board(3)
    statuses: list[int] = []
    shown.page.on("response", lambda answer: statuses.append(answer.status) if "/board?" in answer.url else None)
    shown.open()

    until(lambda: shown.page.evaluate("1") and len(statuses) >= 2, seconds=30)
    assert statuses[:2] == [200, 304]


def test_the_filter_finds_words_in_any_script_and_states(board: ShowBoard) -> None:
    shown = board(12).open()
    box = shown.page.get_by_label("Find shots by their words")

    box.fill("燈塔")
    expect(shown.page.locator("[data-id]")).to_have_count(2)
    expect(shown.page.get_by_text("2 shots · 8 s, of 12")).to_be_visible()
    box.fill("")
    shown.page.get_by_label("Show only shots in this state").select_option("Failed")
    expect(shown.page.locator("[data-id]")).to_have_count(2)
    assert shown.order() == ["s6", "s12"]
    box.press("Escape")
    expect(shown.page.locator("[data-id]")).to_have_count(12)


def test_a_take_plays_without_sound_where_the_pointer_rests(board: ShowBoard) -> None:
    shown = board(6).open()
    video = shown.page.locator("video")

    shown.shot("s2").hover()
    expect(video).to_have_count(1)
    expect(video).to_have_attribute("src", "/files/takes/t2")
    assert shown.ask("querySelector('video').muted") is True
    shown.shot("s4").hover()  # it has no take
    expect(video).to_have_count(0)
    shown.shot("s1").focus()
    shown.page.mouse.move(1, 1)
    shown.press("Space")
    expect(shown.shot("s1").locator("video")).to_have_count(1)
    shown.press("Space")
    expect(video).to_have_count(0)


def test_a_project_without_shots_says_what_to_do(board: ShowBoard) -> None:
    shown = board(0).open()

    expect(shown.page.get_by_role("heading", name="No shots yet")).to_be_visible()
    shown.page.get_by_role("button", name="An empty shot").click()
    expect(shown.page.locator("[data-id]")).to_have_count(1)
