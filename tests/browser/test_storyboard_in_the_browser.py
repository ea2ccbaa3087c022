"""What only a real browser can show of the storyboard: the board and the inspector together, with the real studio."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot
from projects.storyboard.reading import list_projects, shots_of
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


@pytest.fixture
def studio(page: Page, start_studio: Callable[[], Studio]) -> Studio:
    """A studio whose example is open."""
    studio = start_studio()
    page.goto(f"{studio.url}/storyboard?project={_project(studio)}")
    expect(page.locator("[data-id]")).to_have_count(3)
    return studio


def test_a_shot_that_is_chosen_is_in_the_inspector_and_in_the_address(page: Page, studio: Studio) -> None:
    first, second, _ = _shots(studio)
    page.locator("[data-id]").nth(1).click()
    expect(page.get_by_label("What happens in SH0020")).to_have_value(second.prompt)
    until(lambda: f"shot={second.id}" in page.evaluate("location.search"), seconds=60)

    page.locator("[data-id]").nth(0).click()
    expect(page.get_by_label("What happens in SH0010")).to_have_value(first.prompt)
    until(lambda: f"shot={first.id}" in page.evaluate("location.search"), seconds=60)

    page.reload()
    expect(page.get_by_label("What happens in SH0010")).to_have_value(first.prompt)


def test_what_is_typed_is_on_the_board_and_can_be_undone_from_there(page: Page, studio: Studio) -> None:
    page.locator("[data-id]").nth(0).click()
    box = page.get_by_label("What happens in SH0010")
    before = _shots(studio)[0].prompt
    box.fill("The lamp goes out. 天亮了")

    expect(page.locator("[data-id]").nth(0)).to_contain_text("天亮了")
    assert _shots(studio)[0].prompt == "The lamp goes out. 天亮了"

    page.locator("[data-id]").nth(0).focus()
    page.keyboard.press("Control+z")

    expect(page.locator("[data-id]").nth(0)).to_contain_text(before)
    assert _shots(studio)[0].prompt == before
    expect(box).to_have_value(before)


def test_shots_are_moved_by_keys_and_deleted_with_undo(page: Page, studio: Studio) -> None:
    ids = [shot.id for shot in _shots(studio)]
    page.locator("[data-id]").nth(2).click()
    expect(page.get_by_label("What happens in SH0030")).to_be_visible()
    page.keyboard.press("Alt+ArrowLeft")
    page.keyboard.press("Alt+ArrowLeft")
    until(lambda: [shot.id for shot in _shots(studio)] == [ids[2], ids[0], ids[1]], seconds=60)

    page.keyboard.press("Delete")
    until(lambda: len(_shots(studio)) == 2, seconds=60)
    page.keyboard.press("Control+z")
    until(lambda: [shot.id for shot in _shots(studio)] == [ids[2], ids[0], ids[1]], seconds=60)


def test_the_story_plays_before_anything_is_rendered(page: Page, studio: Studio) -> None:  # noqa: ARG001
    page.get_by_text("Play the story").click()
    player = page.get_by_role("button", name="Play (Space)")
    player.click()

    expect(page.get_by_role("button", name="Pause (Space)")).to_be_visible()


def _project(studio: Studio) -> str:
    with session_for(make_engine(studio.settings.database_url)) as session:
        (summary,) = list_projects(session=session)
        return summary.project.id


def _shots(studio: Studio) -> list[Shot]:
    with session_for(make_engine(studio.settings.database_url)) as session:
        return shots_of(session=session, project_id=_project(studio))
