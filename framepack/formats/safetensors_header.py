"""What a safetensors file says of its tensors in its header: names, kinds and shapes, without reading any. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from framepack.errors import FramepackError
from framepack.formats.file_faults import file_fault
from framepack.messages import Message, as_message

_LENGTH_BYTES = 8
_METADATA = "__metadata__"


class NotReadable(FramepackError):
    """A file is no safetensors file, or not the whole of one; ``message`` says what it is instead."""


@dataclass(frozen=True)
class TensorFacts:
    """A tensor's number format as safetensors writes it (``BF16``, ``F8_E4M3``) and its shape."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Header:
    """The tensors of a file by name, and what whoever wrote it added."""

    tensors: Mapping[str, TensorFacts]
    metadata: Mapping[str, str]


def read_header(path: Path) -> Header:
    """The header of the file at ``path``. Raises NotReadable."""
    if path.exists() and not path.is_file():
        # A pipe would never end, and a device never say that it is none.
        raise NotReadable(Message("file-not-plain"))
    try:
        if fault := file_fault(path, safetensors=True):
            raise NotReadable(fault)
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            read = json.loads(file.read(length))
    except FileNotFoundError:
        raise NotReadable(Message("no-such-file")) from None
    except OSError as error:
        reason = as_message(error.strerror or type(error).__name__)
        raise NotReadable(Message("file-unreadable", {"file": path.name, "reason": reason})) from None
    metadata = read.pop(_METADATA, {})
    try:
        tensors = {name: TensorFacts(facts["dtype"], tuple(map(int, facts["shape"]))) for name, facts in read.items()}
    except (KeyError, TypeError, ValueError):
        raise NotReadable(Message("file-is-no-weights", {"file": path.name})) from None
    kept = metadata.items() if isinstance(metadata, dict) else ()
    return Header(tensors, {str(name): str(value) for name, value in kept})
