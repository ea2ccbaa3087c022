"""Takes as files, put together from their sections by stream copy, and whether takes and films are whole."""

from __future__ import annotations

from pathlib import Path

from framepack.errors import SectionMissing
from framepack.files.manifest import NotWhole, beside, check_sums, read_manifest
from framepack.media.video import decode_whole, join, probe, shows
from framepack.messages import Message
from projects.database.tables import Film, Take
from projects.errors import StudioError
from projects.settings import StudioSettings
from projects.storage.finished import finish_file, is_there, put_file_aside
from projects.storage.places import film_path, take_path
from projects.storage.shared import bring, section_store, share
from projects.stories.telling import comment_of_take


class TakeLost(StudioError):
    """A take's file is not there any more, and its sections are not all there either."""

    def __init__(self, take: Take) -> None:
        super().__init__(Message("take-lost", {"number": take.number}))
        self.take = take


def conform_take(*, settings: StudioSettings, take: Take) -> Path:
    """The take as one whole MP4, made from its sections where it is not there or not whole. Raises TakeLost."""
    path = take_path(settings, take.id)
    if not take_is_whole(settings=settings, take=take):
        finish_file(path, join_take(settings=settings, take=take, out=path))
        share(settings, path)
    return path


def join_take(*, settings: StudioSettings, take: Take, out: Path) -> int:
    """Put a take together from its sections as the MP4 ``out``; returns how many frames it has. Raises TakeLost."""
    store = section_store(settings)
    try:
        parts = [(store.video(key), frames) for key, frames in take.units]
    except SectionMissing:
        raise TakeLost(take) from None
    return join(parts, out, comment_of_take(take))


def take_is_whole(*, settings: StudioSettings, take: Take) -> bool:
    """Whether the take's file is what it was when it was finished. One that is not is put aside."""
    path = take_path(settings, take.id)
    try:
        _check_brought(settings, take)
    except NotWhole as fault:
        put_file_aside(settings, path, fault.message)
    else:
        return True
    # It may be whole in the store, where it was damaged here.
    return bring(settings, path) and _is_of(path, take)


def _check_brought(settings: StudioSettings, take: Take) -> None:
    """As ``check_take``, of the file from the shared store where it is not here."""
    path = take_path(settings, take.id)
    if not is_there(path) and bring(settings, path) and not _is_of(path, take):
        raise NotWhole(Message("take-differs", {"name": path.name}))
    check_take(settings=settings, take=take)


def _is_of(path: Path, take: Take) -> bool:
    """Whether a finished file shows as many frames as the take does now."""
    manifest = read_manifest(beside(path))
    return manifest is not None and manifest.frames == take.frames


def check_take(*, settings: StudioSettings, take: Take) -> None:
    """Raise NotWhole unless the take's file is what it was when it was finished.

    One that was made before there were manifests is compared with its sections, or decoded where they are not all
    there, and gets its manifest.
    """
    path = take_path(settings, take.id)
    if _is_known(path):
        return
    try:
        store = section_store(settings)
        parts = [(store.video(key), frames) for key, frames in take.units]
    except SectionMissing:
        _check_decoded(path, take.frames)
    else:
        if not shows(path, parts):
            raise NotWhole(Message("take-differs", {"name": path.name}))
    finish_file(path, take.frames)


def check_film(*, settings: StudioSettings, film: Film) -> None:
    """Raise NotWhole unless the film's file is what it was when it was finished; as ``check_take`` otherwise."""
    path = film_path(settings, film)
    if not _is_known(path):
        _check_decoded(path, film.frames)
        finish_file(path, film.frames)


def files_of_take(settings: StudioSettings, take: Take, frames: int) -> list[tuple[Path, int]]:
    """The files, and how many frames of each, that are the first ``frames`` of a take.

    Those it does not show itself are taken from its last section, as far as that is there and has them.
    """
    if frames > take.frames:
        store = section_store(settings)
        if all(store.is_whole(key) for key, _ in take.units):
            units = [(store.video(key), shown) for key, shown in take.units]
            last, shown = units[-1]
            return [*units[:-1], (last, min(shown + frames - take.frames, probe(last).frames))]
    return [(conform_take(settings=settings, take=take), min(frames, take.frames))]


def _is_known(path: Path) -> bool:
    """Whether the file has a manifest, and then is what that says. Raises NotWhole where it is not, or not there."""
    if not path.is_file():
        raise NotWhole(Message("file-gone", {"name": path.name}))
    manifest = read_manifest(beside(path))
    if manifest is not None:
        check_sums(path.parent, manifest)
    return manifest is not None


def _check_decoded(path: Path, expected: int) -> None:
    frames, _ = decode_whole(path)
    if frames != expected:
        raise NotWhole(Message("video-frames", {"frames": frames, "expected": expected}))
