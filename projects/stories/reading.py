"""Reading the story in a file, whatever it is called: a video that carries it, or the JSON beside one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from framepack.files.manifest import NotWhole
from framepack.media.video import VideoMismatch, read_comment, read_frame_of
from projects.errors import StoryRefused
from projects.stories.story import MOST_BYTES, Story, is_story, read_story


def story_of_bytes(data: bytes, name: str) -> Story | None:
    """The story in a file called ``name`` whose content is ``data``; None where it holds none.

    Raises StoryRefused where what it holds cannot be used.
    """
    return _story(io.BytesIO(data), name)


def story_of_path(path: Path, name: str) -> Story | None:
    """As ``story_of_bytes``, of a file on the disk, which is not read whole. Raises OSError."""
    with path.open("rb") as file:
        return _story(file, name)


def frame_as_png(data: bytes, number: int) -> bytes | None:
    """The frame ``number`` (0 is first) of a video file as a PNG file; None where there is no such frame to see."""
    try:
        pixels = read_frame_of(io.BytesIO(data), number)
    except (NotWhole, VideoMismatch):
        return None
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def own_story(path: Path) -> Story | None:
    """The story in a file that the studio made; None where it carries none, or is not there."""
    try:
        return story_of_path(path, path.name)
    except (FileNotFoundError, StoryRefused):
        return None


def _story(file: BinaryIO, name: str) -> Story | None:
    said = read_comment(file)
    if said is None:
        file.seek(0)
        # One byte more tells what is too long from what is not.
        data = file.read(MOST_BYTES + 1)
    else:
        data = said.encode("utf-8", "surrogatepass")
    return read_story(data, name) if is_story(data) else None
