"""A database that is lost, damaged or away: refused in one sentence that says what to do, with a copy from before."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlmodel import select

from projects.database.copies import BACKUPS_KEPT
from projects.database.faults import backups_of, database_unusable
from projects.database.opening import MIGRATIONS, make_engine, open_database, session_for
from projects.database.tables import Project
from projects.errors import DatabaseUnusable
from projects.failures import DISK_FULL, message_for
from projects.settings import CHECKOUT, StudioSettings
from projects.storyboard.projects import create_project

EXAMPLE = CHECKOUT / "examples" / "lighthouse" / "storyboard.toml"


def empty(file: Path) -> None:
    file.write_bytes(b"")


def overwrite(file: Path) -> None:
    file.write_bytes(b"no database at all " * 500)


def tear(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


def lose(file: Path) -> None:
    file.unlink()


def of_the_first_version(studio: StudioSettings, name: str = "Old") -> None:
    """A database as the first version made it, with one project."""
    studio.make_folders()
    for path in studio.home.glob("studio.db*"):
        path.unlink()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = make_engine(studio.database_url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO project (id, name, checkpoint, negative_prompt, teacache, created_at, updated_at) "
            "VALUES ('p', ?, 'draft', '', 0.15, '2026-01-01', '2026-01-01')",
            (name,),
        )
    engine.dispose()


def test_a_copy_is_kept_before_a_database_is_changed_for_a_newer_version(studio: StudioSettings) -> None:
    of_the_first_version(studio)
    open_database(studio).dispose()

    (copy,) = backups_of(studio)
    with sqlite3.connect(copy) as kept:
        assert kept.execute("SELECT name FROM project").fetchall() == [("Old",)]
        assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    assert copy.parent == studio.home / "backups"


def test_no_copy_is_made_of_what_need_not_change(studio: StudioSettings) -> None:
    for _ in range(2):
        open_database(studio).dispose()

    assert backups_of(studio) == []
    assert not studio.backups_dir.exists()


def test_only_the_newest_copies_are_kept(studio: StudioSettings) -> None:
    studio.backups_dir.mkdir(parents=True)
    for number in range(BACKUPS_KEPT + 2):  # named as earlier versions named them
        (studio.backups_dir / f"studio-000{number}-20260101-000000.db").write_bytes(b"")
    of_the_first_version(studio)
    open_database(studio).dispose()

    kept = backups_of(studio)
    assert len(kept) == BACKUPS_KEPT
    assert kept[-1].name.startswith("studio-before-00")
    assert kept[-1].stat().st_size > 0


def test_a_copy_put_in_the_place_of_the_database_is_the_studio_as_it_was(studio: StudioSettings) -> None:
    of_the_first_version(studio)
    open_database(studio).dispose()
    empty(studio.database_file)
    with pytest.raises(DatabaseUnusable) as refused:
        open_database(studio)
    named = re.search(r"is at (.*\.db): ", str(refused.value))
    assert named is not None
    for path in studio.home.glob("studio.db*"):
        path.unlink()
    Path(named[1]).rename(studio.database_file)

    with session_for(open_database(studio)) as session:
        assert [project.name for project in session.exec(select(Project)).all()] == ["Old"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (empty, r"its file is empty \(0 bytes\)"),
        (overwrite, "its file is not a database"),
        (tear, "its file is damaged"),
        (lose, "its file is no longer there"),
    ],
)
def test_a_lost_database_is_refused_with_where_its_copy_is(
    studio: StudioSettings, spoil: Callable[[Path], None], told: str
) -> None:
    of_the_first_version(studio)
    open_database(studio).dispose()
    spoil(studio.database_file)
    for path in studio.home.glob("studio.db-*"):
        path.unlink()
    left = studio.database_file.read_bytes() if studio.database_file.exists() else None

    with pytest.raises(DatabaseUnusable, match=told) as refused:
        open_database(studio)

    assert str(backups_of(studio)[0]) in str(refused.value)
    assert left == (studio.database_file.read_bytes() if studio.database_file.exists() else None)


def test_an_empty_file_without_a_copy_is_refused_too(studio: StudioSettings) -> None:
    studio.make_folders()
    empty(studio.database_file)

    with pytest.raises(DatabaseUnusable, match=r"There is no copy of it in .*backups"):
        open_database(studio)


def test_a_first_start_that_was_killed_can_be_made_again(studio: StudioSettings) -> None:
    studio.make_folders()
    (studio.home / ".studio.db.new").write_bytes(b"half")

    with session_for(open_database(studio)) as session:
        create_project(session=session, name="New")


@pytest.mark.parametrize("arguments", ["worker --device cpu", f"render {EXAMPLE} -o a.mp4"])
def test_a_command_says_it_in_one_line_and_exits_with_2(studio: StudioSettings, arguments: str) -> None:
    studio.make_folders()
    empty(studio.database_file)
    environment = os.environ | {"STUDIO_HOME": str(studio.home), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "projects", *arguments.split()]

    ended = subprocess.run(command, cwd=studio.home, env=environment, capture_output=True, text=True, check=False)

    (said,) = ended.stderr.splitlines()
    assert ended.returncode == 2
    assert "its file is empty" in said


def test_a_postgresql_server_that_does_not_answer_is_said_within_seconds(tmp_path: Path) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        url = f"postgresql://someone:secret@127.0.0.1:{mute.getsockname()[1]}/studio"
        silent = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path), "STUDIO_DATABASE_URL": url})
        began = time.monotonic()
        with pytest.raises(DatabaseUnusable, match="the server does not answer") as refused:
            open_database(silent)

    assert time.monotonic() - began < 20
    assert "secret" not in str(refused.value)
    assert "STUDIO_DATABASE_URL" in str(refused.value)


def test_a_postgresql_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    environment = {"STUDIO_HOME": str(tmp_path), "STUDIO_DATABASE_URL": "postgresql://a@127.0.0.1:1/studio"}

    with pytest.raises(DatabaseUnusable, match="the server does not answer"):
        open_database(StudioSettings.from_environment(environment))


def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    environment = {"STUDIO_HOME": str(tmp_path), "STUDIO_DATABASE_URL": f"sqlite:///{tmp_path}/none/studio.db"}

    with pytest.raises(DatabaseUnusable, match=r"cannot be opened .*look at its folder"):
        open_database(StudioSettings.from_environment(environment))


@pytest.mark.parametrize("name", ["SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE"])
def test_a_disk_without_room_is_called_so_whatever_sqlite_calls_it(studio: StudioSettings, name: str) -> None:
    fault = sqlite3.OperationalError("disk I/O error" if "IOERR" in name else "database or disk is full")
    fault.sqlite_errorname = name
    error = sa.exc.OperationalError("INSERT", {}, fault)

    assert message_for(error) == DISK_FULL
    assert "the disk that it is on is full" in str(database_unusable(studio, error))


def test_what_breaks_a_rule_of_the_tables_is_no_fault_of_the_database(studio: StudioSettings) -> None:
    error = sa.exc.IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed"))

    assert database_unusable(studio, error) is None
