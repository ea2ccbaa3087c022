"""Plain pictures for tests of the domain."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

from projects.database.tables import Media

MakePicture = Callable[..., Media]


def png(width: int, height: int, colour: str = "teal") -> bytes:
    """The file of a plain picture."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()
