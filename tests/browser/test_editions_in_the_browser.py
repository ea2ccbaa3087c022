"""Editions in a real browser: the table cuts the one that the address names, and its documents come down."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from projects.database.opening import open_database, session_for
from projects.films.editions import create_edition, get_edition
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import add_shot
from tests.support.browsing import unfold
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.running_studio import running_studio

pytestmark = pytest.mark.browser


def test_the_table_cuts_the_edition_and_its_storyboard_is_downloaded(page: Page, tmp_path: Path) -> None:
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "studio")})
    settings.make_folders()
    database = open_database(settings)
    with session_for(database) as session:
        project = create_project(session=session, name="潮汐")
        for colour in ("teal", "navy"):
            media = add_picture(session=session, settings=settings, data=png(320, 180, colour), name="a.png").media
            add_shot(session=session, project_id=project.id, prompt=f"{colour} 海", seconds=2, media_id=media.id)
        render_all(session, settings, project.id)
        edition = create_edition(session=session, project_id=project.id, name="短版")
        session.commit()
        project_id, edition_id = project.id, edition.id

    with running_studio(tmp_path / "studio") as studio:
        page.goto(f"{studio.url}/film?project={project_id}&edition={edition_id}")
        unfold(page, "Cut the film")
        edge = page.get_by_role("slider", name="Trim the end of SH0020")
        edge.focus()
        page.keyboard.press("Shift+ArrowLeft")
        expect(page.get_by_text("0.0 s of 3.6 s")).to_be_visible()

        unfold(page, "Documents")
        with page.expect_download() as coming:
            page.locator(".st-key-documents a.fs-download").click()
        coming.value.save_as(tmp_path / "board.pdf")

    assert coming.value.suggested_filename == "潮汐 – 短版.pdf"
    assert "海" in PdfReader(tmp_path / "board.pdf").pages[0].extract_text()
    with session_for(database) as session:
        second = shots_of(session=session, project_id=project_id)[1]
        cut = get_edition(session=session, edition_id=edition_id).shots[second.id]
        assert (second.trim_end, round(cut["trim_end"] * 30)) == (0.0, 10)
    database.dispose()
