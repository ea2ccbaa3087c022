"""How loud a sound is (EBU R 128), and a limiter of its true peak; both by FFmpeg's filters, a piece at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

from projects.sound.reading import RATE, Samples

# Below this R 128 counts nothing as sound; a sound shorter than its shortest look, 0.4 s, has no loudness either.
_SILENCE = -70.0
# Between samples the wave goes higher than they do: it is limited where there are four times as many.
_OVERSAMPLED = 4 * RATE


@dataclass(frozen=True)
class Loudness:
    """Of a whole sound: ``lufs``, None for silence and what is too short, and the true peak in dB of full level."""

    lufs: float | None
    peak: float


def loudness_of(pieces: Iterable[Samples]) -> Loudness:
    """The loudness of a sound that is given as (n, 2) samples at 48 kHz."""
    said: dict[str, str] = {}
    for frame in _filtered(pieces, [("ebur128", "peak=true:metadata=1:framelog=quiet")]):
        said = dict(frame.metadata) or said
    lufs, peak = float(said.get("lavfi.r128.I", "nan")), float(said.get("lavfi.r128.true_peak", "0"))
    loud = lufs > _SILENCE
    return Loudness(lufs if loud else None, 20 * math.log10(max(peak, 1e-6)))


def louder(pieces: Iterable[Samples], decibels: float) -> Iterator[Samples]:
    """A sound louder by so many ``decibels``."""
    factor = np.float32(10 ** (decibels / 20))
    return (piece * factor for piece in pieces)


def limited(pieces: Iterable[Samples], ceiling: float) -> Iterator[Samples]:
    """A sound whose true peak stays under ``ceiling`` dB of full level: it is lowered a moment before each peak."""
    limit = 10 ** (ceiling / 20)
    filters = [
        ("aresample", f"{_OVERSAMPLED}:filter_size=16"),
        ("alimiter", f"limit={limit}:level=disabled:attack=4:release=80:latency=true"),
        ("aresample", f"{RATE}:filter_size=16"),
        ("aformat", "sample_fmts=flt:channel_layouts=stereo"),
    ]
    for frame in _filtered(pieces, filters):
        yield frame.to_ndarray().reshape(frame.samples, 2).astype(np.float32, copy=False)


def _filtered(pieces: Iterable[Samples], filters: Iterable[tuple[str, str]]) -> Iterator[av.AudioFrame]:
    graph = av.filter.Graph()
    last = source = graph.add_abuffer(sample_rate=RATE, format="flt", layout="stereo", time_base=Fraction(1, RATE))
    for name, options in filters:
        added = graph.add(name, options)
        last.link_to(added)
        last = added
    sink = graph.add("abuffersink")
    last.link_to(sink)
    graph.configure()
    count = 0
    for piece in pieces:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece).reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate, frame.pts = RATE, count
        count += len(piece)
        source.push(frame)
        yield from _ready(sink)
    source.push(None)
    yield from _ready(sink)


def _ready(sink: av.filter.context.FilterContext) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame
