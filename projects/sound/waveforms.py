"""What a sound looks like: its lowest and highest sample for each point of a line, drawn from left to right."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from projects.database.tables import Media
from projects.settings import StudioSettings
from projects.sound.reading import RATE, samples_of
from projects.storage.derived import deriving, is_as_made
from projects.storage.places import waveform_path
from projects.storage.shared import picture_file

# What pages draw, from the narrowest to the widest.
WAVEFORM_POINTS = (400, 1600, 6400)
# The extremes are kept of so many samples at first, until it is known how long the sound is: 5 ms.
_STEP = RATE // 200


@dataclass(frozen=True)
class Waveform:
    """A sound of ``seconds`` as ``peaks``: (lowest, highest) of each of its equal pieces, -1 to 1 at full level."""

    seconds: float
    peaks: tuple[tuple[float, float], ...]


def waveform(path: Path, points: int, name: str = "") -> Waveform:
    """The waveform of a sound file with ``points`` points. Raises SoundRejected, which calls it ``name``."""
    lows: list[NDArray[np.float32]] = []
    highs: list[NDArray[np.float32]] = []
    rest = np.zeros((0, 2), np.float32)
    count = 0
    for samples in samples_of(path, name):
        count += len(samples)
        rest = np.concatenate([rest, samples]) if len(rest) else samples
        whole = len(rest) // _STEP
        if whole:
            steps = rest[: whole * _STEP].reshape(whole, -1)
            lows.append(steps.min(axis=1))
            highs.append(steps.max(axis=1))
            rest = rest[whole * _STEP :]
    if len(rest):
        lows.append(rest.min(keepdims=True)[0])
        highs.append(rest.max(keepdims=True)[0])
    low, high = np.concatenate(lows or [np.zeros(1, np.float32)]), np.concatenate(highs or [np.zeros(1, np.float32)])
    # A point shows at least one step, so that a very short sound is a line, too.
    begins = np.linspace(0, len(low), points, endpoint=False).astype(int)
    shown = zip(np.minimum.reduceat(low, begins).tolist(), np.maximum.reduceat(high, begins).tolist(), strict=True)
    peaks = tuple((round(max(-1.0, least), 3), round(min(1.0, most), 3)) for least, most in shown)
    return Waveform(count / RATE, peaks)


def kept_waveform(settings: StudioSettings, media: Media, points: int) -> Waveform:
    """The waveform of a kept sound, with one of WAVEFORM_POINTS; made when first asked for, again where damaged."""
    path = waveform_path(settings, media.id, points)
    if is_as_made(path):
        kept = json.loads(path.read_bytes())
        return Waveform(kept["seconds"], tuple((low, high) for low, high in kept["peaks"]))
    made = waveform(picture_file(settings, media.id), points, media.name)
    with deriving(path) as aside:
        aside.write_text(json.dumps({"seconds": made.seconds, "peaks": made.peaks}), encoding="utf-8")
    return made
