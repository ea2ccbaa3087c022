"""Removing what is not needed any more, and, on request, what was deleted: rows first, then files.

It commits in between, so that a kill leaves only files that belong to nothing, which the next time removes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from projects.database.opening import hold
from projects.database.tables import (
    Edition,
    GuestLink,
    GuestNote,
    Lora,
    Media,
    MediaOwner,
    Progress,
    Project,
    Shot,
    Stored,
    Wording,
)
from projects.settings import StudioSettings
from projects.storage.places import picture_path
from projects.storage.shared import section_store, unshare
from projects.storyboard.media import media_of
from projects.upkeep.needed import Needed, Rows, Table, all_rows, needed_by
from projects.upkeep.needless import Amount, Thing, amount, changed_at, is_old, things
from projects.upkeep.shared import SHARED, only_in_store

Sessions = Callable[[], AbstractContextManager[Session]]
# After so many it is looked again whether the rest is still not needed.
AT_ONCE = 500


def remove_needless(*, sessions: Sessions, settings: StudioSettings) -> Amount:
    """Remove what nothing needs any more, here and in the shared store. Returns what was. Raises StoreAway."""
    with sessions() as session:
        needed = _needed(session, settings)
        _forget_pictures(session, (media for media in _all_media(session) if _is_needless(settings, media, needed)))
        session.commit()
    found = [*things(settings), *only_in_store(settings)]
    return _remove([thing for thing in found if thing.settled], sessions, settings)


def remove_deleted(*, sessions: Sessions, settings: StudioSettings) -> Amount:
    """Remove deleted projects, shots and takes for good, with all that only they need, and the journals of edits.

    Returns what was removed. What a worker is making or will make stays.
    """
    with sessions() as session:
        _needed(session, settings)  # naming weights may take a minute, in which nobody should have to wait for a row
        session.rollback()
        for project in session.exec(select(Project)).all():
            hold(session=session, row=project)  # so that nobody brings anything back meanwhile
        session.expire_all()
        rows = all_rows(session)
        kept = rows.without_deleted()
        before, after = (needed_by(which, settings.engine.models) for which in (rows, kept))
        doomed: Needed = {kind: before[kind] - after[kind] for kind in before}
        _forget(session, rows, kept)
        _forget_pictures(session, (media for media in _all_media(session) if media.id in doomed["pictures"]))
        session.commit()
    found = [*things(settings), *only_in_store(settings)]
    return _remove([thing for thing in found if thing.id in doomed[thing.kind]], sessions, settings)


def _forget(session: Session, rows: Rows, kept: Rows) -> None:
    """Delete the rows that are not kept; what refers to others goes first."""
    shots, renders = _gone(rows.shots, kept.shots), _gone(rows.renders, kept.renders)
    shot_ids = {shot.id for shot in shots}
    render_ids = {render.id for render in renders}
    progress = [
        one for one in session.exec(select(Progress)).all() if one.shot_id in shot_ids or one.render_id in render_ids
    ]
    wordings = [wording for wording in session.exec(select(Wording)).all() if wording.shot_id in shot_ids]
    takes, films = _gone(rows.takes, kept.takes), _gone(rows.films, kept.films)
    projects, edits = _gone(rows.projects, kept.projects), _gone(rows.edits, kept.edits)
    editions, pictures = _gone(rows.editions, kept.editions), _gone(rows.pictures, kept.pictures)
    loras = _gone(rows.loras, kept.loras)
    project_ids = {project.id for project in projects}
    links = [link for link in session.exec(select(GuestLink)).all() if link.project_id in project_ids]
    notes = [
        note
        for note in session.exec(select(GuestNote)).all()
        if note.project_id in project_ids or note.shot_id in shot_ids
    ]
    tables: tuple[Sequence[SQLModel], ...] = (
        *(progress, wordings, notes, links, takes, films, edits, editions, pictures, shots),
        *(renders, projects, loras),
    )
    for table in tables:
        for row in table:
            session.delete(row)
        session.flush()


def _gone(rows: Sequence[Table], kept: Sequence[Table]) -> list[Table]:
    stay = {id(row) for row in kept}
    return [row for row in rows if id(row) not in stay]


def _forget_pictures(session: Session, pictures: Iterable[Media]) -> None:
    # Somebody may have given one to a shot since.
    tables: tuple[type[Stored], ...] = (Shot, Project, Edition, Lora)
    used = {media for table in tables for row in session.exec(select(table)) for media in media_of(row)}
    for media in pictures:
        if media.id not in used:
            session.exec(sa.delete(MediaOwner).where(col(MediaOwner.media_id) == media.id))
            session.connection().execute(sa.delete(Media).where(col(Media.id) == media.id))


def _remove(found: Sequence[Thing], sessions: Sessions, settings: StudioSettings) -> Amount:
    """Remove those of the things ``found`` that nothing needs, and that did not change since."""
    store = section_store(settings)
    removed: list[Thing] = []
    for first in range(0, len(found), AT_ONCE):
        with sessions() as session:
            needed = _needed(session, settings)
            known = {media.id for media in _all_media(session)}
        for thing in found[first : first + AT_ONCE]:
            belongs = thing.id in needed[thing.kind] or (thing.kind == "pictures" and thing.id in known)
            if belongs or changed_at(thing.path) != (thing.changed if thing.is_here else None):
                continue
            if thing.kind in SHARED and thing.id:
                unshare(settings, thing.path)
            if thing.kind == "sections":
                store.discard(thing.id)
            elif thing.path.is_dir():
                shutil.rmtree(thing.path)
            else:
                thing.path.unlink(missing_ok=True)
            removed.append(thing)
    return amount(removed)


def _needed(session: Session, settings: StudioSettings) -> Needed:
    return needed_by(all_rows(session), settings.engine.models)


def _all_media(session: Session) -> list[Media]:
    return list(session.exec(select(Media)).all())


def _is_needless(settings: StudioSettings, media: Media, needed: Needed) -> bool:
    changed = changed_at(picture_path(settings, media.id))
    return media.id not in needed["pictures"] and (changed is None or is_old(changed))
