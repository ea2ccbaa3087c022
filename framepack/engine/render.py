"""Owns the making of a shot section by section: what is stored is found, what is missing is made and published.

It knows neither weights (``framepack.engine.engine``) nor what a project is.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framepack.conditioning.names import picture_name
from framepack.context.history import History
from framepack.engine.engine import Engine, Likeness, ShotInputs
from framepack.errors import SectionMissing
from framepack.sampling.sampler import SectionNoise
from framepack.shots.events import Conditioned, Event, Finished, SectionDone
from framepack.shots.keys import PlannedSection, PlannedShot, latents_key
from framepack.shots.spans import FRAMES_PER_LATENT, HISTORY_LATENTS, PIXELS_PER_LATENT
from framepack.store.section_store import SectionStore
from framepack.store.uncompared import await_comparison, compared, uncompared


@dataclass(frozen=True)
class _Shown:
    """What a shot shows of one stored unit."""

    key: str
    latents: int
    frames: int


@dataclass(frozen=True)
class Given:
    """What a shot has from before it, where it brings no picture of its own.

    ``anchor`` is the last latent before it, (1, 16, 1, h, w) fp32; ``embeds`` (1, m, c) is the picture embedding of
    what it continues, None where the plan names the picture.
    """

    anchor: Tensor
    embeds: Tensor | None = None


def render_shot(
    engine: Engine, chain: Sequence[PlannedShot], index: int, pictures: Mapping[str, Path], store: SectionStore
) -> Generator[Event, None, None]:
    """Make what is missing of shot ``index`` of ``chain``; the shots before it must be in ``store`` already.

    ``pictures`` maps the SHA-256 of pictures and videos to their files. Closing the iterator stops within one sampling
    step and keeps every finished section. Raises SectionMissing where an earlier shot is not there, ImageRejected,
    VideoRejected and WeightsDamaged.
    """
    shot = chain[index]
    begun = time.perf_counter()
    if all(store.is_whole(key) for key, _ in shot.units):
        yield from _found(shot)
        return
    earlier = [unit for before in chain[:index] for unit in _shown_units(before)]
    for unit in earlier:
        if not store.is_whole(unit.key):
            raise SectionMissing(unit.key)
    prepare_shots(engine, [shot], pictures, store)
    yield Conditioned(len(shot.made), _count_stored(shot, store))
    if shot.start:
        yield _start_unit(engine, shot, shot.start, pictures, store)
        earlier = [_start_shown(shot, shot.start)]
    history = _history(earlier, shot.span.first, store)
    given = Given(history.last_latent)
    yield from _sections(engine, shot, given, history, store)
    yield Finished(shot.span.frames, time.perf_counter() - begun)


def prepare_shots(
    engine: Engine, shots: Sequence[PlannedShot], pictures: Mapping[str, Path], store: SectionStore
) -> None:
    """Encode what ``shots`` need; ``pictures`` as for ``render_shot``.

    Where the encoder of pictures is loaded for that, sections that wait for it are compared with their pictures.
    Raises ImageRejected and WeightsDamaged.
    """

    def compare(like: Likeness) -> None:
        for one in uncompared(store, shots[0].request.identity):
            with suppress(SectionMissing):  # it was cleared away meanwhile
                found = like(store.last_frame(one.key), one.picture)
                if found is not None:
                    store.note_likeness(one.key, round(found, 4))
            compared(store, one.key)

    engine.prepare(shots, pictures, compare)


def render_continuation(
    engine: Engine, shot: PlannedShot, given: Given, history: History, store: SectionStore
) -> Generator[Event, None, None]:
    """Make what is missing of a shot whose past is not in the store but given: ``history`` and ``given``.

    The events are those of ``render_shot``, and so is what closing does.
    """
    begun = time.perf_counter()
    yield Conditioned(len(shot.made), _count_stored(shot, store))
    yield from _sections(engine, shot, given, history, store)
    yield Finished(shot.span.frames, time.perf_counter() - begun)


def shown_latents(shot: PlannedShot, store: SectionStore) -> Tensor:
    """All latents a rendered shot shows, (1, 16, T, h, w) fp32 on the CPU, behind those of a video before it.

    Raises SectionMissing.
    """
    return torch.cat([_stored(store, unit.key)[:, :, : unit.latents] for unit in _shown_units(shot)], dim=2)


def shown_last_frame(shot: PlannedShot, store: SectionStore) -> NDArray[np.uint8]:
    """The last frame a rendered shot shows, (H, W, 3) uint8 RGB. Raises SectionMissing."""
    last = _shown_units(shot)[-1]
    return store.frame(last.key, last.frames)


def _found(shot: PlannedShot) -> Iterator[Event]:
    yield Conditioned(len(shot.made), len(shot.made))
    if shot.start:
        yield SectionDone(shot.start, 0, 0.0)
    for section in shot.made:
        yield SectionDone(section.key, section.number, 0.0)
    yield Finished(shot.span.frames, 0.0)


def _start_unit(
    engine: Engine, shot: PlannedShot, key: str, pictures: Mapping[str, Path], store: SectionStore
) -> SectionDone:
    """The unit that a chain begins with.

    Of a picture it is its latent, and the one frame that shows it. Of a video that is gone on from it
    is the latents of its end, and its own pictures as they were encoded: of these nothing is shown.
    """
    begun = time.perf_counter()
    if store.is_whole(key):
        return SectionDone(key, 0, 0.0)
    request = shot.request
    if request.past is not None:
        latents, frames = engine.encode_past(request, request.past, pictures[request.past.video])
    else:
        assert request.image is not None, "a shot that opens its chain has a picture"
        latents = engine.encoded_picture(request, request.image, request.placement).latent
        frames = [engine.start_frame(request, latents, pictures)]
    store.publish(key, latents.numpy(), frames, engine.checkpoint.fps)
    return SectionDone(key, 0, time.perf_counter() - begun)


def _start_shown(shot: PlannedShot, key: str) -> _Shown:
    """What a chain has of its start unit."""
    past = shot.request.past
    return _Shown(key, past.latents, past.frames) if past else _Shown(key, 1, 1)


def _sections(
    engine: Engine, shot: PlannedShot, given: Given, history: History, store: SectionStore
) -> Iterator[Event]:
    make = _sections_backwards if engine.checkpoint.direction == "inverted" else _sections_forward
    try:
        yield from make(engine, shot, _Inputs(engine, shot, given), history, store)
    finally:
        engine.free_activations()


class _Inputs:
    """What each section of a shot is made from, worked out when it is asked for; sections of one beat share it."""

    def __init__(self, engine: Engine, shot: PlannedShot, given: Given) -> None:
        self._engine, self._shot, self._given = engine, shot, given
        self._known: dict[tuple[object, ...], ShotInputs] = {}
        self._noises: dict[int, SectionNoise] = {}

    def of(self, section: PlannedSection) -> ShotInputs:
        """The anchor and the conditioning of a section."""
        request = self._shot.request
        seen = (section.embedding_image, section.embedding_placement)
        key = (section.prompt, section.anchor_image, section.anchor_placement, *seen)
        if key not in self._known:
            embeds = self._engine.encoded_picture(request, *seen).embeds if section.embedding_image else None
            embeds = self._given.embeds if embeds is None else embeds
            assert embeds is not None, "a chain has a picture, and what continues a kept shot has that shot's"
            anchor = self._given.anchor
            shown = (section.anchor_image, section.anchor_placement)
            # A shot that opens its chain begins with its own picture, and its latent there is what counts.
            is_start = self._shot.start and not request.past and shown == (request.image, request.placement)
            if section.anchor_image and not is_start:
                picture = self._engine.encoded_picture(request, section.anchor_image, section.anchor_placement)
                anchor = picture.latent
            conditioning = self._engine.conditioning(request, section.prompt, embeds)
            self._known[key] = ShotInputs(request.settings, anchor, conditioning)
        return self._known[key]

    def end(self) -> Tensor | None:
        """The latent (1, 16, 1, h, w) fp32 of the picture that the shot is made towards from its end."""
        request = self._shot.request
        if not self._shot.begins_at_end or request.end is None:
            return None
        return self._engine.encoded_picture(request, request.end, request.end_placement).latent

    def noise(self, section: PlannedSection, draw: int) -> Tensor:
        """The ``draw``-th draw (from 1) of the section's seed, (1, 16, window, h, w) fp32."""
        if section.seed not in self._noises:
            settings = self._shot.request.settings
            height, width = settings.height // PIXELS_PER_LATENT, settings.width // PIXELS_PER_LATENT
            window = self._shot.span.window
            self._noises[section.seed] = SectionNoise(section.seed, window=window, height=height, width=width)
        return self._noises[section.seed].of(draw)


