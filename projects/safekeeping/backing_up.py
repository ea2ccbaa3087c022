"""Saves a studio to a folder, while it may be running: the database first, then every file that it may name.

What is in the folder already is not copied again. The list is put in its place last, so a backup that is cut short
leaves the earlier one as it was.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from framepack.files.atomic import in_place, sync
from framepack.messages import Message
from projects.errors import BackupProblem
from projects.safekeeping.contents import Contents, Found, Unit, contents_of
from projects.safekeeping.database_file import copy_database
from projects.safekeeping.files import BackupFiles, CannotBeRead, Watch, facts_of
from projects.safekeeping.listing import LISTING, MADE_AGAIN, Entry, Listing, Sum, read_listing, write_listing
from projects.settings import StudioSettings

FILES, LOCK = "files", "backup.lock"
# So much stays free, so that what else is written there can be.
RESERVE_BYTES = 64 * 2**20
# The file in the home that says which studio it is, whatever its folder is called by now.
STUDIO_ID = "studio-id"


@dataclass(frozen=True)
class Damaged:
    """What could not be saved as it is, and why; ``earlier``: a whole copy of it from before stays in the backup."""

    name: str
    reason: Message
    earlier: bool


@dataclass
class Report:
    """What a backup holds, how much of it was, or is to be, copied now, and what is the matter with the rest.

    ``files`` are counted without the database; the sizes have it, for it is copied each time.
    """

    files: int = 0
    size: int = 0
    copied_files: int = 0
    copied_size: int = 0
    damaged: list[Damaged] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def foresee(settings: StudioSettings, folder: Path, *, sections: bool) -> Report:
    """What ``save_studio`` would do; nothing is written. Raises BackupProblem as it does."""
    earlier = _checked(settings, folder)
    found, keeper = contents_of(settings, sections=sections), _Keeper(folder, earlier)
    report = Report(left_out=found.left_out)
    for unit in found.units:
        if unit.fault is not None:
            report.damaged.append(Damaged(unit.name, unit.fault, keeper.earlier(unit) is not None))
            continue
        missing = [file.size for file in unit.files if keeper.known(file) is None]
        report.files += len(unit.files)
        report.size += sum(file.size for file in unit.files)
        report.copied_files += len(missing)
        report.copied_size += sum(missing)
    database = settings.database_file.stat().st_size
    report.size += database
    report.copied_size += database
    check_room(folder, report.copied_size)
    return report


def save_studio(settings: StudioSettings, folder: Path, *, sections: bool, watching: Callable[[int], Watch]) -> Report:
    """Save the studio to ``folder``; ``watching`` is given the bytes to copy and returns what is told of each part.

    Without ``sections``, those that an earlier backup had there stay. Raises BackupProblem, and OSError where
    ``folder`` cannot be written.
    """
    watch = watching(foresee(settings, folder, sections=sections).copied_size)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        earlier = _checked(settings, folder)
        studio = _studio_id(settings)
        if earlier is None:
            write_listing(folder, Listing(studio=studio))
        keeper = _Keeper(folder, earlier)
        # First: whatever it names was there before, and what is made meanwhile belongs to nothing.
        database = keeper.take_database(settings, watch)
        found = contents_of(settings, sections=sections)
        entries, report = _take_all(found, keeper, watch)
        if earlier is not None and not sections:
            entries += [one for one in earlier.files if one.path.split("/")[0] in MADE_AGAIN]
        listing = Listing(studio=studio, database=database, files=entries)
        write_listing(folder, listing)
        keeper.files.remove_others({database.sha256, *(one.sha256 for one in entries)})
    report.files, report.size = len(entries), listing.size
    report.copied_size += database.size
    return report


def _take_all(found: Contents, keeper: _Keeper, watch: Watch) -> tuple[list[Entry], Report]:
    report = Report(left_out=found.left_out)
    entries: list[Entry] = []
    for unit in found.units:
        try:
            entries += keeper.take(unit, report, watch)
        except FileNotFoundError:
            continue  # the studio has just thrown it away
        except _NotWhole as fault:
            earlier = keeper.earlier(unit)
            entries += earlier or []
            report.damaged.append(Damaged(unit.name, fault.message, earlier is not None))
    return entries, report


class _NotWhole(BackupProblem):
    """A unit is not what it should be."""


class _Keeper:
    """Takes files into a backup, and knows which are there."""

    def __init__(self, folder: Path, earlier: Listing | None) -> None:
        self.files = BackupFiles(folder / FILES)
        self._earlier = {entry.path: entry for entry in earlier.files} if earlier is not None else {}

    def known(self, file: Found) -> str | None:
        """The sum under which ``file`` is there already; one that is as long and as old as before is the same."""
        before = self._earlier.get(file.path)
        same = before is not None and (before.size, before.changed) == (file.size, file.changed)
        sum = file.expected or (before.sha256 if before is not None and same else None)
        return sum if sum is not None and self.files.has(sum, file.size) else None

    def earlier(self, unit: Unit) -> list[Entry] | None:
        """What the earlier backup has of a unit, where it has all of it."""
        entries = [self._earlier.get(file.path) for file in unit.files]
        whole = [one for one in entries if one is not None and self.files.has(one.sha256, one.size)]
        return whole if len(whole) == len(unit.files) else None

    def take(self, unit: Unit, report: Report, watch: Watch) -> list[Entry]:
        """All files of a unit. Raises _NotWhole, and FileNotFoundError where it is gone."""
        if unit.fault is not None:
            raise _NotWhole(unit.fault)
        return [self._take(file, report, watch) for file in unit.files]

    def _take(self, file: Found, report: Report, watch: Watch) -> Entry:
        sum = self.known(file)
        if sum is not None:
            return Entry(path=file.path, size=file.size, sha256=sum, changed=max(0, file.changed))
        try:
            facts = self.files.take(file.source, file.expected, watch)
        except CannotBeRead as fault:
            raise _NotWhole(fault.message) from fault
        if facts is None:
            raise _NotWhole(Message("file-changed", {"name": file.source.name}))
        report.copied_files += 1
        report.copied_size += facts.size
        return Entry(path=file.path, size=facts.size, sha256=facts.sha256, changed=max(0, file.changed))

    def take_database(self, settings: StudioSettings, watch: Watch) -> Sum:
        """The database as it is now."""
        with self.files.aside() as aside:
            copy_database(settings.database_file, aside)
            sync(aside)
            facts = facts_of(aside, watch)
            self.files.keep(aside, facts)
        return Sum(size=facts.size, sha256=facts.sha256)


def _checked(settings: StudioSettings, folder: Path) -> Listing | None:
    """What ``folder`` has of an earlier backup. Raises BackupProblem where nothing can be saved, or not there."""
    if not settings.uses_sqlite:
        raise BackupProblem(Message("backup-postgresql", {"home": str(settings.home)}))
    if settings.restore_mark.exists():
        raise BackupProblem(Message("backup-restoring", {"home": str(settings.home)}))
    file = settings.database_file
    if not file.is_file() or file.stat().st_size == 0:
        raise BackupProblem(Message("backup-no-studio", {"home": str(settings.home)}))
    inside = folder.resolve()
    if inside.is_relative_to(settings.home.resolve()):
        raise BackupProblem(Message("backup-inside", {"folder": str(folder), "home": str(settings.home)}))
    if not folder.exists():
        return None
    if not folder.is_dir():
        raise BackupProblem(Message("backup-no-folder", {"folder": str(folder)}))
    if not (folder / LISTING).exists():
        if any(one.name != LOCK for one in folder.iterdir()):
            raise BackupProblem(Message("backup-not-empty", {"folder": str(folder)}))
        return None
    listing = read_listing(folder)
    if listing.studio != _known_id(settings):
        raise BackupProblem(Message("backup-of-another", {"folder": str(folder)}))
    return listing


def check_room(folder: Path, needed: int) -> None:
    """Raise BackupProblem unless there is room for ``needed`` bytes where ``folder`` is, or would be."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    if needed + RESERVE_BYTES > free:
        raise BackupProblem(
            Message("backup-no-room", {"folder": str(folder), "needed": needed / 10**9, "free": free / 10**9})
        )


def _known_id(settings: StudioSettings) -> str | None:
    try:
        return (settings.home / STUDIO_ID).read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return None


def _studio_id(settings: StudioSettings) -> str:
    """What tells this studio from others; made with its first backup, and goes with it wherever it is put back."""
    known = _known_id(settings)
    if known is not None:
        return known
    keep_studio_id(settings, made := uuid.uuid4().hex)
    return made


def keep_studio_id(settings: StudioSettings, id: str) -> None:
    """Write down which studio is in the home."""
    with in_place(settings.home / STUDIO_ID) as aside:
        aside.write_text(id, encoding="ascii")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BackupProblem(Message("backup-under-way", {"folder": str(folder)})) from None
    try:
        yield
    finally:
        lock.release()
