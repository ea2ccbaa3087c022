"""Making sections a second time, aside, to see whether they come out the same. It leaves nothing behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from framepack.files.manifest import sum_of
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.generator.engine_holder import EngineHolder
from projects.settings import StudioSettings
from projects.storage.shared import picture_file, section_store


def same_again(
    *, settings: StudioSettings, chain: Sequence[PlannedShot], device: str, threads: int
) -> Mapping[str, bool]:
    """By the key of each unit of a chain whether it comes out as it is here, to the bit, latents and video alike.

    Everything is made anew on ``device`` in a folder of its own, also what was encoded. Units that are not here are
    left out. Raises WeightsChanged, ImageRejected and the engine's errors.
    """
    here = section_store(settings)
    first = chain[0].request
    images = {image for shot in chain for image in _images(shot)}
    pictures = {image: picture_file(settings, image) for image in images}
    with TemporaryDirectory(prefix="framepack-again-") as folder:
        # Only what is the engine's own stays where it is: the weights.
        aside = replace(settings, home=Path(folder))
        store = SectionStore(aside.sections_dir)
        holder = EngineHolder(settings=aside, device=device, threads=threads)
        try:
            with holder.engine(first.settings.checkpoint, first.identity) as engine:
                engine.prepare(chain, pictures, store)
                for place in range(len(chain)):
                    for _ in engine.render(tuple(chain), place, pictures, store):
                        pass
        finally:
            holder.release_if_idle(0.0)
        keys = [key for shot in chain for key, _ in shot.units if here.has(key) and here.fault(key) is None]
        return {key: _same(here, store, key) for key in keys}


def _same(one: SectionStore, other: SectionStore, key: str) -> bool:
    videos = sum_of(one.video(key)) == sum_of(other.video(key))
    return videos and bool(np.array_equal(one.latents(key), other.latents(key)))


def _images(shot: PlannedShot) -> set[str]:
    named = (shot.request.image, shot.request.end, *(beat.image for beat in shot.request.beats))
    return {image for image in named if image} | ({shot.request.past.video} if shot.request.past else set())
