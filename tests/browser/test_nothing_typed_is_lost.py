"""What is typed while the real studio stands still is there once it goes on, however the page was left meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from projects.database.tables import Shot
from tests.support.open_example import Example, new_example
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser
TEXT = "The lamp goes out. 天亮了 🌅"
LENGTH = 3.5
AGAIN_MILLISECONDS = 120_000  # a studio that stood still has much to answer at first


@pytest.fixture
def example(page: Page, shared_studio: Studio) -> Example:
    """The example, which is open, its first shot in the boxes."""
    return _opened(page, new_example(shared_studio))


def _opened(page: Page, example: Example) -> Example:
    page.goto(f"{example.address}&shot={_first(example).id}")
    expect(page.get_by_label("What happens in SH0010")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    return example


def test_another_page_opened_at_once(page: Page, example: Example) -> None:
    with _standing_still(example):
        _type(page)
        page.get_by_role("link", name="Film", exact=True).click()

    _await_typed(example)
    _is_on_the_page(page, example)


def test_another_page_opened_by_its_address(page: Page, example: Example) -> None:
    with _standing_still(example):
        _type(page)
        _leave_for(page, example.studio.url)

    _await_typed(example)
    _is_on_the_page(page, example)


def test_the_page_reloaded(page: Page, example: Example) -> None:
    with _standing_still(example):
        _type(page)
        _leave_for(page, page.url)

    _await_typed(example)
    expect(page.get_by_label("What happens in SH0010")).to_have_value(TEXT, timeout=AGAIN_MILLISECONDS)


def test_the_tab_closed(page: Page, example: Example) -> None:
    another = page.context.new_page()  # the browser itself goes on
    with _standing_still(example):
        _type(page)
        page.close(run_before_unload=False)

    _await_typed(example)
    _is_on_the_page(another, example)


def test_the_tab_closed_and_nothing_of_it_arrived(page: Page, example: Example) -> None:
    another = page.context.new_page()
    page.context.set_offline(True)
    # What a page sends while it is closed may outlive what was said of its network: it has none itself.
    page.evaluate("void (window.fetch = () => Promise.reject(new TypeError('Failed to fetch')))")
    _type(page)
    page.close(run_before_unload=False)
    assert _first(example).prompt != TEXT
    page.context.set_offline(False)
    # Any page of the studio sends what is left.
    another.goto(example.studio.url)

    _await_typed(example)


def test_what_is_typed_is_rendered_by_the_click_that_follows_it(page: Page, start_studio: Callable[[], Studio]) -> None:
    example = _opened(page, new_example(start_studio()))  # what it renders is not for the other tests to wait for
    page.get_by_label("What happens in SH0010").fill(TEXT)
    page.get_by_role("button", name="Render what changed").click()

    until(lambda: _first(example).prompt == TEXT, seconds=60)


def test_another_page_is_opened_by_a_finger_right_after_typing(chromium: Browser, shared_studio: Studio) -> None:
    example = new_example(shared_studio)
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{example.address}&shot={_first(example).id}")
    page.get_by_label("What happens in SH0010").fill(TEXT)
    page.get_by_role("link", name="Film", exact=True).tap()

    expect(page.get_by_text("No film yet")).to_be_visible()
    until(lambda: _first(example).prompt == TEXT, seconds=60)
    context.close()


@contextlib.contextmanager
def _standing_still(example: Example) -> Iterator[None]:
    os.kill(example.studio.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(example.studio.pid, signal.SIGCONT)


def _type(page: Page) -> None:
    page.get_by_label("What happens in SH0010").fill(TEXT)
    page.get_by_label("Length (seconds)").fill(str(LENGTH))


def _leave_for(page: Page, address: str) -> None:
    """Set out for another address; nobody answers there yet, so it is not waited for."""
    page.evaluate("address => void setTimeout(() => (location.href = address), 0)", address)


def _await_typed(example: Example) -> None:
    until(lambda: (_first(example).prompt, _first(example).seconds) == (TEXT, LENGTH), seconds=120)


def _is_on_the_page(page: Page, example: Example) -> None:
    page.goto(f"{example.address}&shot={_first(example).id}")
    expect(page.get_by_label("What happens in SH0010")).to_have_value(TEXT, timeout=AGAIN_MILLISECONDS)
    expect(page.get_by_label("Length (seconds)").first).to_have_value(str(LENGTH))


def _first(example: Example) -> Shot:
    return example.shots()[0]
