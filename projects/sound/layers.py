"""What sounds when in a film: each of its sound files as a layer, laid out by its timeline in samples of 48 kHz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from framepack.messages import Message
from projects.errors import StoryboardProblem
from projects.films.timeline import Timeline
from projects.sound.reading import RATE, Samples, samples_of, seconds_of


@dataclass(frozen=True)
class Layer:
    """A sound file in a film: from the film's sample ``begin`` on, until ``end`` at the latest.

    Its own first ``skip`` samples are left out. It is ``db`` louder, fades in and out over ``fade`` samples, and where
    ``loops`` is set begins anew at its end. ``ducks`` are voices; ``ducked`` is the music under them.
    """

    path: Path
    name: str
    begin: int
    end: int
    skip: int = 0
    db: float = 0.0
    fade: int = 0
    loops: bool = False
    ducks: bool = False
    ducked: bool = False


def layers_of(timeline: Timeline, files: Mapping[str, Path]) -> list[Layer]:
    """All that sounds in a film; ``files`` are by their media's id. Raises StoryboardProblem where one is gone."""
    layers = [*_music(timeline, files)]
    total = samples_in(timeline)
    for clip in timeline.clips:
        for sound in clip.sounds:
            path = files.get(sound.media_id)
            if path is None or not path.is_file():
                raise StoryboardProblem(Message("shot-sound-lost", {"shot": clip.label}))
            begin = round((Fraction(clip.start) / timeline.rate + Fraction(sound.at)) * RATE)
            layer = Layer(
                path=path,
                name=clip.label,
                begin=max(0, begin),
                end=total,
                skip=max(0, -begin),
                db=sound.db,
                ducks=sound.sort == "voice",
            )
            layers.append(layer)
    return [layer for layer in layers if layer.begin < layer.end]


def samples_in(timeline: Timeline) -> int:
    """How many samples a film lasts."""
    return round(Fraction(timeline.frames) / timeline.rate * RATE)


class Playing:
    """A layer while it is played: gives its samples, one stretch of the film after the other."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._pieces = self._endless() if layer.loops else self._once()
        self._at = layer.begin
        self._held: list[Samples] = []

    def read(self, first: int, count: int) -> tuple[int, Samples] | None:
        """What sounds of it between ``first`` and ``first + count``: where it begins there, and its samples."""
        end = min(first + count, self._layer.end)
        if end <= self._at:
            return None
        wanted, begun, parts = end - self._at, self._at, list[Samples]()
        while wanted > 0:
            piece = self._held.pop() if self._held else next(self._pieces, None)
            if piece is None:
                break
            if len(piece) > wanted:
                self._held.append(piece[wanted:])
                piece = piece[:wanted]
            parts.append(piece)
            wanted -= len(piece)
        if not parts:
            return None
        samples = np.concatenate(parts)
        self._at += len(samples)
        return begun - first, samples * self._gain(begun, len(samples))[:, None]

    def _gain(self, first: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        layer, level = self._layer, np.full(count, 10 ** (self._layer.db / 20), np.float32)
        if first < layer.begin + layer.fade or first + count > layer.end - layer.fade:
            places = np.arange(first, first + count, dtype=np.float32)
            nearest = np.minimum(places - layer.begin, layer.end - 1 - places) / max(1, layer.fade)
            level *= (0.5 - 0.5 * np.cos(np.pi * np.clip(nearest, 0.0, 1.0))).astype(np.float32)
        return level

    def _once(self) -> Iterator[Samples]:
        skip = self._layer.skip
        for piece in samples_of(self._layer.path, self._layer.name):
            if skip < len(piece):
                yield piece[skip:]
            skip = max(0, skip - len(piece))

    def _endless(self) -> Iterator[Samples]:
        sounded = True
        while sounded:
            sounded = False
            for piece in self._once():
                sounded = sounded or len(piece) > 0
                yield piece


def _music(timeline: Timeline, files: Mapping[str, Path]) -> Iterator[Layer]:
    film, total = timeline.settings, samples_in(timeline)
    if film.music is None:
        return
    path = files.get(film.music)
    if path is None or not path.is_file():
        raise StoryboardProblem(Message("music-lost"))
    begin, skip = round(film.music_at * RATE), round(film.music_start * RATE)
    end = total
    if film.music_fade and not film.music_loop:
        # Where it fades out has to be known before it is played.
        end = min(total, begin + max(0, round(seconds_of(path, "") * RATE) - skip))
    yield Layer(
        path=path,
        name=path.name[:12],
        begin=begin,
        end=end,
        skip=skip,
        db=film.music_db,
        fade=min(round(film.music_fade * RATE), max(0, end - begin) // 2),
        loops=film.music_loop,
        ducked=True,
    )
