"""A place for a file that is still being written, in the folder that it goes to."""

from __future__ import annotations

import uuid
from pathlib import Path

from projects.settings import StudioSettings


def aside_path(settings: StudioSettings) -> Path:
    """A fresh name among the media for a file that is still being written; left over, upkeep clears it away."""
    folder = settings.media_dir / "00"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f".media.{uuid.uuid4().hex}.part"
