"""What is wrong with the files of a studio, and with rows and files that do not go together. It says nothing itself.

Everything is read whole: sections, takes, films, encoded prompts and pictures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import sqlalchemy as sa
from safetensors import SafetensorError, safe_open
from sqlmodel import SQLModel, select

from framepack.checkpoints.loras import lora_sha256
from framepack.files.manifest import NotWhole, beside, check_sums, read_manifest, sum_of
from framepack.messages import Message
from projects.database.opening import session_for
from projects.database.tables import Film, Lora, Media, Take
from projects.films.stitching import TakeLost, check_film, check_take, conform_take
from projects.loras.files import lora_file, lora_is_there
from projects.messages import stored
from projects.queue.deliveries import ENDINGS
from projects.settings import StudioSettings
from projects.storage.finished import put_file_aside
from projects.storage.places import film_path, picture_path, take_path
from projects.storage.shared import is_kept, section_store
from projects.takes.takes import fail_take

Row = TypeVar("Row", Take, Film, Media, Lora)
State = Literal["well", "note", "found"]
# A file that is younger may be about to get its row.
SETTLED_SECONDS = 600.0


@dataclass(frozen=True)
class Finding:
    """What one check came to: well, worth a note, or something found, with ``advice`` what to do about it.

    ``repair`` puts the damage aside, so that the next render makes it again; None where a person has to do something.
    """

    check: str
    state: State
    message: Message
    advice: Message | None = None
    repair: Callable[[], None] | None = None


def check_files(settings: StudioSettings, database: sa.Engine | None) -> Iterator[Finding]:
    """All that is found wrong with files; without a ``database`` only of what needs no rows."""
    yield from _sections(settings)
    yield from _conditioning(settings)
    yield from _pictures(settings)
    if database is not None:
        yield from _takes(settings, database)
        yield from _films(settings, database)
        yield from _media_rows(settings, database)
        yield from _loras(settings, database)
        yield from _files_without_rows(settings, database)


def _sections(settings: StudioSettings) -> Iterator[Finding]:
    store = section_store(settings)
    for key in store.keys():  # noqa: SIM118 (it is no mapping)
        fault = store.fault(key)
        if fault is not None:
            repair = partial(store.put_aside, key, fault)
            yield _damaged("sections", key[:12], fault.message, "doctor-made-again", repair)


def _conditioning(settings: StudioSettings) -> Iterator[Finding]:
    for path in sorted(settings.conditioning_dir.rglob("*.safetensors")):
        try:
            manifest = read_manifest(beside(path))
            if manifest is not None:
                check_sums(path.parent, manifest)
            else:
                with safe_open(path, framework="numpy"):
                    pass  # its header and its length are right
        except (NotWhole, SafetensorError) as error:
            reason = error.message if isinstance(error, NotWhole) else Message("conditioning-unreadable")
            yield _damaged("conditioning", path.name[:12], reason, "doctor-made-again", _aside(settings, path, reason))


def _pictures(settings: StudioSettings) -> Iterator[Finding]:
    for path in sorted(settings.media_dir.glob("[0-9a-f][0-9a-f]/*")):
        if len(path.name) == 64 and sum_of(path) != path.name:
            reason = Message("file-changed", {"name": path.name[:12]})
            yield _damaged("pictures", path.name[:12], reason, "doctor-upload", _aside(settings, path, reason))


def _takes(settings: StudioSettings, database: sa.Engine) -> Iterator[Finding]:
    for take in _rows(database, Take):
        if take.status != "done":
            continue
        path = take_path(settings, take.id)
        if not path.is_file() and is_kept(settings, path):
            continue  # it is in the shared store, and checked when it is fetched
        try:
            check_take(settings=settings, take=take)
        except NotWhole as fault:

            def repair(take: Take = take, path: Path = path, reason: Message = fault.message) -> None:
                put_file_aside(settings, path, reason)
                _mend_take(settings, database, take)

            yield _damaged("takes", path.name, fault.message, "doctor-made-again", repair)


def _mend_take(settings: StudioSettings, database: sa.Engine, take: Take) -> None:
    """Join a take anew from its sections; where they are not there either, it is not done any more."""
    try:
        conform_take(settings=settings, take=take)
    except TakeLost as lost:
        with session_for(database) as session:
            fail_take(session=session, take_id=take.id, error=lost.message)
            session.commit()


def _films(settings: StudioSettings, database: sa.Engine) -> Iterator[Finding]:
    for film in _rows(database, Film):
        if film.status != "done":
            continue
        path = film_path(settings, film)
        if not path.is_file() and is_kept(settings, path):
            continue
        try:
            check_film(settings=settings, film=film)
        except NotWhole as fault:

            def repair(film: Film = film, path: Path = path, reason: Message = fault.message) -> None:
                put_file_aside(settings, path, reason)
                with session_for(database) as session:
                    row = session.get_one(Film, film.id)
                    row.status, row.error = "failed", stored(Message("film-lost"))
                    session.commit()

            yield _damaged("films", path.name, fault.message, "doctor-film-again", repair)


def _media_rows(settings: StudioSettings, database: sa.Engine) -> Iterator[Finding]:
    for media in _rows(database, Media):
        path = picture_path(settings, media.id)
        if not path.is_file() and not is_kept(settings, path):
            message = Message("doctor-no-file", {"name": media.name})
            yield Finding("pictures", "found", message, Message("doctor-upload"))


def _loras(settings: StudioSettings, database: sa.Engine) -> Iterator[Finding]:
    for lora in _rows(database, Lora):
        path = lora_file(settings, lora.id)
        if lora_is_there(settings, lora.id) if path is None else lora_sha256(path) == lora.id:
            continue
        message = Message("doctor-no-file", {"name": lora.file_name})
        if path is not None:
            reason = Message("file-changed", {"name": lora.file_name})
            message = Message("doctor-damaged", {"name": lora.name, "reason": reason})
        yield Finding("loras", "found", message, Message("doctor-add-lora"))


def _files_without_rows(settings: StudioSettings, database: sa.Engine) -> Iterator[Finding]:
    places: tuple[tuple[str, type[SQLModel], list[Path]], ...] = (
        ("takes", Take, sorted(settings.takes_dir.glob("*.mp4"))),
        ("films", Film, sorted(path for path in settings.films_dir.glob("*") if path.suffix in ENDINGS)),
        ("pictures", Media, sorted(settings.media_dir.glob("[0-9a-f][0-9a-f]/*"))),
    )
    now = time.time()
    for check, table, paths in places:
        with session_for(database) as session:
            for path in paths:
                settled = path.is_file() and now - path.stat().st_mtime > SETTLED_SECONDS
                if settled and session.get(table, path.stem) is None:
                    reason = Message("doctor-no-row", {"name": path.name})
                    yield Finding(check, "found", reason, Message("doctor-orphan"), _aside(settings, path, reason))


def _rows(database: sa.Engine, table: type[Row]) -> list[Row]:
    with session_for(database) as session:
        return list(session.exec(select(table)).all())


def _aside(settings: StudioSettings, path: Path, reason: Message) -> Callable[[], None]:
    return lambda: put_file_aside(settings, path, reason)


def _damaged(check: str, name: str, reason: Message, advice: str, repair: Callable[[], None]) -> Finding:
    message = Message("doctor-damaged", {"name": name, "reason": reason})
    return Finding(check, "found", message, Message(advice), repair)