def _sections_forward(
    engine: Engine, shot: PlannedShot, inputs: _Inputs, history: History, store: SectionStore
) -> Iterator[Event]:
    for section in shot.made:
        begun = time.perf_counter()
        found = store.is_whole(section.key)
        if not found:
            noise = inputs.noise(section, section.number)
            latents = yield from engine.sample(inputs.of(section), section.number, history, noise)
            _publish(engine, store, shot, section, history, latents)
            yield from engine.notices()
        # Read back even when just made: another worker may have been first, and what is stored is what counts.
        history = _after(history, section, store)
        yield SectionDone(section.key, section.number, 0.0 if found else time.perf_counter() - begun)


def _sections_backwards(
    engine: Engine, shot: PlannedShot, inputs: _Inputs, history: History, store: SectionStore
) -> Iterator[Event]:
    """The original model's order: every section is sampled, the last one first, before the first can be decoded."""
    seconds = dict.fromkeys(shot.sections, 0.0)
    later = inputs.end()
    for made, section in enumerate(reversed(shot.made), start=1):
        begun = time.perf_counter()
        key = section.key
        if not store.is_whole(key) and not store.is_whole(latents_key(key)):
            sampled = yield from engine.sample_inverted(
                inputs.of(section), section.number, len(shot.made), later, inputs.noise(section, made)
            )
            store.publish_latents(latents_key(key), sampled.numpy())
            seconds[key] = time.perf_counter() - begun
        latents = _sampled(store, key)
        later = latents if later is None else torch.cat([latents, later], dim=2)[:, :, :HISTORY_LATENTS]
    for section in shot.made:
        begun = time.perf_counter()
        key = section.key
        if not store.is_whole(key):
            _publish(engine, store, shot, section, history, _sampled(store, key))
            yield from engine.notices()
            seconds[key] += time.perf_counter() - begun
        store.discard(latents_key(key))
        history = _after(history, section, store)
        yield SectionDone(key, section.number, seconds[key])


