"""The files of enlarging models: those of a folder, and what is told of one before it is loaded. No torch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from framepack.errors import EnlargerRejected
from framepack.formats.safetensors_header import NotReadable, read_header
from framepack.messages import Message

ENDING = ".safetensors"
# What reads them comes by a list of requirements of its own.
LIBRARY = "spandrel"


def enlarger_names(folder: Path) -> list[str]:
    """The names of the files in ``folder`` that may be enlarging models, sorted; none where there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.suffix.lower() == ENDING and path.is_file())


def enlarger_file(folder: Path, name: str) -> Path:
    """The file called ``name`` in ``folder``; the name is never a path.

    Raises EnlargerRejected where it is not there, is no safetensors file, or the library for it is not installed.
    """
    if name not in enlarger_names(folder):
        raise EnlargerRejected(name, Message("enlarger-not-there", {"folder": str(folder)}))
    try:
        read_header(folder / name)
    except NotReadable as fault:
        raise EnlargerRejected(name, fault.message) from None
    if find_spec(LIBRARY) is None:
        raise EnlargerRejected(name, Message("enlarger-library"))
    return folder / name
