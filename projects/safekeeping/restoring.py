"""Puts a studio back from a backup, into a home that has none. Everything is checked first.

A mark stands in the home from before the first file until after the last one, which is the database. A studio does not
start where it stands, so one that was cut short is no half studio; the same command goes on with it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from framepack.files.atomic import in_place, sync
from framepack.files.manifest import FileFacts
from framepack.messages import Message
from projects.database.opening import is_newer
from projects.errors import BackupProblem
from projects.safekeeping.backing_up import FILES, check_room, keep_studio_id
from projects.safekeeping.database_file import revision_of
from projects.safekeeping.files import BackupFiles, CannotBeRead, Watch, copy_file, facts_of, plain_size
from projects.safekeeping.listing import Entry, Listing, Sum, read_listing
from projects.serving.record import running_servers
from projects.settings import StudioSettings

_NAMED = 3


@dataclass(frozen=True)
class Checked:
    """A backup whose every file is what its list says."""

    files: int
    size: int


def check_backup(settings: StudioSettings, folder: Path, *, watching: Callable[[int], Watch]) -> Checked:
    """Read the whole backup and see whether it could be put back into the home; nothing is written.

    Raises BackupProblem where it cannot.
    """
    _check_home(settings)
    listing, _ = _whole(settings, folder, watching)
    return Checked(len(listing.files), listing.size)


def restore_studio(settings: StudioSettings, folder: Path, *, watching: Callable[[int], Watch]) -> Checked:
    """Put the studio in ``folder`` into the home. Raises BackupProblem, and OSError where the home cannot be written.

    ``watching`` is given the bytes to go through, of the check and of the copy, and returns what is told of each part.
    """
    _check_home(settings)
    listing, database = _whole(settings, folder, watching)
    settings.home.mkdir(parents=True, exist_ok=True)
    with _home_to_itself(settings):
        _check_home(settings)
        with in_place(settings.restore_mark) as aside:
            aside.write_text(str(folder.absolute()), encoding="utf-8")
        files, watch = BackupFiles(folder / FILES), watching(listing.size)
        for entry in listing.files:
            _put(settings.home, entry, files, watch)
        keep_studio_id(settings, listing.studio)
        settings.database_file.parent.mkdir(parents=True, exist_ok=True)
        _copy(files.path(database.sha256), settings.database_file, database, watch)
        settings.restore_mark.unlink()
        sync(settings.home)
    return Checked(len(listing.files), listing.size)


def _check_home(settings: StudioSettings) -> None:
    if not settings.uses_sqlite:
        raise BackupProblem(Message("restore-postgresql"))
    for server in running_servers(settings):
        raise BackupProblem(Message("restore-while-running", {"home": str(settings.home), "url": server.url}))
    if settings.restore_mark.exists():
        return
    queue = Path(sa.make_url(settings.queue_database_url).database or "")
    for file in (settings.database_file, queue):
        for one in (file, file.with_name(f"{file.name}-wal")):
            if os.path.lexists(one):
                raise BackupProblem(Message("restore-into-studio", {"file": str(one)}))


def _whole(settings: StudioSettings, folder: Path, watching: Callable[[int], Watch]) -> tuple[Listing, Sum]:
    """The list of a backup all of which is there and as it says, and for which there is room; and its database."""
    listing = read_listing(folder)
    if listing.database is None:
        raise BackupProblem(Message("backup-unfinished", {"folder": str(folder)}))
    needed = sum(one.size for one in listing.files if plain_size(settings.home / one.path) != one.size)
    check_room(settings.home, needed + listing.database.size)
    files, watch = BackupFiles(folder / FILES), watching(listing.size)
    whole: dict[str, bool] = {}
    wrong = []
    for path, one in [("studio.db", listing.database), *((entry.path, entry) for entry in listing.files)]:
        if one.sha256 not in whole:
            whole[one.sha256] = _is(files.path(one.sha256), one, watch)
        if not whole[one.sha256]:
            wrong.append(path)
    if wrong:
        named = ", ".join(wrong[:_NAMED])
        raise BackupProblem(Message("backup-damaged", {"folder": str(folder), "count": len(wrong), "names": named}))
    revision = revision_of(files.path(listing.database.sha256))
    if is_newer(revision):
        raise BackupProblem(Message("backup-too-new", {"folder": str(folder)}))
    return listing, listing.database


def _is(path: Path, expected: Sum, watch: Watch) -> bool:
    if plain_size(path) != expected.size:
        return False
    try:
        return facts_of(path, watch) == FileFacts(expected.size, expected.sha256)
    except (CannotBeRead, FileNotFoundError):
        return False


def _put(home: Path, entry: Entry, files: BackupFiles, watch: Watch) -> None:
    """Put one file in its place, where it is not there already."""
    *folders, name = entry.path.split("/")
    folder = home
    for one in folders:
        folder /= one
        if not os.path.lexists(folder):
            folder.mkdir()
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise BackupProblem(Message("restore-no-folder", {"folder": str(folder)}))
    path = folder / name
    if _is(path, entry, watch):
        return
    if os.path.lexists(path) and plain_size(path) is None:
        raise BackupProblem(Message("restore-no-folder", {"folder": str(path)}))
    _copy(files.path(entry.sha256), path, entry, watch)
    # Older than it would be otherwise: so the next backup knows it again.
    os.utime(path, ns=(entry.changed, entry.changed))


def _copy(source: Path, path: Path, expected: Sum, watch: Watch) -> None:
    with in_place(path) as aside:
        try:
            facts = copy_file(source, aside, watch)
        except (CannotBeRead, FileNotFoundError):
            facts = None
        if facts != FileFacts(expected.size, expected.sha256):
            raise BackupProblem(Message("backup-changed", {"name": path.name}))


@contextmanager
def _home_to_itself(settings: StudioSettings) -> Iterator[None]:
    """Hold what workers and servers of the home hold while they are. Raises BackupProblem where one is."""
    held = [*settings.home.glob("worker-*.lock"), *settings.servers_dir.glob("*.lock")]
    with ExitStack() as stack:
        for path in (*held, settings.home / "migration.lock"):
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise BackupProblem(
                    Message("restore-while-held", {"home": str(settings.home), "file": path.name})
                ) from None
            stack.callback(lock.release)
        yield
