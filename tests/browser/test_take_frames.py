"""A take goes frame by frame in the inspector; the frame that is shown is saved, and made the picture of a shot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from framepack.media.video import write_frames
from projects.database.opening import make_engine, session_for
from projects.database.tables import Media, Shot, Take
from projects.storage.finished import finish_file
from projects.storage.pictures import add_picture
from projects.storage.places import picture_path, take_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.browsing import await_rest
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.rendering import until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser
SHADE = 5  # more in each frame than in the one before


@dataclass(frozen=True)
class Work:
    """A project of two shots with a take of each; the frames of the first grow brighter."""

    studio: Studio
    shots: list[Shot]
    take: Take

    def picture_of(self, shot: Shot) -> Media:
        with session_for(make_engine(self.studio.settings.database_url)) as session:
            media_id = session.get_one(Shot, shot.id).media_id
            assert media_id is not None
            return session.get_one(Media, media_id)


@pytest.fixture
def work(page: Page, shared_studio: Studio) -> Work:
    settings = shared_studio.settings
    with session_for(make_engine(settings.database_url)) as session:
        project = create_project(session=session, name="海邊 Two shots")
        media = add_picture(session=session, settings=settings, data=png(320, 180), name="sea.png").media.id
        new = [NewShot(prompt="Waves roll in.", seconds=1, media_id=media, name=name) for name in ("One", "Two")]
        shots = add_shots(session=session, project_id=project.id, new=new)
        take, _ = render_all(session, settings, project.id)
        path = take_path(settings, take.id)
        write_frames(
            path, [np.full((take.height, take.width, 3), SHADE * n, np.uint8) for n in range(take.frames)], take.fps
        )
        finish_file(path, take.frames)
        session.commit()
        page.goto(f"{shared_studio.url}/storyboard?project={project.id}&shot={shots[0].id}")
    expect(_frames(page).get_by_text("frame 1 of")).to_be_visible()
    await_rest(page)
    return Work(shared_studio, shots, take)


def test_a_frame_is_stepped_to_by_arrow_keys_and_saved(page: Page, work: Work, tmp_path: Path) -> None:
    frames = _frames(page)
    frames.locator("video").focus()
    for key, shown in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", work.take.frames), ("Home", 1)):
        page.keyboard.press(key)
        expect(frames.locator(".time")).to_contain_text(f"frame {shown} of {work.take.frames}")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(frames.locator(".time")).to_contain_text("frame 11 of")

    with page.expect_download() as download:
        frames.get_by_role("link", name="Save this frame").click()
    saved = tmp_path / "frame.png"
    download.value.save_as(saved)

    assert download.value.suggested_filename == "SH0010 take 1 frame 11.png"
    assert _shade(saved) == pytest.approx(10 * SHADE, abs=2)


def test_a_frame_is_made_the_picture_of_another_shot_with_undo(page: Page, work: Work) -> None:
    before = work.picture_of(work.shots[1]).id
    frames = _frames(page)
    frames.get_by_role("button", name="One frame on (→)").click()
    frames.get_by_role("button", name="One frame on (→)").click()
    frames.get_by_role("button", name="Use this frame as a picture…").click()
    expect(frames.get_by_label("As the picture of")).to_have_value(work.shots[0].id)
    frames.get_by_label("As the picture of").select_option("SH0020 · Two")
    frames.get_by_role("button", name="Use it").click()

    expect(page.get_by_text("Frame 3 of take 1 is the picture of SH0020 now.")).to_be_visible()
    picture = work.picture_of(work.shots[1])
    assert picture.name == "SH0010 take 1 frame 3.png"
    assert _shade(picture_path(work.studio.settings, picture.id)) == pytest.approx(2 * SHADE, abs=2)

    page.get_by_test_id("stMain").get_by_role("button", name="Undo", exact=True).first.click()
    until(lambda: work.picture_of(work.shots[1]).id == before, seconds=60)


def test_shots_that_cannot_be_listed_are_said_to_come_and_come(page: Page, work: Work) -> None:
    frames = _frames(page)
    page.route("**/board", lambda route: route.abort())
    frames.get_by_role("button", name="Use this frame as a picture…").click()
    expect(frames.get_by_text("The studio does not answer")).to_be_visible()
    page.unroute("**/board")
    expect(frames.get_by_label("As the picture of")).to_have_value(work.shots[0].id)
    expect(frames.get_by_text("The studio does not answer")).to_be_hidden()


def _frames(page: Page) -> Locator:
    return page.locator(".frames").first


def _shade(picture: Path) -> float:
    with Image.open(picture) as opened:
        return float(np.asarray(opened.convert("RGB")).mean())
