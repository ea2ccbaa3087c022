"""Finished takes and films as files: whether one is there, and where damaged ones go. It reads no video."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from framepack.files.damaged import put_aside
from framepack.files.manifest import NotWhole, beside, describe, read_manifest, write_manifest
from framepack.messages import Message
from projects.settings import StudioSettings


def is_there(path: Path) -> bool:
    """Whether a finished file is there, as far as its size shows: cheap, for pages."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return False
    try:
        kept = beside(path).stat()
    except FileNotFoundError:
        return size > 0  # made before there were manifests
    return size == _finished_size(path, kept.st_ino, kept.st_mtime_ns)


def size_of(path: Path) -> int:
    """The bytes of a finished file; 0 where it is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def finish_file(path: Path, frames: int) -> None:
    """Write down what the file ``path``, which has just been made, is like."""
    write_manifest(beside(path), describe([path], frames=frames))


@contextmanager
def aside_of(path: Path) -> Iterator[Path]:
    """A file beside ``path``, to be written and then put in its place; it is gone at the end if it was not."""
    aside = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.part")
    try:
        yield aside
    finally:
        aside.unlink(missing_ok=True)


def put_file_in_place(aside: Path, path: Path, frames: int) -> None:
    """Put a file that was made ``aside`` in its place, and write down what it is like; it may be called again."""
    if aside.is_file():
        aside.replace(path)
    finish_file(path, frames)


def put_file_aside(settings: StudioSettings, path: Path, reason: Message) -> None:
    """Put a finished file that is damaged aside, with a sentence in the log."""
    put_aside(path, settings.damaged_dir, reason)
    beside(path).unlink(missing_ok=True)


@lru_cache(maxsize=2**16)
def _finished_size(path: Path, manifest: int, changed: int) -> int | None:  # noqa: ARG001 (they tell versions apart)
    """The size a file had when it was finished, read once for each version of its manifest."""
    try:
        kept = read_manifest(beside(path))
    except NotWhole:
        return None
    return kept.files[path.name].size if kept and path.name in kept.files else None
