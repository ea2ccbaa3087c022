"""Takes and films as files: a take from its sections, a film from its takes, by stream copy. It knows no database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from framepack.media.video import join
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


def join_takes(*, settings: StudioSettings, takes: Sequence[Take], out: Path) -> int:
    """Put finished takes one after another into the MP4 ``out``, whole or not at all; returns its number of frames.

    A continuing take begins with the frame after the last one of the take before, so nothing is doubled or dropped.
    """
    return join([(conform_take(settings=settings, take=take), take.frames) for take in takes], out)
