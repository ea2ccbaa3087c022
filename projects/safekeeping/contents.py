"""What of a home belongs into a backup, and what each file should be by its name or its manifest. It reads none whole.

Not among it is what can be made or fetched again, and what is this computer's own: small copies, pieces of films,
models, logs, the queue's own state, the password and who has signed in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from framepack.files.manifest import NAME, Manifest, NotWhole, beside, check_sizes, read_manifest
from framepack.messages import Message
from projects.safekeeping.listing import FOLDERS, MADE_AGAIN, fits
from projects.settings import StudioSettings

_HASH = re.compile(r"[0-9a-f]{64}")
# What is in these was given by people; their files have no manifests.
_GIVEN = ("media", "loras", "enlargers")


@dataclass(frozen=True)
class Found:
    """A file of the home: its place there, its size, when it was written, and its sum, where that is known."""

    path: str
    source: Path
    size: int
    changed: int
    expected: str | None


@dataclass(frozen=True)
class Unit:
    """Files that belong together, all or none; ``fault`` says what is wrong with them already by their sizes."""

    name: str
    files: tuple[Found, ...]
    fault: Message | None = None


@dataclass
class Contents:
    """The units of a home, and the places of what is left out: links, no plain files, odd names."""

    units: list[Unit] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def contents_of(settings: StudioSettings, *, sections: bool) -> Contents:
    """What is in the home now; without ``sections`` only what cannot be made again."""
    found, seen = Contents(), set[str]()
    for name in FOLDERS:
        if sections or name not in MADE_AGAIN:
            _look_into(settings.home / name, name, found, seen)
    return found


def _look_into(folder: Path, place: str, found: Contents, seen: set[str]) -> None:
    if folder.is_symlink():
        found.left_out.append(place)
        return
    files: dict[str, os.stat_result] = {}
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return  # there never was one, or the studio has just taken it away
    for entry in entries:
        path = f"{place}/{entry.name}"
        if entry.name.startswith("."):
            continue  # somebody is writing it, or left it so
        if entry.is_dir(follow_symlinks=False):
            _look_into(Path(entry.path), path, found, seen)
        elif not entry.is_file(follow_symlinks=False) or not fits(path) or path.casefold() in seen:
            found.left_out.append(path)
        else:
            seen.add(path.casefold())
            try:
                files[entry.name] = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
    found.units += _units_of(folder, place, files)


def _units_of(folder: Path, place: str, files: dict[str, os.stat_result]) -> Iterator[Unit]:
    kind = place.split("/")[0]
    if kind in _GIVEN:
        known = {name: sum for name in files if (sum := _sum_by_name(kind, folder, name, files)) is not None}
        yield from (_unit(folder, f"{place}/{name}", place, {name: files[name]}, known) for name in files)
    elif NAME in files:
        yield _described(folder, place, place, files, folder / NAME)
    else:
        manifests = {name: about for name in files if (about := beside(folder / name).name) in files}
        for name in sorted(files.keys() - set(manifests.values())):
            own = {one: files[one] for one in (name, manifests.get(name)) if one is not None}
            yield _described(folder, f"{place}/{name}", place, own, beside(folder / name))


def _described(folder: Path, name: str, place: str, files: dict[str, os.stat_result], about: Path) -> Unit:
    try:
        manifest = read_manifest(about) or Manifest({})
        check_sizes(folder, manifest)
        for one in manifest.files.keys() - files.keys():
            raise NotWhole(Message("file-gone", {"name": one}))  # there is something of its name, and it is left out
    except NotWhole as fault:
        return _unit(folder, name, place, files, {}, fault.message)
    return _unit(folder, name, place, files, {one: facts.sha256 for one, facts in manifest.files.items()})


def _unit(
    folder: Path,
    name: str,
    place: str,
    files: dict[str, os.stat_result],
    known: dict[str, str],
    fault: Message | None = None,
) -> Unit:
    found = (
        Found(f"{place}/{one}", folder / one, state.st_size, state.st_mtime_ns, known.get(one))
        for one, state in files.items()
    )
    return Unit(name, tuple(found), fault)


def _sum_by_name(kind: str, folder: Path, name: str, files: dict[str, os.stat_result]) -> str | None:
    """What a file's name, or its folder's, says of its bytes."""
    if kind == "media":
        return name if _HASH.fullmatch(name) else None
    # A LoRA with a second file beside it is named by both.
    return folder.name if kind == "loras" and len(files) == 1 and _HASH.fullmatch(folder.name) else None