def _after(history: History, section: PlannedSection, store: SectionStore) -> History:
    """The history up to the last latent that is kept of a stored section."""
    latents = _stored(store, section.key)[:, :, : section.latents]
    return history.then(latents, store.frame(section.key, FRAMES_PER_LATENT * section.latents))


def _sampled(store: SectionStore, key: str) -> Tensor:
    """A section's latents from before it is decoded, or, where another worker has just decoded it, from then on."""
    try:
        return _stored(store, latents_key(key))
    except SectionMissing:
        return _stored(store, key)


def _publish(
    engine: Engine,
    store: SectionStore,
    shot: PlannedShot,
    section: PlannedSection,
    history: History,
    latents: Tensor,
) -> None:
    store.publish(section.key, latents.numpy(), engine.decode(history, latents), engine.checkpoint.fps)
    if section.embedding_image:
        settings, identity = shot.request.settings, shot.request.identity
        size = (settings.height, settings.width)
        picture = picture_name(identity, section.embedding_image, size, settings.fit, section.embedding_placement)
        await_comparison(store, section.key, identity=identity, picture=picture)


def _history(units: Sequence[_Shown], end: int, store: SectionStore) -> History:
    """The end of what ``units`` show, as far back as matters; the chain's latent after it is number ``end``."""
    tail: list[Tensor] = []
    for unit in reversed(units):
        tail.insert(0, _stored(store, unit.key)[:, :, : unit.latents])
        if sum(latents.shape[2] for latents in tail) >= HISTORY_LATENTS:
            break
    latents = torch.cat(tail, dim=2)[:, :, -HISTORY_LATENTS:]
    return History(latents, end - latents.shape[2], store.frame(units[-1].key, units[-1].frames))


def _shown_units(shot: PlannedShot) -> list[_Shown]:
    start = [_start_shown(shot, shot.start)] if shot.start else []
    return start + [_Shown(section.key, section.latents, section.frames) for section in shot.made]


def _stored(store: SectionStore, key: str) -> Tensor:
    return torch.from_numpy(store.latents(key))


def _count_stored(shot: PlannedShot, store: SectionStore) -> int:
    return sum(store.has(key) for key in shot.sections)
