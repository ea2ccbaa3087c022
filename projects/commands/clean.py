"""``python -m projects clean``: which files are not needed any more, and removing them on request."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial

from framepack.messages import Message
from projects.database.opening import open_database, session_for
from projects.messages import in_english
from projects.settings import StudioSettings
from projects.upkeep.needless import NAMES, Amount, Survey, survey
from projects.upkeep.removal import remove_deleted, remove_needless


@dataclass(frozen=True)
class CleanOptions:
    """What the command was asked for: ``deleted`` means what was deleted, too; without ``yes`` nothing is removed."""

    deleted: bool
    yes: bool
    as_json: bool


def clean(settings: StudioSettings, options: CleanOptions) -> None:
    """Say what is not needed, and remove it where that was asked for."""
    database = open_database(settings)
    try:
        sessions = partial(session_for, database)
        with sessions() as session:
            found = survey(session=session, settings=settings)
        removed = None
        if options.yes:
            removed = remove_deleted(sessions=sessions, settings=settings) if options.deleted else Amount(0, 0)
            removed += remove_needless(sessions=sessions, settings=settings)
    finally:
        database.dispose()
    if options.as_json:
        print(json.dumps(_as_json(found, removed), ensure_ascii=False))
    else:
        for line in _lines(found, options, removed):
            print(in_english(line))


def _lines(found: Survey, options: CleanOptions, removed: Amount | None) -> list[Message]:
    lines = [_line(NAMES[kind], one) for kind, one in found.needless.items() if one.files]
    lines.append(_line("clean-together", found.all_needless))
    lines.append(Message("clean-on-disk", {"size": found.on_disk / 10**6}))
    if found.has_deleted:
        lines.append(Message("clean-deleted", {"what": found.said_of_deleted, "size": found.deleted.size / 10**6}))
    if removed is not None:
        lines.append(Message("clean-removed", {"files": removed.files, "size": removed.size / 10**6}))
    elif options.deleted:
        lines.append(Message("clean-how-deleted" if found.has_deleted else "clean-how"))
    else:
        lines.append(Message("clean-how"))
        if found.has_deleted:
            lines.append(Message("clean-how-deleted"))
    return lines


def _line(name: str, one: Amount) -> Message:
    return Message("clean-line", {"name": Message(name), "files": one.files, "size": one.size / 10**6})


def _as_json(found: Survey, removed: Amount | None) -> dict[str, object]:
    return {
        "on_disk": found.on_disk,
        "needless": {kind: asdict(one) for kind, one in found.needless.items()},
        "deleted": {
            **asdict(found.deleted),
            "projects": list(found.projects),
            "shots": found.shots,
            "takes": found.takes,
        },
        "removed": asdict(removed) if removed is not None else None,
    }
