"""A model is downloaded on its page, in a real browser, from a miniature hub on the loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.hub_of_models import TRANSFORMER, published
from tests.support.running_studio import Studio, running_studio
from tests.support.small_hub import SmallHub, served

pytestmark = pytest.mark.browser


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHub]:
    """The hub that a studio of this test fetches from; it sends the transformer by half."""
    with served(SmallHub(published())) as one:
        one.holds.add(TRANSFORMER)
        monkeypatch.setenv("STUDIO_HUB_ENDPOINT", one.address)
        monkeypatch.setenv("STUDIO_MODELS", str(tmp_path / "models"))
        yield one
        one.release()


def at_models(page: Page, studio: Studio) -> Page:
    page.goto(f"{studio.url}/models")
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    return page


def test_a_download_goes_on_beside_pages_and_is_called_off_by_any(
    chromium: Browser, hub: SmallHub, start_studio: Callable[[], Studio]
) -> None:
    studio = start_studio()
    with chromium.new_context(locale="en-US") as context:
        first, second = at_models(context.new_page(), studio), at_models(context.new_page(), studio)
        first.get_by_role("button", name="Download (about 42").first.click()
        for page in (first, second):
            expect(page.get_by_text("Being fetched")).to_be_visible()
            expect(page.get_by_text(TRANSFORMER)).to_be_visible()
        first.reload()
        expect(first.get_by_text(TRANSFORMER)).to_be_visible()

        second.get_by_role("button", name="Call off").click()
        for page in (first, second):
            expect(page.get_by_text("The download was called off.")).to_be_visible()

        hub.release()
        second.close()
        first.get_by_role("button", name="Go on with the download").click()
        expect(first.get_by_text("one published model are here")).to_be_visible()


def test_a_download_that_the_end_of_the_studio_interrupted_is_gone_on_with(
    page: Page, hub: SmallHub, tmp_path: Path
) -> None:
    with running_studio(tmp_path / "home") as studio:
        at_models(page, studio).get_by_role("button", name="Download (about 42").first.click()
        expect(page.get_by_text(TRANSFORMER)).to_be_visible()
    hub.release()
    with running_studio(tmp_path / "home") as studio:
        at_models(page, studio)
        expect(page.get_by_text("was interrupted when the studio ended")).to_be_visible()
        page.get_by_role("button", name="Go on with the download").click()
        expect(page.get_by_text("one published model are here")).to_be_visible()
