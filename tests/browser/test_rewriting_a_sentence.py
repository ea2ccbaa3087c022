"""A prompt rewritten by an endpoint of the person's own, in the real studio: told, asked, suggested, taken, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot
from tests.support.chat_endpoint import ChatEndpoint, named_chat_endpoint
from tests.support.rendering import until
from tests.support.running_studio import Studio
from tests.support.typing_page import prompt_of

pytestmark = pytest.mark.browser

OWN, OTHER = "A harbour at dusk.", "The camera pans slowly over the harbour at dusk."


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatEndpoint]:
    with named_chat_endpoint(monkeypatch) as running:
        running.say(OTHER)
        yield running


def shot_on(page: Page, studio: Studio) -> Callable[[], str]:
    """Open a shot and its help; gives what the studio has as its prompt."""
    database = make_engine(studio.settings.database_url)
    with session_for(database) as session:
        project = create_project(session=session, name="Tides")
        shot = add_shot(session=session, project_id=project.id, prompt=OWN, seconds=1)
        session.commit()
        shot_id, address = shot.id, f"{studio.url}/storyboard?project={project.id}&shot={shot.id}"

    def prompt() -> str:
        with session_for(database) as session:
            return session.get_one(Shot, shot_id).prompt

    page.goto(address)
    expect(prompt_of(page)).to_have_value(OWN)
    page.get_by_text("Help with the sentence").click()
    return prompt


def test_what_is_sent_is_told_first_and_the_suggestion_is_taken_and_undone_like_typing(
    page: Page, chat: ChatEndpoint, start_studio: Callable[[], Studio]
) -> None:
    prompt = shot_on(page, start_studio())
    rewrite = page.get_by_role("button", name="Rewrite…")
    rewrite.click()
    expect(page.get_by_text(f"Sent to {chat.host}: the sentence in the box")).to_be_visible()
    page.get_by_role("button", name="Do not send it").click()
    expect(rewrite).to_be_focused()
    assert chat.asked == []

    rewrite.click()
    page.get_by_role("button", name="Send it", exact=True).click()
    expect(page.get_by_role("heading", name="Your sentence")).to_be_visible()
    assert [body["messages"][1]["content"] for _, _, body in chat.asked] == [OWN]
    page.get_by_role("button", name="Keep mine").click()
    assert prompt() == OWN

    rewrite.click()
    page.get_by_role("button", name="Take it").click()
    expect(prompt_of(page)).to_have_value(OTHER)
    until(lambda: prompt() == OTHER)
    page.keyboard.press("Control+z")
    expect(prompt_of(page)).to_have_value(OWN)
    until(lambda: prompt() == OWN)


def test_a_fault_is_one_sentence_below_the_box_and_waiting_can_be_ended(
    page: Page, chat: ChatEndpoint, start_studio: Callable[[], Studio]
) -> None:
    prompt = shot_on(page, start_studio())
    rewrite = page.get_by_role("button", name="Rewrite…")
    chat.status = 401
    rewrite.click()
    page.get_by_role("button", name="Send it", exact=True).click()
    fault = page.get_by_text(f"{chat.host} does not take the key; see whether STUDIO_REWRITING_KEY is right.")
    expect(fault).to_be_visible()

    chat.status, chat.holds = 200, True
    rewrite.click()
    expect(page.get_by_text("small is being asked…")).to_be_visible()
    expect(fault).to_have_count(0)
    page.get_by_role("button", name="Do not wait").click()
    expect(page.get_by_text("small is being asked…")).to_have_count(0)
    assert prompt() == OWN


def test_the_help_says_how_it_is_switched_on(
    page: Page, start_studio: Callable[[], Studio], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STUDIO_REWRITING_URL", raising=False)
    shot_on(page, start_studio())
    expect(page.get_by_text("To switch it on, start the studio with STUDIO_REWRITING_URL")).to_be_visible()
    expect(page.get_by_role("button", name="Rewrite…")).to_have_count(0)
