"""What a GGUF file says of its tensors: names, formats and shapes, through the ``gguf`` package. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framepack.formats.safetensors_header import NotReadable, TensorFacts
from framepack.messages import Message

_MAGIC = b"GGUF"


def is_gguf(path: Path) -> bool:
    """Whether the file at ``path`` begins as a GGUF file. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def open_gguf(path: Path) -> Any:
    """The package's reader of the file, which is mapped. Raises NotReadable."""
    # Here, because few files are of that kind.
    from gguf import GGUFReader

    try:
        return GGUFReader(path, "c")
    except (ValueError, IndexError, KeyError, OverflowError, OSError):
        # The reader asks for more than there is of a file that is cut short, in one of many ways.
        raise NotReadable(Message("file-is-no-gguf", {"file": path.name})) from None


def read_gguf_header(path: Path) -> Mapping[str, TensorFacts]:
    """The tensors of a GGUF file; its shapes are turned round to how others have them. Raises NotReadable."""
    return {
        str(tensor.name): TensorFacts(tensor.tensor_type.name, gguf_shape(reader, tensor))
        for reader in [open_gguf(path)]
        for tensor in reader.tensors
    }


def gguf_shape(reader: Any, tensor: Any) -> tuple[int, ...]:
    """The shape of a tensor; one of more dimensions than the format's four keeps its own in a field beside it."""
    kept = reader.get_field(f"comfy.gguf.orig_shape.{tensor.name}")
    if kept is not None:
        return tuple(int(kept.parts[index][0]) for index in kept.data)
    return tuple(int(size) for size in reversed(tensor.shape))
