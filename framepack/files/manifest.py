"""What files should be like: their sizes and sums, written down when they are finished, and whether they still are.

A unit of several files has a ``manifest.json`` in its folder, a file on its own has one beside it (``film.mp4.json``).
It is written last, so with it the file or the unit is finished. What was made before there were manifests has none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from framepack.errors import FramepackError
from framepack.files.atomic import in_place
from framepack.messages import Message

VERSION = 1
NAME = "manifest.json"


class NotWhole(FramepackError):
    """A file is not what it was when it was finished; ``message`` is the reason."""


@dataclass(frozen=True)
class FileFacts:
    """What a finished file is known by."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The files of a unit by name; ``frames`` of its video and ``shape`` of its latents, where it has any."""

    files: Mapping[str, FileFacts]
    frames: int | None = None
    shape: tuple[int, ...] | None = None


def beside(path: Path) -> Path:
    """Where the manifest of a file on its own lies."""
    return path.with_name(f"{path.name}.json")


def describe(files: Sequence[Path], *, frames: int | None = None, shape: tuple[int, ...] | None = None) -> Manifest:
    """The manifest of finished ``files``."""
    facts = {path.name: FileFacts(path.stat().st_size, sum_of(path)) for path in files}
    return Manifest(facts, frames, shape)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write ``manifest`` to the file ``path``."""
    kept: dict[str, Any] = {
        "version": VERSION,
        "files": {name: {"size": facts.size, "sha256": facts.sha256} for name, facts in manifest.files.items()},
    }
    if manifest.frames is not None:
        kept["frames"] = manifest.frames
    if manifest.shape is not None:
        kept["shape"] = list(manifest.shape)
    with in_place(path) as aside:
        aside.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def read_manifest(path: Path) -> Manifest | None:
    """The manifest in the file ``path``, None where there is none. Raises NotWhole where it is none."""
    try:
        kept = json.loads(path.read_bytes())
        files = {
            str(name): FileFacts(int(facts["size"]), str(facts["sha256"])) for name, facts in kept["files"].items()
        }
        shape = kept.get("shape")
        return Manifest(files, kept.get("frames"), None if shape is None else tuple(map(int, shape)))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotWhole(Message("manifest-damaged", {"name": path.name})) from None


def check_sizes(folder: Path, manifest: Manifest) -> None:
    """Raise NotWhole unless the files of ``manifest`` are all in ``folder`` and as long as they were."""
    for name, facts in manifest.files.items():
        try:
            size = (folder / name).stat().st_size
        except FileNotFoundError:
            raise NotWhole(Message("file-gone", {"name": name})) from None
        if size != facts.size:
            raise NotWhole(Message("file-cut", {"name": name, "size": size, "finished": facts.size}))


def check_sums(folder: Path, manifest: Manifest) -> None:
    """Raise NotWhole unless the files of ``manifest`` are all in ``folder`` and hold what they held."""
    check_sizes(folder, manifest)
    for name, facts in manifest.files.items():
        if sum_of(folder / name) != facts.sha256:
            raise NotWhole(Message("file-changed", {"name": name}))


def sum_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal, computed once a process while the file stays as it is."""
    state = path.stat()
    return _sum_of(_FileState(path, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns))


@dataclass(frozen=True)
class _FileState:
    """A file as it is now. Its name does not count: one that is renamed into place is the same file."""

    path: Path = field(compare=False)
    device: int
    inode: int
    size: int
    changed: int


@lru_cache(maxsize=2**16)
def _sum_of(state: _FileState) -> str:
    with state.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
