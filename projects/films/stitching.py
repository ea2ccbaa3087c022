"""Takes and films as files: a take from its sections, a film from its takes, by stream copy. It knows no database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from framepack.media.video import join, probe
from framepack.store.section_store import SectionStore
from projects.database.tables import Take
from projects.settings import StudioSettings
from projects.storage.places import take_path


def conform_take(*, settings: StudioSettings, take: Take) -> Path:
    """The take as one MP4, made from its sections where it is not there yet. Raises the engine's SectionMissing."""
    path = take_path(settings, take.id)
    if not path.is_file():
        store = SectionStore(settings.sections_dir)
        join([(store.video(key), frames) for key, frames in take.units], path)
    return path


def join_takes(*, settings: StudioSettings, parts: Sequence[tuple[Take, int]], out: Path) -> int:
    """Put the first frames of finished takes, each (take, how many), one after another into the MP4 ``out``.

    It is written whole or not at all; returns its number of frames. A continuing take begins with the frame after the
    last one of the take before, so nothing is doubled or dropped.
    """
    files = [file for take, frames in parts for file in _files(settings, take, frames)]
    return join(files, out)


def _files(settings: StudioSettings, take: Take, frames: int) -> list[tuple[Path, int]]:
    """The files, and how many frames of each, that are the first ``frames`` of a take.

    Those it does not show itself are taken from its last section, as far as that is there and has them.
    """
    if frames > take.frames:
        store = SectionStore(settings.sections_dir)
        if all(store.has(key) for key, _ in take.units):
            units = [(store.video(key), shown) for key, shown in take.units]
            last, shown = units[-1]
            return [*units[:-1], (last, min(shown + frames - take.frames, probe(last).frames))]
    return [(conform_take(settings=settings, take=take), min(frames, take.frames))]
