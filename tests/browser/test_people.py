"""Two people and the keeper in one studio, each in a browser of their own: what they see, and what they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from projects.door.password import set_password
from projects.door.people import set_client_secret
from projects.settings import StudioSettings
from tests.support.oidc_provider import SECRET, running_provider
from tests.support.running_studio import running_studio

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


def begin(page: Page, url: str, name: str) -> str:
    """Come in by the provider, and make a project; returns its address."""
    page.goto(url)
    page.get_by_role("link", name="Sign in with 127.0.0.1").click()
    put(page, "Name of a new project", name)
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    return page.url


def put(page: Page, box: str, text: str) -> None:
    page.get_by_role("textbox", name=box).fill(text)
    page.get_by_role("textbox", name=box).press("Enter")


def sees(page: Page, url: str, *texts: str, but: tuple[str, ...] = ()) -> None:
    page.goto(url)
    for text in texts:
        expect(page.get_by_text(text, exact=True)).to_be_visible()
    for text in but:
        expect(page.get_by_text(text, exact=True)).to_have_count(0)


def test_two_people_see_only_their_own_projects_and_the_keeper_all(chromium: Browser, tmp_path: Path) -> None:
    kept = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "studio")})
    set_password(kept, PASSWORD)
    set_client_secret(kept, SECRET)
    with running_provider() as provider, running_studio(kept.home, **provider.environment("@example.org")) as studio:
        url = f"{studio.url}/"
        ann, bob, keeper = (chromium.new_context().new_page() for _ in range(3))
        hers = begin(ann, url, "Harbour")
        provider.person = "bob@example.org"
        begin(bob, url, "Mountain")

        sees(ann, url, "Harbour", but=("Mountain", "The lighthouse"))
        sees(bob, url, "Mountain", but=("Harbour", "The lighthouse"))
        sees(bob, hers, but=("Harbour",))
        for page, controls in (("queue", "Report a problem"), ("models", "Where weights lie"), ("loras", "Upload")):
            bob.goto(url + page)
            expect(bob.get_by_text("Only whoever runs this studio")).to_be_visible()
            expect(bob.get_by_text(controls)).to_have_count(0)

        keeper.goto(url)
        keeper.get_by_label("Password").fill(PASSWORD)
        keeper.get_by_role("button", name="Sign in").click()
        expect(keeper.get_by_text("ann@example.org", exact=True)).to_be_visible()
        sees(keeper, url, "Harbour", "Mountain", "The lighthouse", "bob@example.org")
        # Her project becomes his.
        keeper.goto(hers)
        keeper.get_by_role("button", name="Settings").click()
        put(keeper, "Whose project it is", "bob@example.org")
        sees(keeper, url, "Harbour", but=("ann@example.org",))
        sees(bob, url, "Harbour", "Mountain")
        sees(ann, url, "No projects yet")
        for page in (ann, bob, keeper):
            page.context.close()
