"""Which units wait for somebody to say how like their pictures they are. It compares nothing.

That takes a model which is loaded only to encode pictures. So what was made meanwhile is written down here, and
compared when it is loaded the next time, whoever made it. Nothing is lost where a note is.

    <root>/.uncompared/<key>   one note: the identity of the weights, and the name of the encoded picture
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from framepack.files.atomic import replacing
from framepack.store.section_store import UNCOMPARED, SectionStore

# So many are compared at once, the newest first, and so many wait at most.
MOST_AT_ONCE = 16
MOST_WAITING = 512


@dataclass(frozen=True)
class Uncompared:
    """A unit that waits, and the ``picture`` that it was made after, by the name under which it is encoded."""

    key: str
    picture: str


def await_comparison(store: SectionStore, key: str, *, identity: str, picture: str) -> None:
    """Write down that a unit waits to be compared with a picture, by the weights called ``identity``."""
    path = _folder(store) / key
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as aside:
        aside.write_text(json.dumps([identity, picture]), encoding="utf-8")


def uncompared(store: SectionStore, identity: str) -> list[Uncompared]:
    """The newest units that wait for the weights called ``identity``. What waits too long is forgotten."""
    folder = _folder(store)
    notes = sorted(folder.glob("[0-9a-f]*"), key=_written, reverse=True) if folder.is_dir() else []
    found: list[Uncompared] = []
    for place, path in enumerate(notes):
        if place >= MOST_WAITING:
            path.unlink(missing_ok=True)
        elif len(found) < MOST_AT_ONCE and (picture := _picture(path, identity)):
            found.append(Uncompared(path.name, picture))
    return found


def compared(store: SectionStore, key: str) -> None:
    """A unit waits no longer."""
    (_folder(store) / key).unlink(missing_ok=True)


def _folder(store: SectionStore) -> Path:
    return store.root / UNCOMPARED


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _picture(path: Path, identity: str) -> str | None:
    """The picture that a note names, None where it is for other weights or unreadable."""
    try:
        made_with, picture = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return picture if made_with == identity and isinstance(picture, str) else None
