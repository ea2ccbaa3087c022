"""Waiting for something on a page. It knows no studio."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.support.rendering import until


def until_true(page: Page, expression: str) -> None:
    """Wait until ``expression`` holds on the page.

    It is asked again and again from outside: Playwright's own waiting evaluates text on the page, which the studio's
    rules for scripts forbid.
    """
    until(lambda: page.evaluate(expression), seconds=60)


def await_rest(page: Page) -> None:
    """Wait until the studio draws nothing anew: what is on the page then stays there."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def unfold(page: Page, label: str) -> None:
    """Open the fold of a label.

    What is drawn above it meanwhile can move it away between press and release of the mouse: it is then still closed.
    """
    words = page.get_by_text(label, exact=True)
    fold = page.locator("details").filter(has=words).last

    def opened() -> bool:
        await_rest(page)
        if fold.get_attribute("open") is None:
            words.click()
        try:
            expect(fold).to_have_attribute("open", "", timeout=2_000)
        except AssertionError:
            return False
        return True

    until(opened, seconds=60)


def choose(page: Page, box: str, choice: str) -> None:
    """Choose in a box; its list closes where the page is drawn anew meanwhile, and is then opened again."""
    option = page.get_by_role("option", name=choice, exact=True)

    def chosen() -> bool:
        await_rest(page)
        if not option.is_visible():
            page.get_by_role("combobox", name=box).click()
        try:
            option.click(timeout=2_000)
        except TimeoutError:
            return False
        return True

    until(chosen, seconds=60)


def put_in(page: Page, box: Locator, files: Path | Sequence[Path]) -> None:
    """Put files into a box for them; not into one that is about to be replaced by an empty one, which loses them."""
    await_rest(page)
    expect(box).to_have_count(1)
    box.locator("input[type=file]").set_input_files(files)
