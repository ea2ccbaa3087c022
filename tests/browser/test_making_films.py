"""Films ordered on their page with the real server and worker: watched there, called off, downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, expect

from projects.database.opening import open_database, session_for
from projects.database.tables import ProjectUpdate, ShotUpdate
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shots import add_shot, edit_shot
from tests.support.browsing import unfold, until_true
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.rendering import until
from tests.support.running_studio import Studio, running_studio

pytestmark = pytest.mark.browser
MADE_MILLISECONDS = 180_000  # far more than an idle computer needs


@dataclass(frozen=True)
class Films:
    """A studio with two rendered projects; the film of the one that is ``long`` takes minutes."""

    studio: Studio
    short: str
    long: str


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Films]:
    home = tmp_path_factory.mktemp("films") / "studio"
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(home)})
    settings.make_folders()
    database = open_database(settings)
    ids = []
    with session_for(database) as session:
        media = add_picture(session=session, settings=settings, data=png(320, 180), name="a.png").media
        for name in ("潮汐 Tides", "Long"):
            project = create_project(session=session, name=name)
            shot = add_shot(session=session, project_id=project.id, prompt="sea", seconds=1, media_id=media.id)
            render_all(session, settings, project.id)
            ids.append(project.id)
        edit_project(session=session, project_id=ids[1], changes=ProjectUpdate(film={"size": 2160}))
        edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(hold_last=60.0, move="closer"))
        session.commit()
    database.dispose()
    with running_studio(home) as studio:
        yield Films(studio, *ids)


def test_a_film_in_another_format_is_ordered_watched_and_downloaded(page: Page, films: Films, tmp_path: Path) -> None:
    page.goto(f"{films.studio.url}/film?project={films.short}")
    unfold(page, "Other formats and exact settings")
    page.get_by_role("combobox", name="Format").click()
    page.get_by_role("option", name="WebM (VP9)", exact=True).click()
    page.get_by_role("button", name="Make this film").click()

    video = page.locator("video")
    expect(video).to_be_visible(timeout=MADE_MILLISECONDS)
    expect(page.get_by_text("WebM (VP9) ·")).to_be_visible()
    video.evaluate("one => one.play()")
    until_true(page, "document.querySelector('video').readyState >= 2")
    until_true(page, "document.querySelector('video').currentTime > 0")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "潮汐 Tides.webm"
    film = tmp_path / "film.webm"
    download.value.save_as(film)
    with av.open(film) as opened:
        assert (opened.streams.video[0].name, sum(1 for _ in opened.decode(video=0))) == ("vp9", 30)


def test_a_film_that_is_being_made_is_called_off(page: Page, films: Films) -> None:
    page.goto(f"{films.studio.url}/film?project={films.long}")
    page.get_by_role("button", name="Share", exact=True).click()
    making = page.locator("[class*=st-key-making-]")
    expect(making.get_by_text("Being made")).to_be_visible()
    expect(making.get_by_role("progressbar")).to_be_visible()
    making.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("The film was called off.")).to_be_visible()
    expect(making).to_have_count(0)
    home = films.studio.settings.home
    until(lambda: not list(home.glob(".film-*")) and not list(home.glob("films/.*")))
    expect(page.get_by_text("No film yet")).to_be_visible()
