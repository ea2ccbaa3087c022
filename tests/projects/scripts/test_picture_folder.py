"""Shots from a folder of pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session

from projects.database.tables import Media
from projects.errors import StoryboardProblem
from projects.scripts.picture_folder import natural, shots_from_folder
from projects.settings import StudioSettings
from tests.support.plain_pictures import png


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def test_pictures_become_shots_in_the_order_of_their_numbers(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    for number, name in enumerate(("Shot 10.png", "shot 2.png", "shot 1 夜.jfif"), start=1):
        (folder / name).write_bytes(png(64, 40 + 8 * number))
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "a.png").write_bytes(png(64, 64))
    found = shots_from_folder(session=session, settings=studio, folder=folder)
    assert [shot.name for shot in found.shots] == ["shot 1 夜", "shot 2", "Shot 10"]
    heights = [session.get_one(Media, shot.media_id).height for shot in found.shots]
    assert heights == [64, 56, 48]
    assert found.remarks == ()


def test_what_is_no_picture_is_left_out_with_a_remark(session: Session, studio: StudioSettings, folder: Path) -> None:
    (folder / "a.png").write_bytes(png(64, 64))
    (folder / "b.png").write_bytes(b"no picture")
    found = shots_from_folder(session=session, settings=studio, folder=folder)
    assert len(found.shots) == 1
    assert [remark.id for remark in found.remarks] == ["folder-left-out"]


def test_a_folder_without_pictures_is_refused(session: Session, studio: StudioSettings, folder: Path) -> None:
    (folder / "notes.txt").write_text("none")
    with pytest.raises(StoryboardProblem, match="no picture in the folder “pictures”"):
        shots_from_folder(session=session, settings=studio, folder=folder)


def test_a_folder_of_too_many_files_is_refused(session: Session, studio: StudioSettings, folder: Path) -> None:
    for number in range(501):
        (folder / f"{number}.png").touch()
    with pytest.raises(StoryboardProblem, match="at most 500"):
        shots_from_folder(session=session, settings=studio, folder=folder)


def test_numbers_within_names_count_as_numbers() -> None:
    names = ["b1", "a10", "a9", "A1", "２", "10", "a9b2", "a9b10"]
    assert sorted(names, key=natural) == ["２", "10", "A1", "a9", "a9b2", "a9b10", "a10", "b1"]
