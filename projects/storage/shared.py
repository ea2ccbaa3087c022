"""The store that several computers share (``StudioSettings.store``), in front of which each has its own home.

Finished files are named in it by where they lie in the home. Without such a store a file is here or nowhere. Whatever
asks it raises StoreAway where it does not answer.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from framepack.files.atomic import sync
from framepack.files.manifest import (
    FileFacts,
    Manifest,
    beside,
    check_sums,
    describe,
    read_manifest,
    sum_of,
    write_manifest,
)
from framepack.store.connection import StoreAway
from framepack.store.objects import ObjectStore
from framepack.store.section_store import SectionStore
from framepack.store.shared_sections import SharedSectionStore, note_use
from projects.settings import StudioSettings
from projects.storage.finished import is_there
from projects.storage.places import picture_path

# Each time the store answered just before.
TRIES_TO_PUBLISH = 10


def objects_of(settings: StudioSettings) -> ObjectStore | None:
    """The shared store, None where there is none: one a process."""
    return _opened(settings.store, settings.home, settings.store_patience) if settings.store else None


def store_answers(settings: StudioSettings) -> bool:
    """Whether there is no shared store, or it can be written and read now."""
    objects = objects_of(settings)
    try:
        if objects is not None:
            objects.check()
    except StoreAway:
        return False
    return True


def section_store(settings: StudioSettings) -> SectionStore:
    """The finished sections: of this home, and of the shared store where there is one."""
    objects = objects_of(settings)
    return (
        SectionStore(settings.sections_dir) if objects is None else SharedSectionStore(settings.sections_dir, objects)
    )


def name_in_store(settings: StudioSettings, path: Path) -> str:
    """The name under which a file of the home is in the store."""
    return path.relative_to(settings.home).as_posix()


def is_kept(settings: StudioSettings, path: Path) -> bool:
    """Whether a finished file is here, as ``is_there``, or in the store, as it was seen there lately: for pages.

    While the store does not answer it counts as being there: what is called finished was put there before.
    """
    if is_there(path):
        return True
    objects = objects_of(settings)
    if objects is None:
        return False
    try:
        return objects.seems_to_have(name_in_store(settings, path))
    except StoreAway:
        return True


def bring(settings: StudioSettings, path: Path) -> bool:
    """Whether a finished file is here, fetched from the store where it is not."""
    here = is_there(path)
    objects = objects_of(settings)
    if objects is None:
        return here
    if not here:
        here = _fetched(settings, objects, path)
    note_use(_noted_by(path))
    return here


def share_contents(settings: StudioSettings, path: Path, file: Path) -> None:
    """Bring into the store what will be the finished file ``path`` and lies in ``file``; nobody sees it there yet.

    It is the longer part of ``share``, to be done before a transaction that asks for a lease.
    """
    objects = objects_of(settings)
    if objects is not None:
        facts = FileFacts(file.stat().st_size, sum_of(file))
        objects.put_contents(name_in_store(settings, path), file.parent, Manifest({file.name: facts}))


def share(settings: StudioSettings, path: Path) -> None:
    """Have the finished file ``path``, which is here, be in the store with the same content."""
    objects = objects_of(settings)
    if objects is None:
        return
    name, manifest = name_in_store(settings, path), _manifest_of(path)
    if not objects.holds(name, manifest):
        objects.put(name, path.parent, manifest)


def publish_shared(settings: StudioSettings, path: Path) -> None:
    """The end of ``share``: have the finished file ``path`` be in the store, whose content ``share_contents`` put.

    It is tried once, in a transaction that asks for a lease; so it is called by ``publishing``.
    """
    objects = objects_of(settings)
    if objects is not None:
        objects.publish_at_once(name_in_store(settings, path), _manifest_of(path))


def publishing(put_contents: Callable[[], None], publish: Callable[[], None]) -> None:
    """Call ``put_contents``, which waits for the store, and then ``publish``, which does not; again if it is away then.

    Raises what they raise, and StoreAway where the store takes contents and no names.
    """
    for tries_left in reversed(range(TRIES_TO_PUBLISH)):
        put_contents()
        try:
            publish()
        except StoreAway:
            if not tries_left:
                raise
        else:
            return


def unshare(settings: StudioSettings, path: Path) -> None:
    """Take a file out of the store."""
    objects = objects_of(settings)
    if objects is not None:
        objects.delete(name_in_store(settings, path))


def bring_named_by_content(settings: StudioSettings, path: Path) -> Path:
    """``path``, whose name is the SHA-256 of its content; from the store where it is missing or damaged here.

    Where it is in neither there is no file, or the damaged one.
    """
    objects = objects_of(settings)
    if objects is not None:
        if not (path.is_file() and sum_of(path) == path.name):
            _fetched(settings, objects, path)
        note_use(path)
    return path


def picture_file(settings: StudioSettings, media_id: str) -> Path:
    """The file of a picture, sound or video, as ``bring_named_by_content``. Raises NotFound as ``picture_path``."""
    return bring_named_by_content(settings, picture_path(settings, media_id))


def share_named_by_content(settings: StudioSettings, path: Path) -> None:
    """Have the file ``path``, whose name is the SHA-256 of its content, be in the store."""
    objects = objects_of(settings)
    if objects is not None:
        name = name_in_store(settings, path)
        if not objects.has(name):
            objects.put(name, path.parent, Manifest({path.name: FileFacts(path.stat().st_size, path.name)}))


def folder_is_shared(settings: StudioSettings, folder: Path) -> bool:
    """Whether a folder of finished files is in the store, as ``is_kept``."""
    objects = objects_of(settings)
    try:
        return objects is not None and objects.seems_to_have(name_in_store(settings, folder))
    except StoreAway:
        return True


def share_folder(settings: StudioSettings, folder: Path) -> None:
    """Have a folder of finished files, which is here, be in the store."""
    objects = objects_of(settings)
    if objects is not None:
        name = name_in_store(settings, folder)
        manifest = describe([path for path in sorted(folder.iterdir()) if path.is_file()])
        if not objects.holds(name, manifest):
            objects.put(name, folder, manifest)


def bring_folder(settings: StudioSettings, folder: Path) -> None:
    """Fetch a folder of finished files that is not here from the store, if it is there."""
    objects = objects_of(settings)
    if objects is None:
        return
    with _aside(folder) as aside:
        if objects.fetch(name_in_store(settings, folder), aside) is not None:
            for path in aside.iterdir():
                sync(path)
            shutil.rmtree(folder, ignore_errors=True)
            aside.replace(folder)


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A folder beside ``path``, which is gone at the end if it was not moved."""
    aside = path.with_name(f".{path.name[:60]}.{uuid.uuid4().hex}.part")
    aside.mkdir(parents=True)
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _fetched(settings: StudioSettings, objects: ObjectStore, path: Path) -> bool:
    """Whether the file ``path`` was in the store, whole, and is in its place now, with its manifest if it has one."""
    with _aside(path) as aside:
        manifest = objects.fetch(name_in_store(settings, path), aside)
        if manifest is None or path.name not in manifest.files:
            return False
        sync(aside / path.name)
        (aside / path.name).replace(path)
        if manifest.files[path.name].sha256 != path.name:
            write_manifest(beside(path), manifest)
    return True


def _manifest_of(path: Path) -> Manifest:
    """What a finished file is like by its manifest, which has to be so. Raises NotWhole and FileNotFoundError."""
    manifest = read_manifest(beside(path))
    if manifest is None:
        return Manifest({path.name: FileFacts(path.stat().st_size, sum_of(path))})
    check_sums(path.parent, manifest)
    return manifest


def _noted_by(path: Path) -> Path:
    """The file by whose time it is noted when ``path`` was used last: not its own, by which its sum is remembered."""
    kept = beside(path)
    return kept if kept.is_file() else path


@lru_cache(maxsize=8)
def _opened(address: str, home: Path, patience: float) -> ObjectStore:
    return ObjectStore(address, home, patience)
