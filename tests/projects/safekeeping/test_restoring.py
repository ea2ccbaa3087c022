"""A studio comes back whole from a backup that is whole, and from no other; and never half."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from filelock import FileLock

from framepack.store.section_store import SectionStore
from projects.database.opening import open_database, session_for
from projects.errors import BackupProblem, DatabaseUnusable
from projects.safekeeping import backing_up, restoring
from projects.safekeeping.listing import LISTING
from projects.serving.record import ProcessMark, Server, keep
from projects.settings import StudioSettings
from projects.storyboard.reading import list_projects
from tests.support.damage import cut_short, flip_bytes, remove
from tests.support.saved_homes import KEY, SavedHome, files_of, unwatched


def refusal(home: SavedHome) -> str:
    with pytest.raises(BackupProblem) as refused:
        home.restore()
    return str(refused.value)


def edit_list(home: SavedHome, change: Callable[[dict[str, Any]], None]) -> None:
    listed = json.loads((home.folder / LISTING).read_bytes())
    change(listed)
    (home.folder / LISTING).write_text(json.dumps(listed), encoding="utf-8")


def kept(home: SavedHome, path: Path) -> Path:
    """The file of the backup that has the bytes of one in the home."""
    place = path.relative_to(home.settings.home).as_posix()
    listed = json.loads((home.folder / LISTING).read_bytes())["files"]
    (sum,) = [str(one["sha256"]) for one in listed if one["path"] == place]
    return home.folder / "files" / sum[:2] / sum


def test_everything_comes_back_and_the_studio_opens(home: SavedHome) -> None:
    home.save()
    done = home.restore()
    before = files_of(home.settings.home)
    del before["takes/.half.part"]
    assert files_of(home.elsewhere.home) == before
    assert done.files == len(before)
    assert SectionStore(home.elsewhere.sections_dir).has(KEY)
    with session_for(open_database(home.elsewhere)) as session:
        assert [one.project.name for one in list_projects(session=session)] == ["The lighthouse"]
    assert not (home.elsewhere.home / "door").exists()
    assert not home.elsewhere.restore_mark.exists()


def test_a_studio_that_was_put_back_goes_on_with_the_same_backup(home: SavedHome) -> None:
    home.save()
    home.restore()
    home.settings = home.elsewhere
    assert home.save().copied_files == 0


@pytest.mark.parametrize("damage", [flip_bytes, cut_short, remove])
def test_a_damaged_backup_is_refused_with_the_names_and_nothing_is_written(
    home: SavedHome, damage: Callable[[Path], None]
) -> None:
    home.save()
    damage(kept(home, home.take))
    said = refusal(home)
    assert "1 of its files are missing or changed" in said
    assert f"takes/{home.take.name}" in said
    assert not home.elsewhere.home.exists()


@pytest.mark.skipif(os.name == "nt", reason="links are otherwise there")
def test_links_in_a_backup_are_not_followed(home: SavedHome, tmp_path: Path) -> None:
    home.save()
    file = kept(home, home.take)
    file.rename(tmp_path / "moved")
    file.symlink_to(tmp_path / "moved")
    assert "1 of its files are missing or changed" in refusal(home)


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../outside", "media/../../outside", "media/../door/password.json", "door/password.json"),
        *(
            "studio.db",
            "media",
            "media/",
            "media//a",
            "media/./a",
            "takes\\..\\..\\a",
            "C:/a",
            "takes/C:a",
            "takes/nul",
        ),
        *("takes/.hidden", "takes/a\n", "takes/a.", "takes/" + "a" * 300, "sections/a/b/c/d/e", ""),
    ],
)
def test_a_list_that_leads_elsewhere_is_refused(home: SavedHome, path: str) -> None:
    home.save()
    edit_list(home, lambda listed: listed["files"][0].update(path=path))
    assert "nothing of it is used" in refusal(home)
    assert not home.elsewhere.home.exists()


def test_a_name_that_comes_twice_is_refused(home: SavedHome) -> None:
    home.save()
    edit_list(home, lambda listed: listed["files"].append(listed["files"][0]))
    assert "names a file twice" in refusal(home)
    edit_list(home, lambda listed: listed["files"][-1].update(path=listed["files"][0]["path"].upper().lower()))
    assert "names a file twice" in refusal(home)


@pytest.mark.parametrize(
    "change",
    [
        lambda listed: listed.pop("studio"),
        lambda listed: listed.update(more=1),
        lambda listed: listed["files"][0].update(sha256="../../../../etc/passwd"),
        lambda listed: listed["files"][0].update(size=-1),
        lambda listed: listed["files"][0].update(size="12"),
        lambda listed: listed.update(kind="a shopping list"),
    ],
)
def test_a_list_that_is_not_as_the_studio_writes_it_is_refused(
    home: SavedHome, change: Callable[[dict[str, Any]], None]
) -> None:
    home.save()
    edit_list(home, change)
    assert "(backup.json) is damaged" in refusal(home)


@pytest.mark.parametrize("written", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_a_list_that_is_no_list_is_refused(home: SavedHome, written: bytes) -> None:
    home.save()
    (home.folder / LISTING).write_bytes(written)
    assert "(backup.json) is damaged" in refusal(home)


def test_a_backup_that_was_cut_short_a_newer_one_and_none_are_refused(home: SavedHome) -> None:
    assert "There is no backup in" in refusal(home)
    home.save()
    edit_list(home, lambda listed: listed.update(version=2, later={"words": 1}))
    assert "made by a newer version" in refusal(home)
    edit_list(home, lambda listed: listed.pop("later"))
    edit_list(home, lambda listed: listed.update(version=1, database=None))
    assert "cut short before it was complete" in refusal(home)


def test_a_backup_of_newer_tables_is_refused(home: SavedHome) -> None:
    engine = open_database(home.settings)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    home.save()
    assert "made by a newer version" in refusal(home)


def test_a_home_that_has_a_studio_is_left_alone(home: SavedHome) -> None:
    home.save()
    open_database(home.elsewhere).dispose()
    before = home.elsewhere.database_file.read_bytes()
    assert "There is a studio already" in refusal(home)
    assert home.elsewhere.database_file.read_bytes() == before


def test_a_home_that_a_studio_or_worker_runs_from_is_left_alone(home: SavedHome) -> None:
    home.save()
    home.elsewhere.home.mkdir()
    with FileLock(home.elsewhere.home / "worker-cpu.lock"):
        assert "(worker-cpu.lock is locked)" in refusal(home)
    with FileLock(home.elsewhere.home / "migration.lock"):
        assert "(migration.lock is locked)" in refusal(home)
    mark = ProcessMark.of(psutil.Process().pid)
    keep(home.elsewhere, Server(port=8765, gpus="", keeper=mark, pages=mark))
    assert "A studio runs from" in refusal(home)
    assert not home.elsewhere.database_file.exists()


def test_where_there_is_no_room_it_says_so(home: SavedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home.save()
    monkeypatch.setattr(backing_up, "RESERVE_BYTES", 2**60)
    assert "GB are free; free some space first" in refusal(home)
    assert not home.elsewhere.home.exists()


def test_what_a_server_keeps_is_put_back_by_its_own_programs(home: SavedHome, tmp_path: Path) -> None:
    home.save()
    home.elsewhere = StudioSettings.from_environment(
        {"STUDIO_HOME": str(tmp_path / "elsewhere"), "STUDIO_DATABASE_URL": "postgresql://localhost/studio"}
    )
    assert "psql or pg_restore" in refusal(home)


@pytest.mark.skipif(os.name == "nt", reason="links are otherwise there")
def test_nothing_is_written_through_a_link_in_the_home(home: SavedHome, tmp_path: Path) -> None:
    home.save()
    home.elsewhere.home.mkdir()
    (tmp_path / "outside").mkdir()
    home.elsewhere.takes_dir.symlink_to(tmp_path / "outside")
    assert "is a link, or not what should be there" in refusal(home)
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("killed_at", [0, 1, 5, -1])
def test_one_that_is_cut_short_is_no_studio_and_is_gone_on_with(
    home: SavedHome, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    home.save()

    class Killed(BaseException):
        pass

    put = restoring._copy
    copied: list[Path] = []

    def until_killed(source: Path, path: Path, *rest: Any) -> None:
        if len(copied) == killed_at or (killed_at < 0 and path == home.elsewhere.database_file):
            raise Killed
        copied.append(path)
        put(source, path, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_copy", until_killed)
        with pytest.raises(Killed):
            home.restore()
    assert not home.elsewhere.database_file.exists()
    with pytest.raises(DatabaseUnusable, match="only partly put back from a backup"):
        open_database(home.elsewhere)
    assert not home.elsewhere.database_file.exists()
    home.restore()
    open_database(home.elsewhere).dispose()
    assert files_of(home.elsewhere.home).keys() == files_of(home.settings.home).keys() - {"takes/.half.part"}


def test_a_file_that_changes_after_the_check_is_not_put_back(home: SavedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home.save()
    whole = restoring._whole

    def then_damaged(*given: Any) -> Any:
        found = whole(*given)
        flip_bytes(kept(home, home.take))
        return found

    monkeypatch.setattr(restoring, "_whole", then_damaged)
    assert "changed just now" in refusal(home)
    assert not (home.elsewhere.takes_dir / home.take.name).exists()
    assert home.elsewhere.restore_mark.exists()


def test_a_check_reads_all_of_it_and_writes_nothing(home: SavedHome) -> None:
    home.save()
    checked = restoring.check_backup(home.elsewhere, home.folder, watching=unwatched)
    assert checked.files == len(files_of(home.settings.home)) - 1
    assert not home.elsewhere.home.exists()
