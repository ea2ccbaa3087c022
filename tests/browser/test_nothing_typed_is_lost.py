"""What is typed while the real studio stands still is there once it goes on, however the page was left meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot
from projects.storyboard.reading import list_projects, shots_of
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser
TEXT = "The lamp goes out. 天亮了 🌅"
LENGTH = 3.5
AGAIN_MILLISECONDS = 120_000  # a studio that stood still has much to answer at first


@pytest.fixture
def studio(page: Page, start_studio: Callable[[], Studio]) -> Studio:
    """A studio whose example is open, its first shot in the boxes."""
    studio = start_studio()
    page.goto(f"{studio.url}/storyboard?project={_project(studio)}&shot={_first(studio).id}")
    expect(page.get_by_label("What happens in SH0010")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    return studio


def test_another_page_opened_at_once(page: Page, studio: Studio) -> None:
    with _standing_still(studio):
        _type(page)
        page.get_by_role("link", name="Film", exact=True).click()

    _await_typed(studio)
    _is_on_the_page(page, studio)


def test_another_page_opened_by_its_address(page: Page, studio: Studio) -> None:
    with _standing_still(studio):
        _type(page)
        _leave_for(page, studio.url)

    _await_typed(studio)
    _is_on_the_page(page, studio)


def test_the_page_reloaded(page: Page, studio: Studio) -> None:
    with _standing_still(studio):
        _type(page)
        _leave_for(page, page.url)

    _await_typed(studio)
    expect(page.get_by_label("What happens in SH0010")).to_have_value(TEXT, timeout=AGAIN_MILLISECONDS)


def test_the_tab_closed(page: Page, studio: Studio) -> None:
    another = page.context.new_page()  # the browser itself goes on
    with _standing_still(studio):
        _type(page)
        page.close(run_before_unload=False)

    _await_typed(studio)
    _is_on_the_page(another, studio)


def test_the_tab_closed_and_nothing_of_it_arrived(page: Page, studio: Studio) -> None:
    another = page.context.new_page()
    page.context.set_offline(True)
    _type(page)
    page.close(run_before_unload=False)
    assert _first(studio).prompt != TEXT
    page.context.set_offline(False)
    # Any page of the studio sends what is left.
    another.goto(studio.url)

    _await_typed(studio)


def test_what_is_typed_is_rendered_by_the_click_that_follows_it(page: Page, studio: Studio) -> None:
    page.get_by_label("What happens in SH0010").fill(TEXT)
    page.get_by_role("button", name="Render what changed").click()

    until(lambda: _first(studio).prompt == TEXT, seconds=60)


def test_another_page_is_opened_by_a_finger_right_after_typing(
    chromium: Browser, start_studio: Callable[[], Studio]
) -> None:
    studio = start_studio()
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{studio.url}/storyboard?project={_project(studio)}&shot={_first(studio).id}")
    page.get_by_label("What happens in SH0010").fill(TEXT)
    page.get_by_role("link", name="Film", exact=True).tap()

    expect(page.get_by_text("No film yet")).to_be_visible()
    until(lambda: _first(studio).prompt == TEXT, seconds=60)
    context.close()


@contextlib.contextmanager
def _standing_still(studio: Studio) -> Iterator[None]:
    os.kill(studio.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(studio.pid, signal.SIGCONT)


def _type(page: Page) -> None:
    page.get_by_label("What happens in SH0010").fill(TEXT)
    page.get_by_label("Length (seconds)").fill(str(LENGTH))


def _leave_for(page: Page, address: str) -> None:
    """Set out for another address; nobody answers there yet, so it is not waited for."""
    page.evaluate("address => void setTimeout(() => (location.href = address), 0)", address)


def _await_typed(studio: Studio) -> None:
    until(lambda: (_first(studio).prompt, _first(studio).seconds) == (TEXT, LENGTH), seconds=120)


def _is_on_the_page(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/storyboard?project={_project(studio)}&shot={_first(studio).id}")
    expect(page.get_by_label("What happens in SH0010")).to_have_value(TEXT, timeout=AGAIN_MILLISECONDS)
    expect(page.get_by_label("Length (seconds)").first).to_have_value(str(LENGTH))


def _project(studio: Studio) -> str:
    with session_for(make_engine(studio.settings.database_url)) as session:
        (summary,) = list_projects(session=session)
        return summary.project.id


def _first(studio: Studio) -> Shot:
    with session_for(make_engine(studio.settings.database_url)) as session:
        return shots_of(session=session, project_id=_project(studio))[0]
