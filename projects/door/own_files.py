"""Files that only the person who runs the studio may read, written whole or not at all. It knows no contents."""

from __future__ import annotations

import os
from pathlib import Path

from framepack.files.atomic import in_place

_OWNER_READS_AND_WRITES = 0o600
_OWNER_ONLY = 0o700


def keep_private(path: Path, text: str) -> None:
    """Put ``text`` into ``path``, whose folder is made where there is none. Raises OSError."""
    private_folder(path.parent)
    with in_place(path) as aside:
        # Made with its mode, so that nobody can open it in the moment before.
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_READS_AND_WRITES)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)


def private_folder(folder: Path) -> None:
    """Make a folder that others may not look into, where there is none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=_OWNER_ONLY, exist_ok=True)
