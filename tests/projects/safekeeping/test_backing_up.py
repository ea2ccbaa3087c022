"""A backup has all that people gave or that was rendered, as it was at one moment, and says what it has not."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from projects.database.opening import open_database, session_for
from projects.errors import BackupProblem
from projects.safekeeping import backing_up
from projects.safekeeping.backing_up import foresee, save_studio
from projects.safekeeping.listing import LISTING, read_listing
from projects.settings import StudioSettings
from projects.storyboard.projects import create_project
from projects.storyboard.reading import list_projects
from tests.support.damage import cut_short, flip_bytes
from tests.support.saved_homes import KEY, TAKE, SavedHome, files_of, unwatched, write_take


def paths(home: SavedHome) -> set[str]:
    return {entry.path for entry in read_listing(home.folder).files}


def test_it_has_every_file_that_was_given_or_rendered_and_nothing_else(home: SavedHome) -> None:
    report = home.save()
    assert paths(home) == set(files_of(home.settings.home)) - {"takes/.half.part"}
    assert (report.damaged, report.left_out) == ([], [])
    assert report.files == len(paths(home))
    whole = b"".join(path.read_bytes() for path in home.folder.rglob("*") if path.is_file())
    assert b"a hash" not in whole
    assert b"a log" not in whole


def test_a_second_one_copies_only_what_is_new(home: SavedHome) -> None:
    home.save()
    write_take(home.settings.takes_dir / f"{'3' * 32}.mp4", b"another take")
    report = home.save()
    assert report.copied_files == 2
    assert f"takes/{'3' * 32}.mp4" in paths(home)


def test_what_is_no_longer_in_the_studio_goes_from_the_backup(home: SavedHome) -> None:
    home.save()
    home.take.unlink()
    home.take.with_name(f"{TAKE}.mp4.json").unlink()
    home.save()
    assert f"takes/{TAKE}.mp4" not in paths(home)
    listing = read_listing(home.folder)
    assert listing.database is not None
    needed = {listing.database.sha256, *(entry.sha256 for entry in listing.files)}
    assert {path.name for path in (home.folder / "files").rglob("*") if path.is_file()} == needed


def test_the_database_is_whole_though_somebody_is_writing_to_it(home: SavedHome) -> None:
    engine = open_database(home.settings)
    with session_for(engine) as session:
        create_project(session=session, name="Saved")
        session.commit()
        create_project(session=session, name="Not committed")
        session.flush()
        home.save()
    engine.dispose()
    home.restore()
    with session_for(open_database(home.elsewhere)) as session:
        assert {one.project.name for one in list_projects(session=session)} == {"The lighthouse", "Saved"}


def test_without_sections_takes_and_films_are_saved_and_earlier_sections_stay(home: SavedHome) -> None:
    home.save(sections=False)
    assert f"takes/{TAKE}.mp4" in paths(home)
    assert not [path for path in paths(home) if path.startswith("sections/")]
    home.save()
    home.save(sections=False)
    assert f"sections/ab/{KEY}/latents.safetensors" in paths(home)


@pytest.mark.parametrize("damage", [flip_bytes, cut_short])
def test_a_damaged_file_is_named_and_not_saved(home: SavedHome, damage: Callable[[Path], None]) -> None:
    damage(home.take)
    damage(home.section / "latents.safetensors")
    report = home.save()
    assert [(one.name, one.earlier) for one in report.damaged] == [
        (f"takes/{TAKE}.mp4", False),
        (f"sections/ab/{KEY}", False),
    ]
    assert not [path for path in paths(home) if TAKE in path or KEY in path]


def test_the_whole_copy_from_before_stays_where_a_file_was_damaged_since(home: SavedHome) -> None:
    home.save()
    before = home.take.read_bytes()
    cut_short(home.take)
    (damaged,) = home.save().damaged
    assert damaged.earlier
    home.restore()
    assert (home.elsewhere.takes_dir / home.take.name).read_bytes() == before


def test_a_picture_that_is_not_what_its_name_says_is_named(home: SavedHome) -> None:
    (picture,) = [path for path in home.settings.media_dir.rglob("*") if path.is_file()]
    flip_bytes(picture)
    assert [one.name for one in home.save().damaged] == [f"media/{picture.name[:2]}/{picture.name}"]


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are otherwise there")
def test_links_and_pipes_are_named_and_not_followed(home: SavedHome, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"of somebody else")
    (home.settings.enlargers_dir / "link.pth").symlink_to(secret)
    os.mkfifo(home.settings.enlargers_dir / "pipe.pth")
    shutil.move(home.settings.films_dir, tmp_path / "films")
    home.settings.films_dir.symlink_to(tmp_path / "films")
    report = home.save()
    assert report.left_out == ["enlargers/link.pth", "enlargers/pipe.pth", "films"]
    assert not [path for path in paths(home) if path.startswith("films") or path.endswith(("link.pth", "pipe.pth"))]


def test_what_would_be_done_is_said_without_writing_anything(home: SavedHome) -> None:
    report = foresee(home.settings, home.folder, sections=True)
    assert not home.folder.exists()
    assert report.copied_files == report.files == home.save().copied_files
    assert foresee(home.settings, home.folder, sections=True).copied_files == 0


def refusal(home: SavedHome, folder: Path | None = None) -> str:
    with pytest.raises(BackupProblem) as refused:
        save_studio(home.settings, folder or home.folder, sections=True, watching=unwatched)
    return str(refused.value)


def test_folders_that_would_not_do_are_refused(home: SavedHome, tmp_path: Path) -> None:
    assert "lies within the studio's own folder" in refusal(home, home.settings.home / "backup")
    (tmp_path / "link").symlink_to(home.settings.home)
    assert "lies within the studio's own folder" in refusal(home, tmp_path / "link" / "backup")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"a cat")
    assert "holds other files and no backup" in refusal(home, tmp_path / "photos")
    assert "is no folder" in refusal(home, tmp_path / "photos" / "cat.jpg")
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.jpg"]


def test_the_backup_of_another_studio_is_not_written_over(home: SavedHome, tmp_path: Path) -> None:
    home.save()
    other = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "other")})
    open_database(other).dispose()
    with pytest.raises(BackupProblem, match="holds the backup of another studio"):
        save_studio(other, home.folder, sections=True, watching=unwatched)


def test_where_there_is_no_room_it_says_how_much_it_needs(home: SavedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backing_up, "RESERVE_BYTES", 2**60)
    assert "GB are free; free some space first" in refusal(home)
    assert not home.folder.exists()


def test_no_studio_and_one_whose_database_is_on_a_server_are_refused(home: SavedHome, tmp_path: Path) -> None:
    with pytest.raises(BackupProblem, match="There is no studio in"):
        save_studio(home.elsewhere, home.folder, sections=True, watching=unwatched)
    assert not home.elsewhere.home.exists()
    server = StudioSettings.from_environment(
        {"STUDIO_HOME": str(tmp_path / "studio"), "STUDIO_DATABASE_URL": "postgresql://localhost/studio"}
    )
    with pytest.raises(BackupProblem, match="save it with pg_dump"):
        save_studio(server, home.folder, sections=True, watching=unwatched)


def test_a_damaged_database_is_named_and_the_earlier_backup_stays(home: SavedHome) -> None:
    home.save()
    before = (home.folder / LISTING).read_bytes()
    flip_bytes(home.settings.database_file, at=0.0)
    assert "cannot be used" in refusal(home)
    assert (home.folder / LISTING).read_bytes() == before


def test_one_that_is_cut_short_leaves_the_earlier_one_good(home: SavedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home.save()
    home.add_project("Later")
    write_take(home.settings.takes_dir / f"{'3' * 32}.mp4", b"another take")

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(backing_up, "_take_all", killed)
        with pytest.raises(Killed):
            home.save()
    home.restore()
    with sqlite3.connect(home.elsewhere.database_file) as database:
        assert database.execute("SELECT name FROM project").fetchall() == [("The lighthouse",)]
