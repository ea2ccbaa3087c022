"""The shapes that a project's pictures and videos can have, and the size each has with a model. It knows no tables."""

from __future__ import annotations

from types import MappingProxyType

from framepack.checkpoints.table import CHECKPOINTS, Checkpoint, checkpoint_named, nearest_bucket
from framepack.errors import InvalidRequest
from framepack.messages import Message

# The shape of a project that leaves it to its first picture.
FIRST_PICTURE = "picture"
_NAMED = MappingProxyType({"wide": (9, 16), "square": (1, 1), "tall": (16, 9)})


def shape_of_size(height: int, width: int) -> str:
    """The shape that a size in pixels is called by."""
    return f"{width}x{height}"


def sizes_of(checkpoint: Checkpoint) -> dict[str, tuple[int, int]]:
    """Height and width of all shapes that a checkpoint has, the larger ones last."""
    return {shape_of_size(*size): size for size in (*checkpoint.buckets, *checkpoint.larger)}


_OF_SIZES = MappingProxyType(
    {shape: size for checkpoint in CHECKPOINTS.values() for shape, size in sizes_of(checkpoint).items()}
)


def aspect_of(shape: str) -> tuple[int, int] | None:
    """Height and width of a shape, to be read as a ratio; None where the first picture decides.

    Raises InvalidRequest naming the shapes there are.
    """
    if shape == FIRST_PICTURE:
        return None
    aspects = _NAMED | _OF_SIZES
    if shape not in aspects:
        choices = ", ".join([FIRST_PICTURE, *aspects])
        raise InvalidRequest("shape", Message("no-such-choice", {"name": shape, "choices": choices}))
    return aspects[shape]


def size_with(shape: str, aspect: tuple[int, int], checkpoint: str) -> tuple[int, int]:
    """Height and width that pictures of an ``aspect`` (height, width) have with a checkpoint, in a project of a shape.

    A larger size is had only where the shape is that one, never because a picture happens to have it.
    """
    found = checkpoint_named(checkpoint)
    larger = {shape_of_size(*size): size for size in found.larger}
    return larger.get(shape) or nearest_bucket(*aspect, found.buckets)


def size_fields(shape: str, aspect: tuple[int, int] | None, checkpoint: str) -> dict[str, int | None]:
    """The fields of a project of ``shape`` that hold its ``aspect`` (height, width) and its size with a checkpoint."""
    if aspect is None:
        return dict.fromkeys(("aspect_height", "aspect_width", "height", "width"))
    height, width = size_with(shape, aspect, checkpoint)
    return {"aspect_height": aspect[0], "aspect_width": aspect[1], "height": height, "width": width}
