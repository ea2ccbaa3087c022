"""The list of projects in a real browser: by keys and by the mouse."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from projects.database.opening import make_engine, session_for
from projects.storyboard.projects import rename_project
from tests.support.browsing import put_in
from tests.support.open_example import new_example
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


@pytest.fixture
def lighthouse(shared_studio: Studio) -> str:
    """The name of a project like the example, which no other test has."""
    name = f"Lighthouse {uuid.uuid4()}"
    with session_for(make_engine(shared_studio.settings.database_url)) as session:
        rename_project(session=session, project_id=new_example(shared_studio).project_id, name=name)
        session.commit()
    return name


def test_enter_in_the_box_for_a_name_creates_the_project(page: Page, shared_studio: Studio) -> None:
    page.goto(shared_studio.url)
    box = page.get_by_role("textbox", name="Name of a new project")
    box.fill("海邊 by the sea")
    box.press("Enter")

    expect(page.get_by_role("heading", name="海邊 by the sea")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/storyboard\?project=[0-9a-f]{32}"))


def test_a_card_is_one_stop_of_the_tabulator_and_opens_wherever_it_is_clicked(
    page: Page, shared_studio: Studio, lighthouse: str
) -> None:
    page.goto(shared_studio.url)
    link = page.get_by_role("link", name=f"Open storyboard: {lighthouse}")
    expect(link).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    more = page.get_by_role("button", name=f"More for {lighthouse}")

    def tabbed() -> bool:
        # The card is drawn once more when it is known how its project is doing.
        link.focus()
        page.keyboard.press("Tab")
        return bool(more.evaluate("one => one === document.activeElement"))

    until(tabbed, seconds=60)

    # The picture lies below the link: what is clicked is the place, whatever is there.
    picture = page.locator(".fs-card", has_text=lighthouse).locator("img").bounding_box()
    assert picture is not None
    page.mouse.click(picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 2)

    expect(page).to_have_url(re.compile(r"/storyboard\?project=[0-9a-f]{32}"))


def test_what_is_said_of_a_click_is_in_view_however_far_down_the_page_it_was(
    page: Page, shared_studio: Studio, lighthouse: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    page.goto(shared_studio.url)
    more = page.get_by_role("button", name=f"More for {lighthouse}")
    more.scroll_into_view_if_needed()
    more.click()
    page.get_by_role("menuitem", name="Delete").click()

    expect(page.get_by_role("button", name="Undo")).to_be_in_viewport()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".fs-card", has_text=lighthouse)).to_have_count(1)


def test_the_list_follows_what_is_typed_to_find(page: Page, shared_studio: Studio, lighthouse: str) -> None:
    page.goto(shared_studio.url)
    page.get_by_role("button", name=f"More for {lighthouse}").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    expect(page.locator(".fs-card", has_text=lighthouse)).to_have_count(2)

    page.get_by_role("searchbox", name="Find projects by name").press_sequentially("copy")

    expect(page.locator(".fs-card")).to_have_count(1)
    expect(page.get_by_text(f"{lighthouse} (copy)", exact=True)).to_be_visible()


def test_pictures_make_a_project_with_what_there_is_to_say_of_them(
    page: Page, shared_studio: Studio, tmp_path: Path
) -> None:
    # By what is in it: a JPEG by a name that says nothing, and one that is no picture at all.
    Image.new("RGB", (640, 360), "teal").save(tmp_path / "sea.jfif", "JPEG")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG and nothing more \xff\xfe")
    page.goto(shared_studio.url)
    page.get_by_role("button", name="From pictures or text").click()
    put_in(
        page,
        page.locator("[data-testid=stPopoverBody] [data-testid=stFileUploader]"),
        [tmp_path / "sea.jfif", tmp_path / "broken.png"],
    )

    expect(page).to_have_url(re.compile(r"/storyboard\?project=[0-9a-f]{32}"))
    expect(page.get_by_text("broken.png")).to_be_visible()
