"""Writing a file aside and putting it in its place, so that it is there whole or not at all. It knows no contents."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def in_place(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to be written; at the end it is synced to the disk and takes the place of ``path``.

    After a fault nothing is left, and what was there before stays.
    """
    with replacing(path) as aside:
        yield aside
        sync(aside)
    sync(path.parent)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """As ``in_place`` without waiting for the disk: for what is shown and not kept, and may be lost at a power cut."""
    aside = path.with_name(f".{path.name[:60]}.{uuid.uuid4().hex}.part")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or what a folder says of its files, is on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder; its rename is durable without
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
