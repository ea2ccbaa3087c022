"""A shot gets its first picture without one: a drawn card, and pictures from words, of which one is chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot
from tests.support.browsing import choose, unfold
from tests.support.rendering import until
from tests.support.running_studio import Studio
from tests.support.tiny_still_model import write_still_model

pytestmark = pytest.mark.browser


def test_a_card_is_drawn_and_pictures_are_made_from_words_and_one_is_chosen(
    page: Page, start_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    write_still_model(tmp_path / "studio" / "picture_models" / "tiny")
    studio = start_studio()
    database = make_engine(studio.settings.database_url)
    with session_for(database) as session:
        project = create_project(session=session, name="Tides")
        shot = add_shot(session=session, project_id=project.id, prompt="A harbour at dusk.", seconds=1)
        session.commit()
        shot_id, address = shot.id, f"{studio.url}/storyboard?project={project.id}&shot={shot.id}"

    def picture() -> str | None:
        with session_for(database) as session:
            return session.get_one(Shot, shot_id).media_id

    page.goto(address)
    page.get_by_role("tab", name="Picture").click()
    page.get_by_role("button", name="Draw the card").click()
    expect(page.get_by_text("there are no words for the card")).to_be_visible()
    page.get_by_role("textbox", name="Or a card with words").fill("Three days later")
    page.get_by_role("button", name="Draw the card").click()
    until(picture)
    card = picture()
    expect(page.get_by_alt_text("The picture of SH0010")).to_be_visible()
    expect(page.get_by_text("there are no words for the card")).to_have_count(0)

    unfold(page, "Or pictures from words")
    choose(page, "How many", "2")
    choose(page, "Steps", "2")
    expect(page.get_by_text("How long this takes is measured with the first such picture.")).to_be_visible()
    page.get_by_role("button", name="Make the pictures").click()
    second = page.get_by_alt_text("Picture 2 of 2")
    expect(second).to_be_visible(timeout=120_000)
    # By now it was measured.
    expect(page.get_by_text("2 pictures: ")).to_be_visible()
    page.get_by_role("button", name="Use this one").nth(1).click()
    until(lambda: picture() not in (None, card))
    page.get_by_role("button", name="Put away").click()
    expect(second).to_have_count(0)
    assert picture() not in (None, card)
