"""What lies on the disk and is not needed any more, with its size; it removes nothing.

A file that nothing refers to yet may be about to be: it counts when it is an hour old. Only files that the studio
named itself are looked at.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from sqlmodel import Session

from framepack.messages import Message, joined
from projects.database.copies import BACKUPS_KEPT, harmed_file
from projects.database.faults import backups_of
from projects.queue.deliveries import ENDINGS
from projects.settings import StudioSettings
from projects.storage.places import CAPTIONS_ENDING
from projects.upkeep.needed import Kind, Rows, all_rows, needed_by

KINDS: tuple[Kind, ...] = get_args(Kind)
# The messages that name them.
NAMES: dict[Kind, str] = {
    "sections": "kind-sections",
    "conditioning": "kind-conditioning",
    "takes": "kind-takes",
    "films": "kind-films",
    "pieces": "kind-pieces",
    "pictures": "kind-pictures",
    "thumbnails": "kind-thumbnails",
    "previews": "kind-previews",
    "loras": "kind-loras",
    "copies": "kind-copies",
    "damaged": "kind-damaged",
}
SETTLED_SECONDS = 3600.0

_LEFT_OVER = r"\..+\.[0-9a-f]{32}\.part"  # of a writer that was killed
_VIDEO = re.compile(rf"(?P<id>[0-9a-f]{{32}})\.mp4(\.json)?|{_LEFT_OVER}")
_ENDINGS = "|".join(map(re.escape, (*ENDINGS, CAPTIONS_ENDING)))
_FILM = re.compile(rf"(?P<id>[0-9a-f]{{32}})({_ENDINGS})(\.json)?|{_LEFT_OVER}")
# What a film needs while it is made, where its worker was killed over it and nobody made it afterwards.
_SCRATCH = re.compile(r"\.film-(?P<id>[0-9a-f]{32})(-[0-9]+)?")
_ENCODED = re.compile(rf"(?P<id>[0-9a-f]{{64}})\.safetensors(\.json)?|{_LEFT_OVER}")
_PICTURE = re.compile(rf"(?P<id>[0-9a-f]{{64}})|{_LEFT_OVER}")
_THUMBNAIL = re.compile(rf"(?P<id>[0-9a-f]{{64}}|[0-9a-f]{{32}})-[0-9]+\.(webp|wave|beats)(\.json)?|{_LEFT_OVER}")
_PREVIEW = re.compile(rf"(?P<id>[0-9a-f]{{32}})\.webp|{_LEFT_OVER}")
_UNIT = re.compile(r"(?P<id>[0-9a-f]{64})")
_LORA = re.compile(rf"(?P<id>[0-9a-f]{{64}})|{_LEFT_OVER}")
_COPY = re.compile(rf".+\.db|{_LEFT_OVER}(-wal|-shm|-journal)?")
_ANYTHING = re.compile(r".+")


@dataclass(frozen=True)
class Thing:
    """A file, or the folder of a section: ``id`` says what it belongs to, ``changed`` when it was written.

    Where it is not ``is_here`` it is in the store that several computers share, and ``path`` is where it would lie.
    """

    kind: Kind
    id: str
    path: Path
    files: int
    size: int
    changed: float
    is_here: bool = True

    @property
    def settled(self) -> bool:
        """Whether it is so old that whatever refers to it would be in the database. What is damaged stays so."""
        return self.kind == "damaged" or is_old(self.changed)


@dataclass(frozen=True)
class Amount:
    """So many files, and their bytes."""

    files: int
    size: int

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.files + other.files, self.size + other.size)


@dataclass(frozen=True)
class Survey:
    """How much of the studio's folder is needed.

    ``needless`` is what is not, by kind. ``deleted`` is what only the deleted projects (``projects``, their names), the
    ``shots`` deleted singly and the ``takes``, ``films`` and ``loras`` put away still need: without it they cannot be
    brought back.
    """

    on_disk: int
    needless: dict[Kind, Amount]
    deleted: Amount
    projects: tuple[str, ...]
    shots: int
    takes: int
    films: int
    loras: int

    @property
    def all_needless(self) -> Amount:
        """All kinds together."""
        return sum(self.needless.values(), Amount(0, 0))

    @property
    def has_deleted(self) -> bool:
        """Whether there is anything deleted that could be removed for good."""
        return bool(self.projects or self.shots or self.takes or self.films or self.loras)

    @property
    def said_of_deleted(self) -> Message:
        """What is deleted, where there is anything."""
        said = []
        if self.projects:
            said.append(Message("deleted-projects", {"names": ", ".join(f"“{name}”" for name in self.projects)}))
        if self.shots:
            said.append(Message("deleted-shots", {"count": self.shots}))
        if self.takes:
            said.append(Message("deleted-takes", {"count": self.takes}))
        if self.films:
            said.append(Message("deleted-films", {"count": self.films}))
        if self.loras:
            said.append(Message("deleted-loras", {"count": self.loras}))
        return joined(said, "clauses")


def survey(*, session: Session, settings: StudioSettings) -> Survey:
    """Look through the whole folder. It takes as long as it takes to list all files."""
    rows = all_rows(session)
    kept = rows.without_deleted()
    needed, needed_then = (needed_by(which, settings.engine.models) for which in (rows, kept))
    lying = list(things(settings))
    needless = [thing for thing in lying if thing.settled and thing.id not in needed[thing.kind]]
    deleted = [thing for thing in lying if thing.id in needed[thing.kind] - needed_then[thing.kind]]
    projects, shots, takes, films = deleted_by_hand(rows, kept)
    return Survey(
        on_disk=sum(_size(path) for path in settings.home.rglob("*")),
        needless={kind: amount(thing for thing in needless if thing.kind == kind) for kind in KINDS},
        deleted=amount(deleted),
        projects=projects,
        shots=shots,
        takes=takes,
        films=films,
        loras=len(rows.loras) - len(kept.loras),
    )


def deleted_by_hand(rows: Rows, kept: Rows) -> tuple[tuple[str, ...], int, int, int]:
    """Of what ``rows`` has and ``kept`` has not: the projects' names, how many shots, takes and films of other ones."""
    projects = {project.id for project in kept.projects}
    shots = {shot.id for shot in kept.shots}
    takes = {take.id for take in kept.takes}
    return (
        tuple(sorted(project.name for project in rows.projects if project.id not in projects)),
        sum(shot.project_id in projects and shot.id not in shots for shot in rows.shots),
        sum(take.shot_id in shots and take.id not in takes for take in rows.takes),
        sum(film.project_id in projects and film.deleted_at is not None for film in rows.films),
    )


