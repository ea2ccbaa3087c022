"""Files that are made from others and can be made again: each has a manifest, so that a damaged one is not shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framepack.files.atomic import replacing
from framepack.files.manifest import NotWhole, beside, check_sums, describe, read_manifest, write_manifest


def is_as_made(path: Path) -> bool:
    """Whether a file is there and holds what it was made with; one without a manifest is to be made again."""
    try:
        manifest = read_manifest(beside(path))
        if manifest is None or path.name not in manifest.files:
            return False
        check_sums(path.parent, manifest)
    except (NotWhole, FileNotFoundError):
        return False
    return True


@contextmanager
def deriving(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to be written; at the end it takes the place of ``path``, and its manifest is written.

    Others may make the same at the same time: where a file and its manifest then do not fit, it is made once more.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as aside:
        yield aside
    write_manifest(beside(path), describe([path]))
