"""Sounds made by numpy, and files of them in every kind that the studio takes."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000
# (ending, FFmpeg's container, codec) of what people have.
KINDS = {
    "wav": ("wav", "pcm_s16le"),
    "flac": ("flac", "flac"),
    "mp3": ("mp3", "libmp3lame"),
    "m4a": ("ipod", "aac"),
    "aac": ("adts", "aac"),
    "opus": ("ogg", "libopus"),
    "webm": ("webm", "libopus"),
}

Sound = NDArray[np.float32]


def tone(seconds: float, hertz: float = 440.0, level: float = 0.25) -> Sound:
    """A sine of two equal channels, (n, 2)."""
    times = np.arange(round(seconds * RATE)) / RATE
    return np.repeat((level * np.sin(2 * np.pi * hertz * times)).astype(np.float32)[:, None], 2, axis=1)


def noise(seconds: float, level: float = 0.1, seed: int = 0) -> Sound:
    """Noise of two unlike channels, (n, 2)."""
    return (level * np.random.default_rng(seed).standard_normal((round(seconds * RATE), 2))).astype(np.float32)


def silence(seconds: float) -> Sound:
    """Nothing, (n, 2)."""
    return np.zeros((round(seconds * RATE), 2), np.float32)


def write_sound(path: Path, sound: Sound, kind: str = "wav", rate: int = RATE, codec: str | None = None) -> Path:
    """Write ``sound``, (n, 1) or (n, 2), as one of KINDS."""
    container_format, usual = KINDS[kind]
    layout = "mono" if sound.shape[1] == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound).reshape(1, -1), format="flt", layout=layout)
    frame.sample_rate, frame.pts = RATE, 0
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec or usual, rate=rate, layout=layout)
        stream.codec_context.open()
        form = stream.codec_context.format.name
        resampler = av.AudioResampler(format=form, layout=layout, rate=rate, frame_size=stream.codec_context.frame_size)
        for made in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return path


def read_sound(path: Path) -> Sound:
    """All samples of a file, (n, channels), as PyAV has them."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    parts = [
        frame.to_ndarray().T if frame.format.is_planar else frame.to_ndarray().reshape(frame.samples, -1)
        for frame in frames
    ]
    sound = np.concatenate(parts)
    return (sound / -float(np.iinfo(sound.dtype).min) if sound.dtype.kind == "i" else sound).astype(np.float32)


def decibels(sound: Sound) -> float:
    """The mean level of a sound, dB of full level."""
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12))
