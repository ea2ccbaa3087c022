"""Single frames of finished takes: the first as a small picture for pages, any of them as a picture file."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from framepack.media.video import read_frame
from projects.errors import NotFound
from projects.settings import StudioSettings
from projects.storage.derived import deriving, is_as_made
from projects.storage.pictures import THUMBNAIL_SIZES
from projects.storage.places import still_path, take_path
from projects.storage.shared import bring


def still(settings: StudioSettings, take_id: str, size: int) -> Path:
    """A WebP copy of a finished take's first frame within ``size`` x ``size`` pixels, which is one of THUMBNAIL_SIZES.

    It is made when it is first asked for, and again where it is damaged. Raises NotFound where the take's file is gone
    or cut, and NotWhole where it cannot be decoded.
    """
    path = still_path(settings, take_id, size)
    if is_as_made(path):
        return path
    if not bring(settings, take_path(settings, take_id)):
        raise NotFound("take", take_id)
    # All sizes at once: decoding costs more than making a picture smaller.
    frame = Image.fromarray(read_frame(take_path(settings, take_id), 0))
    for each in THUMBNAIL_SIZES:
        frame.thumbnail((each, each), Image.Resampling.LANCZOS)
        with deriving(still_path(settings, take_id, each)) as aside:
            frame.save(aside, "WEBP", quality=85)
    return path


def frame_as_png(settings: StudioSettings, take_id: str, number: int) -> bytes:
    """The file of the frame ``number`` (0 is first) of a finished take. Raises as ``still``, and VideoMismatch."""
    path = take_path(settings, take_id)
    if not bring(settings, path):
        raise NotFound("take", take_id)
    file = io.BytesIO()
    Image.fromarray(read_frame(path, number)).save(file, "PNG")
    return file.getvalue()
