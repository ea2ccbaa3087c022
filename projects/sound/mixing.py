"""The sound of a whole film in one file, as long as its pictures to the sample, and as loud as was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import av
import numpy as np

from framepack.files.atomic import replacing
from projects.films.timeline import Timeline
from projects.sound.ducking import Ducking
from projects.sound.layers import Layer, Playing, layers_of, samples_in
from projects.sound.loudness import Loudness, limited, louder, loudness_of
from projects.sound.reading import CHANNELS, RATE, Samples

# dB of full level: the true peak is to be below -1, also once the film's codec has added a little. Where no loudness is
# asked for, nothing is changed that full level can hold.
CEILING, FULL_LEVEL = -1.5, 0.0
# So far from the loudness that was asked for, in LU, and above the ceiling, in dB, is near enough.
_NEAR = 0.2
_MOST_TRIES = 5
# So much is in memory at a time: five seconds of each layer that sounds.
_PIECE = 5 * RATE
_SAMPLE_BYTES = 4 * CHANNELS

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Mix:
    """A film's sound that was made: how many samples it has, and how loud it is."""

    samples: int
    loudness: Loudness


def mix_sound(timeline: Timeline, files: Mapping[str, Path], out: Path, progress: Progress) -> Mix | None:
    """Write the sound of a film as the WAV file ``out``: 48 kHz, two channels, 24 bits, exactly as long as the film.

    ``files`` are the sounds by their media's id. None, and no file, where the film has no sound. ``progress`` is told
    the share that is done, 0 to 1, and may raise to give up; then no file is left. Raises StoryboardProblem or
    SoundRejected where a sound cannot be read, and OSError where the disk is full.
    """
    layers, total = layers_of(timeline, files), samples_in(timeline)
    if not layers:
        return None
    # The mix is kept aside, since it is gone through several times: 1.4 GB an hour.
    with TemporaryFile(dir=out.parent) as kept:
        ducked = timeline.settings.duck if any(layer.ducked for layer in layers) else 0.0
        ducking = Ducking(layers, total, ducked) if ducked and any(layer.ducks for layer in layers) else None
        for done, piece in _mixed(layers, total, ducking):
            kept.write(piece.tobytes())
            progress(0.6 * done / total)
        level = _levelled(kept, timeline.settings.loudness, progress)
        with replacing(out) as aside:
            _write(aside, _at(kept, level), total)
        progress(1.0)
        return Mix(total, level.result)


def _mixed(layers: Iterable[Layer], total: int, ducking: Ducking | None) -> Iterator[tuple[int, Samples]]:
    """How much is done, and the next piece of the film's sound."""
    waiting = sorted(layers, key=lambda layer: layer.begin, reverse=True)
    playing: list[tuple[Layer, Playing]] = []
    for first in range(0, total, _PIECE):
        length = min(_PIECE, total - first)
        while waiting and waiting[-1].begin < first + length:
            layer = waiting.pop()
            playing.append((layer, Playing(layer)))
        mixed = np.zeros((length, CHANNELS), np.float32)
        heard = [(layer, one, one.read(first, length)) for layer, one in playing]
        for layer, _, found in heard:
            if found is not None:
                at, samples = found
                if layer.ducked and ducking is not None:
                    samples = samples * ducking.gain(first + at, len(samples))[:, None]
                mixed[at : at + len(samples)] += samples
        playing = [(layer, one) for layer, one, found in heard if found is not None]
        yield first + length, mixed


# --- as loud as was asked ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Level:
    """A mix made ``gain`` dB louder and, where ``ceiling`` is given, kept under it; and how loud that is."""

    gain: float
    ceiling: float | None
    result: Loudness


def _levelled(kept: IO[bytes], asked: float | None, progress: Progress) -> _Level:
    """How the mix becomes as loud as ``asked`` for, in LUFS, without peaks that are too high.

    What a limiter takes away is made up for by more gain, step by step; what has high peaks and little between them
    may stay below.
    """
    as_mixed = loudness_of(_pieces_of(kept))
    most = FULL_LEVEL if asked is None else CEILING
    gain = 0.0 if asked is None or as_mixed.lufs is None else asked - as_mixed.lufs
    lufs = None if as_mixed.lufs is None else as_mixed.lufs + gain
    if as_mixed.peak + gain <= most:
        return _Level(gain, None, Loudness(lufs, as_mixed.peak + gain))
    ceiling = CEILING
    for number in range(_MOST_TRIES):
        tried = _Level(gain, ceiling, as_mixed)
        tried = replace(tried, result=loudness_of(_at(kept, tried)))
        progress(0.7 + 0.2 * number / _MOST_TRIES)
        short = 0.0 if asked is None or tried.result.lufs is None else asked - tried.result.lufs
        over = max(0.0, tried.result.peak - CEILING)
        if abs(short) <= _NEAR and over <= _NEAR:
            break
        gain += short
        ceiling -= over
    return tried


def _at(kept: IO[bytes], level: _Level) -> Iterator[Samples]:
    """The mix at a level."""
    pieces = louder(_pieces_of(kept), level.gain)
    return pieces if level.ceiling is None else limited(pieces, level.ceiling)


# --- files ------------------------------------------------------------------------------------------------------------


def _pieces_of(kept: IO[bytes]) -> Iterator[Samples]:
    kept.seek(0)
    while piece := kept.read(_PIECE * _SAMPLE_BYTES):
        yield np.frombuffer(piece, np.float32).reshape(-1, CHANNELS)


def _write(path: Path, pieces: Iterable[Samples], total: int) -> None:
    """Write exactly ``total`` samples; a filter may give a few more or fewer at the end."""
    # RF64, where it is needed: plain WAV ends at 4 GB.
    with av.open(str(path), "w", format="wav", options={"rf64": "auto"}) as container:
        stream = container.add_stream("pcm_s24le", rate=RATE, layout="stereo")
        written = 0
        for piece in _exactly(pieces, total):
            whole = np.clip(np.rint(piece * np.float32(2**23)), -(2**23), 2**23 - 1).astype(np.int32) << 8
            frame = av.AudioFrame.from_ndarray(whole.reshape(1, -1), format="s32", layout="stereo")
            frame.sample_rate, frame.pts = RATE, written
            written += len(piece)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _exactly(pieces: Iterable[Samples], total: int) -> Iterator[Samples]:
    left = total
    for piece in pieces:
        if left:
            yield piece[:left]
            left -= len(piece[:left])
    if left:
        yield np.zeros((left, CHANNELS), np.float32)
