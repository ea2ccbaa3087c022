"""Owns the name of a checkpoint's weights: equal names mean equal weights. Knows nothing of loading them; no torch.

Weights from the hub are named by their revisions, others by what is in their files. Hashing the files of a large
checkpoint takes a minute or two, so the hashes are kept: for this process, and in the folder itself.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from framepack.checkpoints.folders import PartFolder, find_part
from framepack.checkpoints.table import Checkpoint, Part
from framepack.files.atomic import in_place

HASHES_FILE = ".framepack-hashes.json"
_known: dict[str, str] = {}


def checkpoint_identity(checkpoint: Checkpoint, models: Path | None) -> str:
    """A name (64 hexadecimal digits) of the weights, tokenizers and configurations ``checkpoint`` has on this computer.

    Also of what is done with what they give, where that differs from what is done with all. ``models`` is the folder
    used instead of the hub's cache, or None. Raises WeightsMissing or WeightsDamaged.
    """
    hashes = _Hashes(None if checkpoint.embedded else models)
    name = _identity(checkpoint, models, hashes.of)
    hashes.keep()
    return name


def known_identity(checkpoint: Checkpoint, models: Path | None) -> str | None:
    """As ``checkpoint_identity``, but None where a file would have to be hashed first. Raises the same.

    The embedded checkpoint is always known: it is so small that its files are hashed in no time.
    """
    if checkpoint.embedded:
        return checkpoint_identity(checkpoint, models)
    try:
        return _identity(checkpoint, models, _Hashes(models).kept)
    except _NotHashed:
        return None


class _NotHashed(Exception):
    """A file whose hash is not kept."""


def _identity(checkpoint: Checkpoint, models: Path | None, digest: Callable[[Path], str]) -> str:
    folders = {part: find_part(checkpoint, part, models) for part in checkpoint.sources}
    parts: dict[str, object] = {part: _part_name(checkpoint, part, folder, digest) for part, folder in folders.items()}
    if checkpoint.carries_detail:
        # The same weights without it, as the draft once was, show other frames.
        parts["detail"] = "carried"
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _part_name(checkpoint: Checkpoint, part: Part, folder: PartFolder, digest: Callable[[Path], str]) -> object:
    if folder.commit is not None:
        source = checkpoint.sources[part]
        return [source.repository, folder.commit, source.subfolder]
    return {path.name: digest(path) for path in folder.files(part)}


class _Hashes:
    """SHA-256 of files, not computed again while a file's size and time of change stay the same."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / HASHES_FILE if folder else None
        self._new = False
        self._used: dict[str, str] = {}
        self._kept = _read(self._file) if self._file else {}

    def kept(self, path: Path) -> str:
        """The hash as it is known. Raises _NotHashed."""
        found = self._look_up(_name_of(path))
        if found is None:
            raise _NotHashed(path.name)
        return found

    def of(self, path: Path) -> str:
        """The hash, computed where it is not known."""
        name = _name_of(path)
        found = self._look_up(name)
        if found is None:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        self._new |= name not in self._kept
        self._used[name] = _known[name] = found
        return found

    def _look_up(self, name: str) -> str | None:
        return _known.get(name) or self._kept.get(name)

    def keep(self) -> None:
        """Write the hashes beside the files, unless that folder may not be written to."""
        if self._file is None or not self._new or not os.access(self._file.parent, os.W_OK):
            return
        with in_place(self._file) as aside:
            aside.write_text(json.dumps(self._kept | self._used, indent=1), encoding="utf-8")


def _name_of(path: Path) -> str:
    facts = path.stat()
    return f"{path.resolve()}|{facts.st_size}|{facts.st_mtime_ns}"


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # not there yet, or not ours: the hashes are computed again
    return {str(name): str(value) for name, value in kept.items()} if isinstance(kept, dict) else {}
