"""What a film is put together from: packets of takes as they are, and pieces, each named by what it is made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import av

from framepack.files.manifest import beside, check_sums, read_manifest, sum_of
from framepack.media.video import opened_video
from projects.composing.encoding import Canvas, headers_made, headers_of
from projects.composing.tracks import SoundCoding
from projects.films.timeline import CardSource, Source, TakeSource
from projects.frames.material import Parts, Sources
from projects.frames.picturing import Easel
from projects.frames.runs import Layer, Run
from projects.frames.samples import runs_on, sample_at

# Raised where the same recipe comes to give other pictures.
VERSION = 1
# A piece has so many frames at most; its bounds lie at multiples of it, so that a trim changes one piece only.
PIECE_FRAMES = 288


@dataclass(frozen=True)
class Copied:
    """``frames`` packets of a video file from the one numbered ``first`` on, a key frame."""

    path: Path
    first: int
    frames: int


@dataclass(frozen=True)
class Made:
    """A piece: the pictures of a run, encoded; ``name`` is a hash of all that it is made from."""

    name: str
    run: Run

    @property
    def frames(self) -> int:
        """How many it has."""
        return self.run.frames


Segment = Copied | Made


class Planner:
    """Plans films of ``sources`` for a canvas; ``copies`` allows taking over what needs no encoding."""

    def __init__(self, easel: Easel, canvas: Canvas, *, copies: bool) -> None:
        self._easel = easel
        self._canvas = canvas
        self._copies = copies
        self._keys: dict[Path, tuple[tuple[int, ...], tuple[object, ...]]] = {}
        self._sources: dict[Source, Any] = {}

    def segments(self, runs: Sequence[Run]) -> tuple[Segment, ...]:
        """What a film of ``runs`` is put together from, in order."""
        return tuple(segment for run in runs for segment in self._segments(run))

    def _segments(self, run: Run) -> Iterator[Segment]:
        layer = run.ground
        if not (run.is_plain and isinstance(layer, Layer) and self._may_copy(layer)):
            yield from self._made(run)
            return
        assert isinstance(layer.clip.source, TakeSource)
        done, base = 0, 0
        begin = layer.clip.first + layer.first
        for path, frames in self._easel.parts(layer.clip.source):
            first, end = max(begin + done - base, 0), min(begin + run.frames - base, frames)
            base += frames
            if end <= first:
                continue
            key = next((at for at in self._facts(path)[0] if at >= first), end)
            if key > first:
                yield from self._made(run.part(done, min(key, end) - first))
            if key < end:
                yield Copied(path, key, end - key)
            done += end - first

    def _made(self, run: Run) -> Iterator[Made]:
        """A run as pieces."""
        if run.over is not None or not isinstance(run.ground, Layer):
            yield Made(self._name(run), run)
            return
        layer = run.ground
        # What shows a take as it is counts by the take's frames, so that other trims come to the same bounds.
        number = layer.first + (layer.clip.first if runs_on(layer.clip, self._easel.rate) else 0)
        done = 0
        while done < run.frames:
            frames = min(PIECE_FRAMES - (number + done) % PIECE_FRAMES, run.frames - done)
            part = run.part(done, frames)
            yield Made(self._name(part), part)
            done += frames

    # --- what can be taken over ---------------------------------------------------------------------------------------

    def _may_copy(self, layer: Layer) -> bool:
        clip = layer.clip
        if not self._copies or not runs_on(clip, self._easel.rate) or not isinstance(clip.source, TakeSource):
            return False
        return all(self._facts(path)[1] == self._headers for path, _ in self._easel.parts(clip.source))

    @cached_property
    def _headers(self) -> tuple[object, ...]:
        return headers_made(self._canvas)

    def _facts(self, path: Path) -> tuple[tuple[int, ...], tuple[object, ...]]:
        """The numbers of a video file's key frames, and its headers."""
        if path not in self._keys:
            with opened_video(path) as container:
                stream = container.streams.video[0]
                keys = tuple(number for number, entry in enumerate(stream.index_entries) if entry.is_keyframe)
                self._keys[path] = keys, headers_of(stream)
        return self._keys[path]

    # --- names --------------------------------------------------------------------------------------------------------

    def _name(self, run: Run) -> str:
        recipe = {
            "version": VERSION,
            "rate": str(self._canvas.rate),
            "size": [self._canvas.width, self._canvas.height],
            "coding": [self._canvas.coding.encoder, self._canvas.coding.options, self._canvas.coding.bits],
            # Another version of an encoder may write other headers.
            "encoders": av.library_versions["libavcodec"],
            "frames": run.frames,
            "ground": self._described(run.ground, run.frames) if isinstance(run.ground, Layer) else run.ground,
            "over": None if run.over is None else self._described(run.over, run.frames),
            "mix": None if run.mix is None else [run.mix.kind, run.mix.first, run.mix.frames],
            "overlays": [[one.key, run.start - one.start, one.end - run.start, one.fade] for one in run.overlays],
        }
        enlarger = self._easel.sources.enlarger
        return _hash(recipe if enlarger is None else {**recipe, "enlarger": enlarger.key})

    def _described(self, layer: Layer, frames: int) -> dict[str, Any]:
        clip = layer.clip
        places = range(layer.first, layer.first + frames)
        samples = [sample_at(clip, self._easel.rate, place) for place in places]
        mixed = any(len(sample.frames) > 1 for sample in samples)
        correction = layer.correction
        return {
            "source": self._source(clip.source),
            "samples": [[*sample.frames, *sample.weights] if mixed else sample.frames[0] for sample in samples],
            "between": clip.between if mixed else None,
            "move": None if clip.move == "none" else [clip.move, layer.first, clip.frames],
            "correction": correction
            and [correction.gains, correction.means, correction.offsets, layer.first, layer.over],
        }

    def _source(self, source: Source) -> Any:
        if source not in self._sources:
            self._sources[source] = source_key(self._easel, source)
        return self._sources[source]


def source_key(easel: Easel, source: Source) -> Any:
    """What names a source by its content. Raises NotWhole where a file is not what it was when it was finished."""
    if isinstance(source, TakeSource):
        return ["take", *([_sum_of(path), frames] for path, frames in _shown(easel.sources, source))]
    if isinstance(source, CardSource):
        return ["card", hashlib.sha256(easel.card(source).tobytes()).hexdigest()]
    return ["still", sum_of(easel.sources.pictures[source.media_id]), list(source.place)]


def sound_name(sound: str, coding: SoundCoding, seconds: Fraction) -> str:
    """What names the encoded sound of a film, from the hash of the sound and how it is encoded."""
    recipe = [VERSION, "sound", sound, coding.encoder, coding.container, coding.bits, coding.options, str(seconds)]
    return _hash([*recipe, av.library_versions["libavcodec"]])


def _hash(recipe: Any) -> str:
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def _shown(sources: Sources, source: TakeSource) -> Parts:
    return sources.takes[source.take_id]


def _sum_of(path: Path) -> str:
    manifest = read_manifest(beside(path))
    if manifest is not None:
        check_sums(path.parent, manifest)
    return sum_of(path)
