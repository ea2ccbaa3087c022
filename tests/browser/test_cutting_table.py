"""The cutting table in a real browser: shots are joined and trimmed on it, and the film follows."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from framepack.media.video import probe
from projects.database.opening import open_database, session_for
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import film_path
from projects.storyboard.projects import create_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import add_shot
from tests.support.browsing import unfold
from tests.support.films import film_now
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.running_studio import running_studio

pytestmark = pytest.mark.browser


@pytest.fixture
def home(tmp_path: Path) -> tuple[StudioSettings, str]:
    """A studio with a project of three cuts that are rendered."""
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "studio")})
    settings.make_folders()
    database = open_database(settings)
    with session_for(database) as session:
        project = create_project(session=session, name="潮汐 Tides")
        for colour in ("teal", "navy", "maroon"):
            media = add_picture(session=session, settings=settings, data=png(320, 180, colour), name="a.png").media
            add_shot(session=session, project_id=project.id, prompt=f"{colour} sea", seconds=2, media_id=media.id)
        render_all(session, settings, project.id)
        session.commit()
        project_id = project.id
    database.dispose()
    return settings, project_id


def test_transitions_and_trims_are_made_on_the_table_and_are_in_the_film(
    page: Page, home: tuple[StudioSettings, str], tmp_path: Path
) -> None:
    settings, project_id = home
    with running_studio(tmp_path / "studio") as studio:
        page.goto(f"{studio.url}/film?project={project_id}")
        unfold(page, "Cut the film")
        expect(page.locator(".clip")).to_have_count(3)
        expect(page.get_by_text("0.0 s of 6.0 s")).to_be_visible()

        page.get_by_role("button", name="Cut into SH0020").click()
        page.get_by_label("Transition", exact=True).select_option("dissolve")
        expect(page.get_by_text("0.0 s of 5.5 s")).to_be_visible()
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("button", name="Dissolve into SH0020")).to_be_focused()

        edge = page.get_by_role("slider", name="Trim the end of SH0030")
        edge.focus()
        page.keyboard.press("Shift+ArrowLeft")
        expect(page.get_by_text("0.0 s of 5.1 s")).to_be_visible()
        page.screenshot(path=str(tmp_path / "table.png"))

    database = open_database(settings)
    with session_for(database) as session:
        _, second, third = shots_of(session=session, project_id=project_id)
        assert (second.transition, round(third.trim_end * 30)) == ("dissolve", 10)
        film = film_now(session, settings, project_id)
        assert probe(film_path(settings, film)).frames == film.frames == 180 - 15 - 10
    database.dispose()
