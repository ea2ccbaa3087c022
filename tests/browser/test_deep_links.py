"""Addresses that lead into the studio, on a server that has served nothing yet."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from projects.database.opening import make_engine, session_for
from projects.storyboard.reading import list_projects
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


def test_a_link_to_a_storyboard_opens_it_on_a_fresh_server(page: Page, shared_studio: Studio) -> None:
    with session_for(make_engine(shared_studio.settings.database_url)) as session:
        (example,) = list_projects(session=session)
    page.goto(f"{shared_studio.url}/storyboard?project={example.project.id}")

    expect(page.get_by_role("heading", name=example.project.name)).to_be_visible()
    expect(page.locator("[data-id]", has_text="SH0030")).to_be_visible()
    # The router is at work, not the page list that Streamlit makes of a folder of pages by itself.
    expect(page.locator("[data-testid=stSidebarNav]")).to_have_count(0)
    expect(page.get_by_role("link", name="Film", exact=True)).to_be_visible()
    until(lambda: page.locator("[data-id] img").first.evaluate("image => image.naturalWidth") > 0, seconds=60)


def test_a_name_that_is_not_this_computer_is_refused(shared_studio: Studio) -> None:
    request = urllib.request.Request(shared_studio.url, headers={"Host": "elsewhere.example"})

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)

    assert refused.value.code == 400
