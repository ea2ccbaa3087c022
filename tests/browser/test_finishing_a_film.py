"""Music, loudness, titles and cuts on the beat, set on the film page in a real browser, and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from framepack.media.pictures import picture_hash
from projects.cutting.film_settings import FilmSettings, film_settings
from projects.cutting.shot_fields import sounds_of
from projects.database.opening import open_database, session_for
from projects.database.tables import Shot
from projects.settings import StudioSettings
from projects.storage.derived import deriving
from projects.storage.pictures import add_picture
from projects.storage.places import beats_path
from projects.storyboard.projects import create_project
from projects.storyboard.reading import get_project, shots_of
from projects.storyboard.shots import add_shot
from tests.support.browsing import choose, put_in, unfold, until
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.running_studio import running_studio
from tests.support.sounds import tone, write_sound

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Work:
    """A studio with a project of three cuts, and the file of some music."""

    url: str
    settings: StudioSettings
    project_id: str
    music: Path

    def film(self) -> FilmSettings:
        database = open_database(self.settings)
        with session_for(database) as session:
            film = film_settings(get_project(session=session, project_id=self.project_id).film)
        database.dispose()
        return film

    def shots(self) -> list[Shot]:
        database = open_database(self.settings)
        with session_for(database) as session:
            shots = shots_of(session=session, project_id=self.project_id)
        database.dispose()
        return shots


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    folder = tmp_path_factory.mktemp("finishing")
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(folder / "studio")})
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
    music = write_sound(folder / "音樂 🎵.wav", tone(7.0))
    # What listening to it would find: it takes some seconds, and a sine has no beat.
    beats = beats_path(settings, picture_hash(music))
    with deriving(beats) as aside:
        aside.write_text(json.dumps([0.8, 1.8, 2.8, 3.8, 4.8]))
    with running_studio(folder / "studio") as studio:
        yield Work(studio.url, settings, project_id, music)


def open_film(page: Page, work: Work) -> None:
    page.goto(f"{work.url}/film?project={work.project_id}")
    unfold(page, "Cut the film")
    expect(page.locator(".clip")).to_have_count(3)


def give(page: Page, label: str, file: Path) -> None:
    """Put a file into the box of a label."""
    put_in(page, page.get_by_test_id("stFileUploader").filter(has_text=label), file)


def test_music_loudness_and_words_of_a_chosen_shot_are_there_again_after_a_reload(page: Page, work: Work) -> None:
    open_film(page, work)
    page.get_by_role("tab", name="Music and sound").click()
    give(page, "Take a sound file as music", work.music)
    expect(page.locator(".music-name")).to_have_text(work.music.name)
    expect(page.get_by_label("Move a cut by at most (s)")).to_be_visible()  # the last that comes with the music
    choose(page, "Loudness of the film", "-14 LUFS: video sites, the web")
    until(lambda: work.film().loudness == -14)
    bad = work.music.with_name("notes.wav")
    bad.write_text("no sound")
    give(page, "Take another sound file as music", bad)
    expect(page.get_by_text("The sound notes.wav cannot be used")).to_be_visible()

    page.get_by_role("tab", name="This shot").click()
    page.locator(".label", has_text="SH0020").click()
    title = page.get_by_label("Title over the beginning")
    expect(page.get_by_label("The texts of SH0020")).to_be_visible()
    title.fill("三天之後")
    title.blur()
    expect(page.get_by_role("button", name="Title over SH0020: 三天之後")).to_be_visible()
    second = work.shots()[1]
    # The box of the shot before stands there until the page is drawn, and goes with what was put in.
    put_in(page, page.locator(f".st-key-shot-file-{second.id}-0"), work.music)
    expect(page.get_by_role("button", name=f"{work.music.name}, with SH0020, from 2.0 s")).to_be_visible()

    page.reload()
    open_film(page, work)
    expect(page.locator(".music-name")).to_have_text(work.music.name)
    page.locator(".label", has_text="SH0020").click()
    expect(page.get_by_label("Title over the beginning")).to_have_value("三天之後")
    page.get_by_role("tab", name="Music and sound").click()
    expect(page.get_by_role("combobox", name="Loudness of the film")).to_have_value("-14 LUFS: video sites, the web")
    first, second, _ = work.shots()
    assert (first.title, second.title, len(sounds_of(second))) == ("", "三天之後", 1)
    assert (work.film().music, work.film().loudness) == (picture_hash(work.music), -14)


def test_cuts_go_onto_the_beats_by_one_click_and_back_by_another(page: Page, work: Work) -> None:
    open_film(page, work)
    page.get_by_role("tab", name="Music and sound").click()
    if work.film().music is None:
        give(page, "Take a sound file as music", work.music)
    expect(page.get_by_text("1 cut would move onto a beat, by 0.20 s at most")).to_be_visible()
    page.get_by_role("button", name="Put these cuts on the beat").click()
    expect(page.get_by_text("0.0 s of 5.8 s")).to_be_visible()
    assert [round(shot.trim_end, 3) for shot in work.shots()] == [0.2, 0.0, 0.0]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("0.0 s of 6.0 s")).to_be_visible()
    assert [shot.trim_end for shot in work.shots()] == [0.0, 0.0, 0.0]
