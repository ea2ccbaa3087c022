"""A click is carried out to its end, whatever is clicked while it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import await_rest
from tests.support.harness import Harness
from tests.support.rendering import until

pytestmark = pytest.mark.browser


def test_a_click_is_carried_out_to_its_end_though_another_comes_meanwhile(page: Page, harness: Harness) -> None:
    hold, begun = harness.files / "hold-0", harness.files / "begun-0"
    begun.unlink(missing_ok=True)
    hold.touch()
    page.goto(f"{harness.url}/clicks")
    page.get_by_role("button", name="Do 0", exact=True).click()
    until(begun.exists)
    page.get_by_role("button", name="Do 1", exact=True).click()
    # Nothing on the page tells when the studio has heard of the other click; by now it has.
    page.wait_for_timeout(500)
    hold.unlink()

    expect(page.get_by_text("Carried out: 0 1", exact=True)).to_be_visible()


def test_each_of_many_clicks_in_one_moment_is_carried_out_once(page: Page, harness: Harness) -> None:
    page.goto(f"{harness.url}/clicks")
    expect(page.get_by_role("button", name="Do 11", exact=True)).to_be_visible()
    await_rest(page)
    page.locator("button", has_text="Do ").evaluate_all("all => all.forEach(one => one.click())")

    every = " ".join(sorted(str(number) for number in range(12)))
    expect(page.get_by_text(f"Carried out: {every}", exact=True)).to_be_visible()
