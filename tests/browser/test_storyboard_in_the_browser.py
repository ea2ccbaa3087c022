"""What only a real browser can show of the storyboard: dragging, and typing while the page changes around it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot
from projects.storyboard.reading import list_projects, shots_of
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


def test_shots_are_dragged_into_another_order_and_nothing_typed_is_lost(
    page: Page, start_studio: Callable[[], Studio]
) -> None:
    studio = start_studio()
    project = _example(studio)
    page.goto(f"{studio.url}/storyboard?project={project}")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(3)
    last = [shot.id for shot in _shots(studio, project)][2]

    # Text that is still in the box when the order changes ...
    box = page.get_by_label("What happens in SH0010")
    box.fill("The lamp goes out.")
    _drag(page, tiles.nth(2), tiles.nth(0))
    expect(tiles.nth(0)).to_contain_text("SH0030")
    assert _shots(studio, project)[0].id == last
    # ... or when the page is left in the same moment is kept. (While cards change places both drawings are there.)
    expect(box).to_have_count(1)
    box.press("End")
    box.press_sequentially(" All is dark.")
    page.get_by_role("link", name="Film", exact=True).click()
    _await_prompt(studio, project, "The lamp goes out. All is dark.")
    page.goto(f"{studio.url}/storyboard?project={project}")
    expect(box).to_have_value("The lamp goes out. All is dark.")
    assert [shot.seconds for shot in _shots(studio, project)] == [2.4, 2.4, 2.4]

    # The same with keys.
    tiles.nth(0).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(tiles.nth(1)).to_contain_text("SH0030")


def test_what_is_typed_stays_while_the_sentence_above_it_comes_and_goes(
    page: Page, start_studio: Callable[[], Studio]
) -> None:
    studio = start_studio()
    page.goto(f"{studio.url}/storyboard?project={_example(studio)}")
    prompt = page.get_by_label("What happens in SH0010")
    length = page.get_by_label("Length (seconds)").first
    problem = page.get_by_text("Its prompt: it is empty")

    prompt.fill("")
    prompt.press("Tab")
    length.fill("1.5")
    expect(problem).to_be_visible()
    expect(length).to_have_value("1.5")

    prompt.fill("The lamp goes out.")
    prompt.press("Tab")
    length.fill("3.5")
    expect(problem).to_be_hidden()
    expect(length).to_have_value("3.5")


def _drag(page: Page, one: Locator, onto: Locator) -> None:
    start, end = one.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 40, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 20, steps=8)
    page.mouse.up()


def _await_prompt(studio: Studio, project: str, prompt: str) -> None:
    until = time.monotonic() + 10.0
    while prompt not in [shot.prompt for shot in _shots(studio, project)]:
        assert time.monotonic() < until, "what was typed last was not saved"
        time.sleep(0.1)


def _example(studio: Studio) -> str:
    with session_for(make_engine(studio.settings.database_url)) as session:
        (summary,) = list_projects(session=session)
        return summary.project.id


def _shots(studio: Studio, project: str) -> list[Shot]:
    with session_for(make_engine(studio.settings.database_url)) as session:
        return shots_of(session=session, project_id=project)
