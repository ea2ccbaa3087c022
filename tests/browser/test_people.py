"""Two people and the keeper in one studio, each in a browser of their own: what they see, and what they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from projects.door.password import set_password
from projects.door.people import set_client_secret
from projects.settings import StudioSettings
from tests.support.oidc_provider import SECRET, running_provider
from tests.support.running_studio import Studio, running_studio

pytestmark = pytest.mark.browser
KEEPERS = "Only whoever runs this studio fetches models, changes LoRAs, pauses the whole queue and has reports."


def begin(page: Page, studio: Studio, name: str) -> None:
    """Come in by the provider, and make a project."""
    page.goto(f"{studio.url}/")
    page.get_by_role("link", name="Sign in with 127.0.0.1").click()
    box = page.get_by_role("textbox", name="Name of a new project")
    box.fill(name)
    box.press("Enter")
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def test_two_people_see_only_their_own_projects_and_the_keeper_all(chromium: Browser, tmp_path: Path) -> None:
    kept = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "studio")})
    set_password(kept, "correct horse battery")
    set_client_secret(kept, SECRET)
    with (
        running_provider() as provider,
        running_studio(kept.home, **provider.environment("@example.org")) as studio,
    ):
        ann, bob, keeper = (chromium.new_context().new_page() for _ in range(3))
        begin(ann, studio, "Harbour")
        provider.person = "bob@example.org"
        begin(bob, studio, "Mountain")
        of_ann = ann.url

        for page, own, other in ((ann, "Harbour", "Mountain"), (bob, "Mountain", "Harbour")):
            page.goto(f"{studio.url}/")
            expect(page.get_by_text(own, exact=True)).to_be_visible()
            expect(page.get_by_text(other, exact=True)).to_have_count(0)
            expect(page.get_by_text("The lighthouse", exact=True)).to_have_count(0)
        bob.goto(of_ann)
        expect(bob.get_by_text("Harbour")).to_have_count(0)
        for address, control in (("queue", "Report a problem"), ("models", "Where weights lie"), ("loras", "Upload")):
            bob.goto(f"{studio.url}/{address}")
            expect(bob.get_by_text(KEEPERS)).to_be_visible()
            expect(bob.get_by_text(control)).to_have_count(0)

        keeper.goto(f"{studio.url}/")
        keeper.get_by_label("Password").fill("correct horse battery")
        keeper.get_by_role("button", name="Sign in").click()
        for text in ("Harbour", "Mountain", "ann@example.org", "bob@example.org"):
            expect(keeper.get_by_text(text, exact=True)).to_be_visible()
        # Her project becomes his.
        keeper.goto(of_ann)
        keeper.get_by_role("button", name="Settings").click()
        box = keeper.get_by_role("textbox", name="Whose project it is")
        box.fill("bob@example.org")
        box.press("Enter")
        keeper.goto(f"{studio.url}/")
        expect(keeper.get_by_text("ann@example.org", exact=True)).to_have_count(0)
        bob.goto(f"{studio.url}/")
        expect(bob.get_by_text("Harbour", exact=True)).to_be_visible()
        ann.goto(f"{studio.url}/")
        expect(ann.get_by_text("No projects yet")).to_be_visible()
        for page in (ann, bob, keeper):
            page.context.close()
