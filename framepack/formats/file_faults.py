"""What is wrong with a file that cannot be read, found out from its first bytes and its size. It loads no tensor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from framepack.messages import Message

# What a repository holds in place of a large file that was not fetched with it.
_POINTER = b"version https://git-lfs.github.com/spec/"
_PAGES = (b"<!doctype html", b"<html", b"<?xml")
# What torch.save writes, of today (an archive) and of before.
_PICKLES = (b"PK\x03\x04", b"\x80\x02\x8a\x0al\xfc")
_GGUF = b"GGUF"
_LENGTH_BYTES = 8
_HEADER_LIMIT = 100_000_000


def first_fault(paths: Iterable[Path]) -> Message | None:
    """What is wrong with the first of ``paths`` that is not what its name says; None where nothing is to be seen."""
    return next(filter(None, map(file_fault, paths)), None)


def file_fault(path: Path, *, safetensors: bool = False) -> Message | None:
    """What is wrong with the file at ``path``, None where nothing is to be seen. Raises OSError.

    It is looked at as a file of ``safetensors`` if it shall be one, or has that ending.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        begin = file.read(4096)
        if not begin:
            return Message("file-empty", {"file": path.name})
        if begin.startswith(_POINTER):
            return Message("file-is-a-pointer", {"file": path.name})
        if begin.lstrip().lower().startswith(_PAGES):
            return Message("file-is-a-web-page", {"file": path.name})
        if not safetensors and path.suffix != ".safetensors":
            return None
        if begin.startswith(_PICKLES):
            return Message("file-is-a-pickle", {"file": path.name})
        if begin.startswith(_GGUF):
            return Message("file-is-gguf", {"file": path.name})
        length = int.from_bytes(begin[:_LENGTH_BYTES], "little")
        if length > _HEADER_LIMIT:
            return Message("file-is-no-weights", {"file": path.name})
        if size < _LENGTH_BYTES + length:
            return Message("file-cut-short", {"file": path.name, "size": size, "needed": _LENGTH_BYTES + length})
        file.seek(_LENGTH_BYTES)
        needed = _data_end(file.read(length))
    if needed is None:
        return Message("file-is-no-weights", {"file": path.name})
    needed += _LENGTH_BYTES + length
    return Message("file-cut-short", {"file": path.name, "size": size, "needed": needed}) if size < needed else None


def _data_end(header: bytes) -> int | None:
    """How many bytes of tensors follow a safetensors ``header``; None where it is none."""
    try:
        tensors = json.loads(header)
        return max((int(facts["data_offsets"][1]) for name, facts in tensors.items() if name[:2] != "__"), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return None