def amount(of: Iterable[Thing]) -> Amount:
    """How much some things are together."""
    found = list(of)
    return Amount(sum(thing.files for thing in found), sum(thing.size for thing in found))


def things(settings: StudioSettings) -> Iterator[Thing]:
    """Everything in the studio's folders that can become needless."""
    hashed = "[0-9a-f][0-9a-f]/*"
    yield from _found("sections", settings.sections_dir, hashed, _UNIT)
    yield from _found("conditioning", settings.conditioning_dir, hashed, _ENCODED)
    yield from _found("takes", settings.takes_dir, "*", _VIDEO)
    yield from _found("films", settings.films_dir, "*", _FILM)
    yield from _found("films", settings.home, ".film-*", _SCRATCH)
    yield from _found("pieces", settings.pieces_dir, hashed, _UNIT)
    yield from _found("pictures", settings.media_dir, hashed, _PICTURE)
    yield from _found("thumbnails", settings.thumbnails_dir, hashed, _THUMBNAIL)
    yield from _found("previews", settings.previews_dir, "*", _PREVIEW)
    yield from _found("loras", settings.loras_dir, "*", _LORA)
    kept = backups_of(settings)[-BACKUPS_KEPT:]
    yield from (one for one in _found("copies", settings.backups_dir, "*", _COPY) if one.path not in kept)
    yield from _found("damaged", settings.damaged_dir, "*", _ANYTHING)
    if settings.uses_sqlite:
        harmed = harmed_file(settings)
        yield from _found("damaged", harmed.parent, f"{harmed.name}*", _ANYTHING)


def is_old(changed: float) -> bool:
    """Whether what was written at ``changed`` would be in the database by now if anything referred to it."""
    return time.time() - changed > SETTLED_SECONDS


def changed_at(path: Path) -> float | None:
    """When a file, or the newest file of a folder, was written; None where it is not there any more."""
    try:
        return max((one.stat().st_mtime for one in _files_of(path)), default=path.stat().st_mtime)
    except FileNotFoundError:
        return None


def _found(kind: Kind, folder: Path, pattern: str, names: re.Pattern[str]) -> Iterator[Thing]:
    for path in sorted(folder.glob(pattern)):
        name = names.fullmatch(path.name)
        changed = changed_at(path)
        # A worker or another page may take it away meanwhile.
        if name is not None and changed is not None:
            files = _files_of(path)
            yield Thing(kind, name.groupdict().get("id") or "", path, len(files), sum(map(_size, files)), changed)


def _files_of(path: Path) -> list[Path]:
    return [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
