"""Opening ZIP files that somebody else made: what is in them is bounded before anything of it is unpacked."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from framepack.errors import FramepackError
from framepack.messages import Message

# Below this size a file may be packed as well as it can be.
_ALWAYS_FINE = 2**20
_PIECE = 2**20
_KNOWN_PACKING = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error)


class Unpackable(FramepackError):
    """A ZIP file is damaged, or holds what must not be unpacked; ``message`` is the reason."""


@dataclass(frozen=True)
class Bounds:
    """How many entries there may be, of how many bytes together, and of one how much more than its packed bytes."""

    entries: int
    total: int
    ratio: int


@contextmanager
def opened_zip(path: Path, bounds: Bounds) -> Iterator[zipfile.ZipFile]:
    """The ZIP file ``path``, whose entries are plain files within ``bounds``, by names that lead to nowhere else.

    Raises Unpackable.
    """
    with _damage_said():
        bundle = zipfile.ZipFile(path)
    with bundle:
        _check(bundle.infolist(), bounds)
        yield bundle


def unpacked(bundle: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The content of an entry of at most ``most`` bytes. Raises Unpackable where it has more or is not there."""
    try:
        info = bundle.getinfo(name)
    except KeyError:
        raise Unpackable(Message("packed-lacks", {"name": name})) from None
    if info.file_size > most:
        raise Unpackable(Message("packed-bomb", {"name": name}))
    with _damage_said():
        return bundle.read(info)


def unpack(bundle: zipfile.ZipFile, name: str, into: Path) -> str:
    """Write an entry to the file ``into``, piece by piece; returns its SHA-256. Raises Unpackable."""
    found = hashlib.sha256()
    with _damage_said(), bundle.open(name) as packed, into.open("xb") as file:
        while piece := packed.read(_PIECE):
            found.update(piece)
            file.write(piece)
    return found.hexdigest()


def pack(bundle: zipfile.ZipFile, path: Path, name: str) -> tuple[int, str]:
    """Put the file ``path`` into a ZIP file as it is, piece by piece; returns its size and its SHA-256."""
    found, size = hashlib.sha256(), 0
    # Without the time, so that the same files make the same ZIP file.
    with path.open("rb") as file, bundle.open(zipfile.ZipInfo(name), "w", force_zip64=True) as packed:
        while piece := file.read(_PIECE):
            found.update(piece)
            size += packed.write(piece)
    return size, found.hexdigest()


@contextmanager
def _damage_said() -> Iterator[None]:
    try:
        yield
    except _DAMAGE:
        raise Unpackable(Message("packed-damaged")) from None


def _check(entries: list[zipfile.ZipInfo], bounds: Bounds) -> None:
    if len(entries) > bounds.entries:
        raise Unpackable(Message("packed-many", {"most": bounds.entries}))
    names = [entry.filename for entry in entries]
    total = 0
    for entry in entries:
        total += entry.file_size
        if total > bounds.total:
            raise Unpackable(Message("packed-large", {"most": bounds.total / 10**9}))
        name = entry.filename
        if name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/"):
            raise Unpackable(Message("packed-path", {"name": name}))
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind and not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            raise Unpackable(Message("packed-link", {"name": name}))
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _KNOWN_PACKING:
            raise Unpackable(Message("packed-otherwise", {"name": name}))
        if entry.file_size > max(_ALWAYS_FINE, bounds.ratio * entry.compress_size):
            raise Unpackable(Message("packed-bomb", {"name": name}))
    if len(set(names)) < len(names):
        raise Unpackable(Message("packed-twice"))
