"""A video of one's own becomes what a shot goes on from: chosen beside its start, rendered, seen, taken away again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot, Take
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from projects.takes.takes import takes_of
from tests.support.browsing import put_in
from tests.support.own_videos import moving, write_video
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


def test_a_shot_goes_on_from_a_video_of_ones_own(
    page: Page, start_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    studio = start_studio()
    database = make_engine(studio.settings.database_url)
    with session_for(database) as session:
        project = create_project(session=session, name="After the holiday")
        project.shape, project.height, project.width = "1:1", 64, 64
        project.steps, project.cfg = 1, 1.0
        new = [NewShot("The camera pans slowly.", 1, "cut"), NewShot("It snows.", 1)]
        shot, _ = add_shots(session=session, project_id=project.id, new=new)
        session.commit()
        shot_id, address = shot.id, f"{studio.url}/storyboard?project={project.id}&shot={shot.id}"

    def kept() -> Shot:
        with session_for(database) as session:
            return session.get_one(Shot, shot_id)

    def takes() -> list[Take]:
        with session_for(database) as session:
            return [take for take in takes_of(session=session, shot_id=shot_id) if take.status == "done"]

    page.goto(address)
    box = page.locator("[data-testid=stFileUploader]").filter(has_text="Go on from a video of yours")
    expect(box).to_be_visible()

    notes = tmp_path / "notes.mp4"
    notes.write_text("This is no video.")
    put_in(page, box, notes)
    refused = page.get_by_text("The video notes.mp4 cannot be gone on from: it is not a video of a known kind")
    expect(refused).to_be_visible()

    clip = write_video(tmp_path / "sommer 夏天.mp4", [moving(number, 144, 144) for number in range(60)])
    put_in(page, box, clip)
    expect(page.get_by_text("sommer 夏天.mp4 · 2 s; its last 1.9 s are gone on from")).to_be_visible()
    expect(page.get_by_alt_text("The last picture of the video")).to_be_visible()
    expect(page.get_by_text("cannot be gone on from")).to_have_count(0)
    until(lambda: kept().video is not None)
    card = page.get_by_role("option", name="goes on from the video sommer 夏天.mp4")
    expect(card).to_be_visible()

    page.get_by_role("button", name="Render this shot").click()
    until(takes)
    expect(page.get_by_text("The join to the video")).to_be_visible()
    (take,) = takes()
    assert take.video_join is not None
    assert take.frames == 30
    assert take.units[0][1] == 0

    page.get_by_role("button", name="Take the video away").click()
    until(lambda: kept().video is None)
    expect(page.get_by_text("It has no picture yet").first).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    until(lambda: kept().video is not None)
