"""The storyboard as pictures, opened by zipfile and Pillow."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import Session

from projects.documents.panels import storyboard_of
from projects.documents.stills import write_gif, write_stills
from projects.errors import StoryboardProblem
from projects.settings import StudioSettings
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot
from tests.support.papers import said_in_many_ways
from tests.support.rendering import SIDE


def test_stills_lie_in_order_under_number_and_name(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    project = said_in_many_ways(session, studio, rendered=True)
    out = tmp_path / "stills.zip"
    assert write_stills(storyboard_of(session=session, project_id=project.id), studio, out) == 2
    with zipfile.ZipFile(out) as bundle:
        assert bundle.testzip() is None
        assert bundle.namelist() == ["1_SH0010_夜.png", "2_SH0020_+1.png"]
        stills = [Image.open(io.BytesIO(bundle.read(name))) for name in bundle.namelist()]
    assert [still.size for still in stills] == [(SIDE, SIDE)] * 2
    assert stills[1].convert("RGB").getpixel((9, 9)) == (255, 0, 0)


def test_no_still_has_a_name_that_leads_elsewhere(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    project = said_in_many_ways(session, studio)
    storyboard = storyboard_of(session=session, project_id=project.id)
    storyboard.panels[0].shot.name = "../../etc/C:\\con" + "長" * 90
    write_stills(storyboard, studio, tmp_path / "stills.zip")
    (first, _) = zipfile.ZipFile(tmp_path / "stills.zip").namelist()
    assert not set(first) & set("/\\:")
    assert first.count(".") == 1
    assert len(first.encode()) < 110


def test_without_anything_to_see_there_are_no_stills(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    project = create_project(session=session, name="empty")
    add_shot(session=session, project_id=project.id, prompt="only words")
    with pytest.raises(StoryboardProblem, match="a take or a picture"):
        write_stills(storyboard_of(session=session, project_id=project.id), studio, tmp_path / "stills.zip")
    assert list(tmp_path.glob("*.zip")) == []


def test_an_animatic_shows_each_shot_for_as_long_as_the_film_does(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    project = said_in_many_ways(session, studio)
    storyboard = storyboard_of(session=session, project_id=project.id)
    write_gif(storyboard, studio, tmp_path / "a.gif", longest=96)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (96, 96)
        assert gif.n_frames == 3
        times, colours = [], []
        for frame in range(3):
            gif.seek(frame)
            times.append(gif.info["duration"])
            colours.append(gif.convert("RGB").getpixel((48, 48)))
    # The dissolve of half a second overlaps; the pictures change where it begins.
    assert times == [700, 2500, 4000]
    assert sum(times) / 1000 == pytest.approx(storyboard.seconds, abs=0.01)
    assert colours[1] == (255, 0, 0)
    assert max(colours[2]) == min(colours[2])
