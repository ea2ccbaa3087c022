"""The address says what is shown, and the browser's own steps back and forward go through what a person chose."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Locator, Page, expect

from projects.database.opening import make_engine, session_for
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser
SHOTS = 8


@pytest.fixture
def project(page: Page, shared_studio: Studio) -> str:
    """The id of a project of eight shots that was opened from the list of projects."""
    name = f"Eight {uuid.uuid4()}"
    with session_for(make_engine(shared_studio.settings.database_url)) as session:
        project = create_project(session=session, name=name)
        new = [NewShot(prompt=f"Scene {number}.") for number in range(1, SHOTS + 1)]
        add_shots(session=session, project_id=project.id, new=new)
        session.commit()
        project_id = project.id
    page.goto(shared_studio.url)
    page.get_by_role("link", name=f"Open storyboard: {name}").click()
    expect(page.locator("[data-id]")).to_have_count(SHOTS)
    return project_id


def test_back_goes_through_shots_views_and_pages_and_forward_returns(page: Page, project: str) -> None:
    choose(page, 2)
    choose(page, 5)
    page.get_by_role("button", name="List", exact=True).click()
    expect(page.locator("[data-id] [data-column=prompt]").first).to_be_visible()
    until(lambda: asked(page)["view"] == ["list"], seconds=60)
    page.get_by_role("link", name="Film", exact=True).click()
    expect(page.get_by_text("No film yet")).to_be_visible()

    page.go_back()
    expect(page.locator("[data-id] [data-column=prompt]").first).to_be_visible()
    expect(box(page, 5)).to_have_value("Scene 5.")
    page.go_back()
    expect(page.locator(".grid [data-id]").first).to_be_visible()
    expect(box(page, 5)).to_have_value("Scene 5.")
    page.go_back()
    expect(box(page, 2)).to_have_value("Scene 2.")
    expect(page.locator("[data-id][aria-selected=true]")).to_contain_text("SH0020")
    page.go_back()
    expect(page.locator("[id^=box-prompt]")).to_have_count(0)
    assert asked(page)["project"] == [project]
    page.go_back()
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()

    page.go_forward()
    expect(page.locator(".grid [data-id]")).to_have_count(SHOTS)
    page.go_forward()
    expect(box(page, 2)).to_have_value("Scene 2.")
    page.go_forward()
    expect(box(page, 5)).to_have_value("Scene 5.")
    page.go_forward()
    expect(page.locator("[data-id] [data-column=prompt]").first).to_be_visible()
    page.go_forward()
    expect(page.get_by_text("No film yet")).to_be_visible()


def test_a_shot_can_be_chosen_again_after_a_step_back(page: Page, project: str) -> None:  # noqa: ARG001
    choose(page, 2)
    choose(page, 5)
    page.go_back()
    expect(box(page, 2)).to_have_value("Scene 2.")

    choose(page, 5)
    page.go_back()
    expect(box(page, 2)).to_have_value("Scene 2.")


def test_two_shots_chosen_faster_than_the_page_follows_are_two_steps(page: Page, project: str) -> None:  # noqa: ARG001
    page.locator("[data-id]").nth(1).click()
    page.locator("[data-id]").nth(4).click()
    expect(box(page, 5)).to_have_value("Scene 5.")

    page.go_back()
    expect(box(page, 2)).to_have_value("Scene 2.")
    page.go_back()
    expect(page.locator("[id^=box-prompt]")).to_have_count(0)
    page.go_forward()
    expect(box(page, 2)).to_have_value("Scene 2.")


def test_shots_passed_by_keys_are_one_step(page: Page, project: str) -> None:  # noqa: ARG001
    choose(page, 1)
    before = page.evaluate("history.length")

    for number in range(2, SHOTS):
        page.keyboard.press("ArrowRight")
        await_address(page, number)
    expect(box(page, SHOTS - 1)).to_have_value(f"Scene {SHOTS - 1}.")
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    expect(box(page, 1)).to_have_value("Scene 1.")


def choose(page: Page, number: int) -> None:
    """Click a shot and wait for its boxes and its address."""
    page.locator("[data-id]").nth(number - 1).click()
    expect(box(page, number)).to_have_value(f"Scene {number}.")
    await_address(page, number)


def await_address(page: Page, number: int) -> None:
    """Wait until the address names a shot."""
    shot = page.locator("[data-id]").nth(number - 1).get_attribute("data-id")
    until(lambda: asked(page).get("shot") == [shot], seconds=60)


def box(page: Page, number: int) -> Locator:
    """The box of a shot's prompt."""
    return page.get_by_label(f"What happens in SH00{number}0")


def asked(page: Page) -> dict[str, list[str]]:
    """What the address says."""
    return parse_qs(str(page.evaluate("location.search.slice(1)")))
