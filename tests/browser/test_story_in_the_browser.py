"""A take's file, dropped on the page of projects, gives its shot back; what it looks like is drawn under the take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from framepack.store.section_store import QUALITY, SectionStore
from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot, Take
from projects.films.stitching import conform_take
from projects.storage.pictures import add_picture
from projects.storage.places import picture_path
from projects.storyboard.projects import create_project
from projects.storyboard.reading import list_projects, shots_of
from projects.storyboard.shots import NewShot, add_shots
from projects.takes.takes import finish_take, record_take
from tests.support.browsing import put_in
from tests.support.plain_pictures import png
from tests.support.rendering import plans_by_rows, until
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


@pytest.fixture
def studio(start_studio: Callable[[], Studio]) -> Studio:
    return start_studio()


def taken(studio: Studio) -> tuple[Shot, Take]:
    """A shot with a take that freezes, of sections that lie in the store."""
    settings = studio.settings
    settings.make_folders()
    store = SectionStore(settings.sections_dir)
    with session_for(make_engine(settings.database_url)) as session:
        project = create_project(session=session, name="Sea")
        media = add_picture(session=session, settings=settings, data=png(320, 180), name="sea.png").media.id
        (shot,) = add_shots(
            session=session, project_id=project.id, new=[NewShot("Waves roll in.", 2.4, "cut", 7, media)]
        )
        (plan,) = plans_by_rows(session, project.id, "weights")
        assert plan.planned is not None
        for place, (key, _) in enumerate(plan.planned.units):
            shades = [90] if place == 0 else [90 + n if place == 1 else 126 for n in range(36)]
            frames = [np.full((144, 256, 3), shade, np.uint8) for shade in shades]
            store.publish(key, np.zeros((1, 16, 1, 18, 32), np.float32), frames, 30)
        take = record_take(session=session, shot_id=shot.id, planned=plan.planned)
        conform_take(settings=settings, take=take)
        finish_take(session=session, take_id=take.id, seconds_spent=1.0)
        session.commit()
    return shot, take


def pictures_of_newest(studio: Studio) -> list[str | None]:
    with session_for(make_engine(studio.settings.database_url)) as session:
        newest, *_ = list_projects(session=session)
        return [shot.media_id for shot in shots_of(session=session, project_id=newest.project.id)]


def test_a_take_shows_how_it_looks_and_its_file_gives_the_shot_back(page: Page, studio: Studio, tmp_path: Path) -> None:
    shot, take = taken(studio)
    store = SectionStore(studio.settings.sections_dir)
    store.video(take.units[1][0]).with_name(QUALITY).unlink()
    page.goto(f"{studio.url}/storyboard?project={shot.project_id}&shot={shot.id}")
    page.get_by_role("button", name="Measure how it looks").click()
    expect(page.get_by_role("img", name="Motion: ")).to_be_visible()
    expect(page.get_by_text("From 1.2 s on nothing moves at all.")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "take.mp4")
    # Elsewhere the picture is not known.
    picture_path(studio.settings, take.request["image"]).unlink()

    page.goto(studio.url)
    page.get_by_role("button", name="From pictures or text").click()
    put_in(page, page.locator("[data-testid=stPopoverBody] [data-testid=stFileUploader]"), tmp_path / "take.mp4")

    expect(page.get_by_role("heading", name="take", exact=True)).to_be_visible()
    expect(page.locator("[data-id]", has_text="Waves roll in.")).to_have_count(1)
    expect(page.get_by_text("the first frame of its take stands in its place")).to_be_visible()
    page.locator(".st-key-notices").get_by_role("button", name="Undo").click()
    until(lambda: pictures_of_newest(studio) == [None])
