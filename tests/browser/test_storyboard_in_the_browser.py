"""What only a real browser can show of the storyboard: the board and the inspector together, with the real studio."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.open_example import Example, new_example
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


@pytest.fixture
def example(page: Page, shared_studio: Studio) -> Example:
    """The example, which is open."""
    example = new_example(shared_studio)
    page.goto(example.address)
    expect(page.locator("[data-id]")).to_have_count(3)
    return example


def test_a_shot_that_is_chosen_is_in_the_inspector_and_in_the_address(page: Page, example: Example) -> None:
    first, second, _ = example.shots()
    page.locator("[data-id]").nth(1).click()
    expect(page.get_by_label("What happens in SH0020")).to_have_value(second.prompt)
    until(lambda: f"shot={second.id}" in page.evaluate("location.search"), seconds=60)

    page.locator("[data-id]").nth(0).click()
    expect(page.get_by_label("What happens in SH0010")).to_have_value(first.prompt)
    until(lambda: f"shot={first.id}" in page.evaluate("location.search"), seconds=60)

    page.reload()
    expect(page.get_by_label("What happens in SH0010")).to_have_value(first.prompt)


def test_what_is_typed_is_on_the_board_and_can_be_undone_from_there(page: Page, example: Example) -> None:
    page.locator("[data-id]").nth(0).click()
    box = page.get_by_label("What happens in SH0010")
    before = example.shots()[0].prompt
    box.fill("The lamp goes out. 天亮了")

    expect(page.locator("[data-id]").nth(0)).to_contain_text("天亮了")
    assert example.shots()[0].prompt == "The lamp goes out. 天亮了"

    page.locator("[data-id]").nth(0).focus()
    page.keyboard.press("Control+z")

    expect(page.locator("[data-id]").nth(0)).to_contain_text(before)
    assert example.shots()[0].prompt == before
    expect(box).to_have_value(before)


def test_shots_are_moved_by_keys_and_deleted_with_undo(page: Page, example: Example) -> None:
    ids = [shot.id for shot in example.shots()]
    page.locator("[data-id]").nth(2).click()
    expect(page.get_by_label("What happens in SH0030")).to_be_visible()
    page.keyboard.press("Alt+ArrowLeft")
    page.keyboard.press("Alt+ArrowLeft")
    until(lambda: [shot.id for shot in example.shots()] == [ids[2], ids[0], ids[1]], seconds=60)

    page.keyboard.press("Delete")
    until(lambda: len(example.shots()) == 2, seconds=60)
    page.keyboard.press("Control+z")
    until(lambda: [shot.id for shot in example.shots()] == [ids[2], ids[0], ids[1]], seconds=60)


def test_the_story_plays_before_anything_is_rendered(page: Page, example: Example) -> None:  # noqa: ARG001
    page.get_by_text("Play the story").click()
    player = page.get_by_role("button", name="Play (Space)")
    player.click()

    expect(page.get_by_role("button", name="Pause (Space)")).to_be_visible()
