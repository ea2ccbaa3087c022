"""Putting aside what is damaged: it is moved into a folder ``damaged``, so that it can be looked at and made again."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from framepack.english import ENGLISH
from framepack.messages import Message, worded

# So many of one name are kept; what is damaged again and again does not fill the disk.
MOST_OF_ONE_NAME = 3

_log = logging.getLogger(__name__)


def put_aside(path: Path, into: Path, reason: Message) -> Path | None:
    """Move the file or folder ``path`` into the folder ``into``, and say so in one sentence in the log.

    Returns where it lies now, None where there is nothing, or another has just taken it away.
    """
    if not path.exists():
        return None
    into.mkdir(parents=True, exist_ok=True)
    names = [path.name, *(f"{path.name}.{number}" for number in range(2, MOST_OF_ONE_NAME + 1))]
    place = next((into / name for name in names if not (into / name).exists()), into / names[-1])
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    try:
        path.replace(place)
    except FileNotFoundError:
        return None
    said = Message("put-aside", {"name": f"{path.parent.name}/{path.name}", "reason": reason, "place": str(place)})
    _log.warning("%s", worded(said, ENGLISH))
    return place
