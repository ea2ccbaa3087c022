"""A database changed for a newer version: with a copy kept, and as it was before where that fails or is killed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import select

from projects.database import copies, opening
from projects.database.faults import backups_of
from projects.database.opening import MIGRATIONS, open_database, session_for
from projects.database.tables import Project
from projects.errors import DatabaseUnusable
from projects.settings import CHECKOUT, StudioSettings
from projects.storyboard.projects import create_project

Upgrade = Callable[[Path], None]
_MIGRATION = """
import os, signal
from alembic import op

revision, down_revision, branch_labels, depends_on = "9001", {newest!r}, None, None

def upgrade():
    op.execute("UPDATE project SET name = 'Half'")
    op.execute("CREATE TABLE half (id INTEGER)")
    {then}
"""
FAILS = "raise ValueError('this cannot be done')"
FAILS_IN_THE_DATABASE = "op.execute('ALTER TABLE nowhere ADD COLUMN more')"
# What the driver does with a script: it commits what came before, and the script by parts.
COMMITS = "op.get_bind().connection.driver_connection.executescript('CREATE TABLE more (id INTEGER); DROP TABLE take;')"
DIES = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def old(studio: StudioSettings) -> StudioSettings:
    """A studio with one project."""
    engine = open_database(studio)
    with session_for(engine) as session:
        create_project(session=session, name="Old")
        session.commit()
    engine.dispose()
    return studio


def next_version(folder: Path, *then: str) -> Path:
    """The migrations of a newer version, whose last changes something and then does what it is told to."""
    migrations = folder / "migrations"
    shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    newest = opening._revisions()[0]
    written = _MIGRATION.format(newest=newest, then="\n    ".join(then))
    (migrations / "versions" / "9001_more.py").write_text(written, encoding="utf-8")
    return migrations


@pytest.fixture
def upgrade_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upgrade]:
    """Make this process the newer version with those migrations."""

    def become(migrations: Path) -> None:
        monkeypatch.setattr(opening, "MIGRATIONS", migrations)
        opening._revisions.cache_clear()

    yield become
    monkeypatch.undo()
    opening._revisions.cache_clear()


def killed_upgrade(studio: StudioSettings, migrations: Path) -> None:
    """Start the newer version, whose migration kills its own process."""
    program = (
        "import os, pathlib, sys\n"
        "from projects.database import opening\n"
        "from projects.settings import StudioSettings\n"
        "opening.MIGRATIONS = pathlib.Path(sys.argv[1])\n"
        "opening.open_database(StudioSettings.from_environment(os.environ))"
    )
    environment = {**os.environ, "STUDIO_HOME": str(studio.home), "PYTHONPATH": str(CHECKOUT)}
    ended = subprocess.run([sys.executable, "-c", program, str(migrations)], env=environment, check=False)
    assert ended.returncode < 0


def names_in(studio: StudioSettings) -> list[str]:
    engine = open_database(studio)
    with session_for(engine) as session:
        names = [project.name for project in session.exec(select(Project)).all()]
    engine.dispose()
    return names


def tables_of(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_copy_is_named_by_what_it_is_from_before(old: StudioSettings, tmp_path: Path, upgrade_to: Upgrade) -> None:
    upgrade_to(next_version(tmp_path, "pass"))
    open_database(old).dispose()

    (copy,) = backups_of(old)
    assert copy.name == "studio-before-9001.db"
    assert "half" in tables_of(old.database_file)
    assert "half" not in tables_of(copy)
    assert not old.migration_mark.exists()


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ([FAILS], r"\(this cannot be done\), and is as it was before"),
        ([FAILS_IN_THE_DATABASE], r"no such table: nowhere\), and is as it was before"),
        ([COMMITS, FAILS], r"\(this cannot be done\), and was put back from the copy"),
    ],
)
def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was_and_says_where_its_copy_is(
    old: StudioSettings,
    tmp_path: Path,
    upgrade_to: Upgrade,
    then: list[str],
    said: str,
) -> None:
    before = tables_of(old.database_file)
    upgrade_to(next_version(tmp_path, *then))
    for _ in range(2):  # and again when it is started again
        with pytest.raises(DatabaseUnusable, match=said) as refused:
            open_database(old)
        assert str(old.backups_dir / "studio-before-9001.db") in str(refused.value)
    assert len(backups_of(old)) == 1

    upgrade_to(MIGRATIONS)
    assert names_in(old) == ["Old"]
    assert tables_of(old.database_file) == before
    assert not old.migration_mark.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
@pytest.mark.parametrize(("then", "harmed"), [([DIES], False), ([COMMITS, DIES], True)])
def test_a_migration_that_is_killed_half_way_leaves_the_database_as_it_was(
    old: StudioSettings, tmp_path: Path, then: list[str], harmed: bool
) -> None:
    before = tables_of(old.database_file)
    killed_upgrade(old, next_version(tmp_path, *then))

    assert names_in(old) == ["Old"]
    assert tables_of(old.database_file) == before
    assert not old.migration_mark.exists()
    aside = old.database_file.with_name("studio.db.harmed")
    assert aside.exists() is harmed
    assert not harmed or "more" in tables_of(aside)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_what_was_made_with_the_version_from_before_after_a_kill_is_kept(
    old: StudioSettings,
    tmp_path: Path,
    upgrade_to: Upgrade,
) -> None:
    migrations = next_version(tmp_path, DIES)
    killed_upgrade(old, migrations)
    with closing(sqlite3.connect(old.database_file)) as version_from_before:
        version_from_before.execute("UPDATE project SET name = 'Went on'")
        version_from_before.commit()
    shutil.rmtree(migrations)
    upgrade_to(next_version(tmp_path, "op.execute(\"UPDATE project SET name = name || '!'\")"))

    assert names_in(old) == ["Half!"]
    upgrade_to(MIGRATIONS)
    with closing(sqlite3.connect(backups_of(old)[-1])) as copy:
        assert copy.execute("SELECT name FROM project").fetchall() == [("Went on",)]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_copy_is_put_back_where_the_process_was_killed_between_two_names(old: StudioSettings, tmp_path: Path) -> None:
    killed_upgrade(old, next_version(tmp_path, COMMITS, DIES))
    old.database_file.rename(old.database_file.with_name("studio.db.harmed"))

    assert names_in(old) == ["Old"]


def test_a_database_is_not_changed_where_there_is_no_room_for_a_copy(
    old: StudioSettings,
    tmp_path: Path,
    upgrade_to: Upgrade,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upgrade_to(next_version(tmp_path, "pass"))
    monkeypatch.setattr(copies, "SPARE_BYTES", 2**62)

    with pytest.raises(
        DatabaseUnusable, match=r"a copy is kept before it is changed .* MB must be free in .*Free some"
    ):
        open_database(old)

    assert backups_of(old) == []
    assert "half" not in tables_of(old.database_file)


def test_a_database_is_not_changed_where_no_copy_can_be_made(
    old: StudioSettings,
    tmp_path: Path,
    upgrade_to: Upgrade,
) -> None:
    upgrade_to(next_version(tmp_path, "pass"))
    old.backups_dir.write_text("a file in the way")

    with pytest.raises(DatabaseUnusable, match=r"none can be made in .*backups .*File exists"):
        open_database(old)

    assert "half" not in tables_of(old.database_file)
