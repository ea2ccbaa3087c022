"""Waiting for something on a page. It knows no studio."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.rendering import until


def until_true(page: Page, expression: str) -> None:
    """Wait until ``expression`` holds on the page.

    It is asked again and again from outside: Playwright's own waiting evaluates text on the page, which the studio's
    rules for scripts forbid.
    """
    until(lambda: page.evaluate(expression), seconds=60)
