"""The boxes of a shot on a page, as tests see and ask them, and what their stand-in was sent."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.harness import FIRST, Harness


def prompt_of(page: Page, number: str = "SH0010") -> Locator:
    """The box of a shot's prompt."""
    return page.get_by_label(f"What happens in {number}")


def state_of(page: Page, field: str) -> Locator:
    """What stands beside a box of how its text is kept."""
    return page.locator(f".field.{field} .state")


def shot(harness: Harness, id: str = FIRST) -> dict[str, Any]:
    """A shot as the stand-in has it."""
    found: dict[str, Any] = harness.tell("look")["shots"][id]
    return found


def heard(harness: Harness, field: str) -> list[Any]:
    """What the stand-in was sent for a field, in order."""
    return [one["changes"][field] for one in harness.tell("look")["heard"] if field in one["changes"]]


def unsaved(page: Page) -> int:
    """How many texts wait in the browser."""
    return int(page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('studio-unsaved/')).length"))
