"""Taking the project of an archive over into this studio: its files first, then its rows. All of it, or nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, select

from framepack.files.atomic import sync
from framepack.files.manifest import beside, describe, write_manifest
from framepack.media.pictures import picture_hash
from projects.archive.reading import Unpacked, unpacked_archive
from projects.archive.rows import ProjectRows, renamed
from projects.database.tables import Edition, Lora, LoraUpdate, Media, Project, Shot, Take, Wording, new_id
from projects.database.viewers import claim_media, everybodys, viewer_of
from projects.loras.files import config_beside
from projects.loras.library import add_lora, edit_lora
from projects.settings import StudioSettings
from projects.storage.finished import finish_file
from projects.storage.places import encoded_path, picture_path, take_path
from projects.storage.shared import section_store, share, share_named_by_content, unshare
from projects.storyboard.loras import chosen_loras

# A folder that is older was left by a process that was killed.
_ABANDONED_AFTER_SECONDS = 24 * 3600.0
_AT_ONCE = 500


def open_archive(*, session: Session, settings: StudioSettings, path: Path) -> Project:
    """The project of an archive, with ids of its own where others have them already.

    What the studio has of its files stays as it is. Raises ArchiveProblem, and then nothing of it is left.
    """
    aside = settings.home / "importing"
    _sweep(aside)
    with unpacked_archive(path, aside / new_id()) as found, ExitStack() as undo:
        rows, ids = renamed(found.rows, _taken(session, found.rows))
        if rows.project.source is not None:
            with everybodys(session) as whole:
                others = whole.exec(select(Project.id).where(Project.source == rows.project.source)).first()
            if others is not None:
                rows.project.source = None
        # It is to be seen, even where it was put away before.
        rows.project.archived_at = rows.project.deleted_at = None
        _place(settings, found, rows, ids, undo)
        claim_media(session, *found.media)
        known = session.exec(select(Media.id).where(col(Media.id).in_([one.id for one in rows.media]))).all()
        session.add_all([one for one in rows.media if one.id not in known])
        session.add(rows.project)
        session.flush()
        session.add_all([*rows.shots, *rows.editions])
        session.flush()
        session.add_all([*rows.wordings, *rows.takes])
        session.flush()
        _keep_loras(session, settings, found, rows)
        undo.pop_all()
        return rows.project


def _keep_loras(session: Session, settings: StudioSettings, found: Unpacked, rows: ProjectRows) -> None:
    """Add the LoRAs of an archive to the library, those that are new under the names that the project has for them.

    The library is the keeper's: of an archive that a person opens they are left out.
    """
    if viewer_of(session) is not None:
        return
    chosen = {one.sha256: one for shot in rows.shots for one in chosen_loras(rows.project, shot)}
    for sha256, files in found.loras.items():
        is_new = session.get(Lora, sha256) is None
        file = next(file for file in files if file.suffix != ".json")
        lora = add_lora(session=session, settings=settings, file=file, name=file.name, config=config_beside(file))
        if is_new and (one := chosen.get(sha256)) is not None:
            changes = LoraUpdate(name=one.called, words=one.words, strength=one.strength)
            edit_lora(session=session, lora_id=lora.id, changes=changes)


def _taken(session: Session, rows: ProjectRows) -> set[str]:
    """The ids that other rows of the database have already, whosoever they are."""
    found: set[str] = set()
    connection = session.connection()
    ids = rows.ids
    for table in (Project, Shot, Edition, Wording, Take):
        column = sa.inspect(table).columns["id"]
        for first in range(0, len(ids), _AT_ONCE):
            some = sa.select(column).where(column.in_(ids[first : first + _AT_ONCE]))
            found.update(connection.execute(some).scalars())
    return found


# --- files ------------------------------------------------------------------------------------------------------------


def _place(
    settings: StudioSettings, found: Unpacked, rows: ProjectRows, ids: Mapping[str, str], undo: ExitStack
) -> None:
    """Move the files to where the studio has its own; ``undo`` takes away again those that were not there."""
    settings.make_folders()
    for media_id, file in found.media.items():
        place = picture_path(settings, media_id)
        if not (place.is_file() and picture_hash(place) == media_id):
            _move(file, place, undo)
        share_named_by_content(settings, place)
    frames = {take.id: take.frames for take in rows.takes}
    for take_id, file in found.takes.items():
        place = take_path(settings, ids[take_id])
        _move(file, place, undo)
        undo.callback(beside(place).unlink, missing_ok=True)
        finish_file(place, frames[ids[take_id]])
        share(settings, place)
        undo.callback(unshare, settings, place)
    store = section_store(settings)
    for key, files in found.sections.items():
        if not store.is_whole(key) and store.receive(key, files):
            undo.callback(store.discard, key)
    for name, file in found.encoded.items():
        place = encoded_path(settings, name)
        if not place.exists():
            _move(file, place, undo)
            undo.callback(beside(place).unlink, missing_ok=True)
            write_manifest(beside(place), describe([place]))


def _move(file: Path, place: Path, undo: ExitStack) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    sync(file)
    file.replace(place)
    undo.callback(place.unlink, missing_ok=True)
    sync(place.parent)


def _sweep(aside: Path) -> None:
    """Remove what processes left that were killed."""
    for left in aside.glob("*"):
        try:
            old = time.time() - left.stat().st_mtime > _ABANDONED_AFTER_SECONDS
        except FileNotFoundError:
            continue
        if old:
            shutil.rmtree(left, ignore_errors=True)
