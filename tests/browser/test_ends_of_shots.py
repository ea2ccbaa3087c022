"""A picture at the end of a shot: guided to with the draft, an end picture and a loop with the original model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.browsing import put_in
from tests.support.plain_pictures import png
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


def test_a_shot_is_given_a_picture_at_its_end(page: Page, start_studio: Callable[[], Studio], tmp_path: Path) -> None:
    studio = start_studio()
    database = make_engine(studio.settings.database_url)
    with session_for(database) as session:
        project = create_project(session=session, name="Ebb and flow")
        low = add_picture(session=session, settings=studio.settings, data=png(192, 192), name="low.png").media
        new = [NewShot("The water comes.", 2.4, "cut", media_id=low.id), NewShot("It turns.", 2, media_id=low.id)]
        guided, backwards = add_shots(session=session, project_id=project.id, new=new)
        backwards.start, backwards.checkpoint = "cut", "original"
        session.commit()
        first, second, media_id = guided.id, backwards.id, low.id
        address = f"{studio.url}/storyboard?project={project.id}&shot="

    def end_of(shot_id: str) -> str | None:
        with session_for(database) as session:
            return session.get_one(Shot, shot_id).end_media_id

    page.goto(address + first)
    page.get_by_role("tab", name="Picture").click()
    box = page.locator("[data-testid=stFileUploader]").filter(has_text="Guide to")
    expect(box).to_be_visible()
    expect(page.get_by_text("A loop needs the original FramePack")).to_be_visible()

    notes = tmp_path / "notes.png"
    notes.write_text("This is no picture.")
    put_in(page, box, notes)
    expect(page.locator(".st-key-shot-end").get_by_text("The picture notes.png cannot be used")).to_be_visible()
    assert end_of(first) is None

    high = tmp_path / "潮 high.png"
    high.write_bytes(png(192, 192, "navy"))
    put_in(page, box, high)
    expect(page.get_by_text("Guided to 潮 high.png from 1.2 s on")).to_be_visible()
    expect(page.get_by_alt_text("The picture that SH0010 is guided to")).to_be_visible()
    expect(page.get_by_role("option", name="is guided to the picture 潮 high.png")).to_be_visible()
    until(lambda: end_of(first) is not None)
    page.get_by_role("button", name="Take the picture at the end away").click()
    until(lambda: end_of(first) is None)
    page.get_by_role("button", name="Undo").first.click()
    until(lambda: end_of(first) is not None)

    page.goto(address + second)
    page.get_by_role("tab", name="Picture").click()
    expect(page.locator("[data-testid=stFileUploader]").filter(has_text="End picture")).to_be_visible()
    page.get_by_role("button", name="Loop: end with the start picture").click()
    until(lambda: end_of(second) == media_id)
    expect(page.get_by_alt_text("The end picture of SH0020")).to_be_visible()
    expect(page.get_by_role("option", name="ends with the picture low.png")).to_be_visible()
    expect(page.get_by_role("button", name="Loop: end with the start picture")).to_have_count(0)
