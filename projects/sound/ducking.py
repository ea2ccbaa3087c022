"""Lowering music under voices: where a voice really sounds, and how the music goes down and comes up again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from projects.sound.layers import Layer
from projects.sound.reading import RATE, Samples, samples_of

# The film is looked at in hundredths of a second.
STEP = RATE // 100
# So much below its loud parts a voice still counts as sounding, as long as anybody would hear it.
_BELOW_LOUD = 30.0
_FAINTEST = -60.0
# Seconds: the music is down when the voice begins, stays so over short pauses, and comes up slowly.
_DOWN, _PAUSE, _UP = 0.3, 0.7, 0.8


class Ducking:
    """The level of the music, in dB, through a film of ``samples`` samples: ``db`` lower where a voice sounds."""

    def __init__(self, layers: Sequence[Layer], samples: int, db: float) -> None:
        steps = -(-samples // STEP) + 1
        heard = np.zeros(steps, bool)
        known: dict[str, NDArray[np.bool_]] = {}
        for layer in layers:
            if layer.ducks:
                where = str(layer.path)
                if where not in known:
                    known[where] = voiced(layer)
                sounds = known[where][layer.skip // STEP :]
                first = layer.begin // STEP
                count = min(len(sounds), steps - first)
                heard[first : first + count] |= sounds[:count]
        self._factors = 10 ** (_levels(heard, db) / 20)

    def gain(self, first: int, count: int) -> NDArray[np.float32]:
        """The factor of each of the film's samples from ``first`` on."""
        places = np.arange(first, first + count) / STEP
        return np.asarray(np.interp(places, np.arange(len(self._factors)), self._factors), np.float32)


def voiced(layer: Layer) -> NDArray[np.bool_]:
    """In which hundredths of a second of its file a voice sounds."""
    powers: list[NDArray[np.float32]] = []
    rest: Samples = np.zeros((0, 2), np.float32)
    for piece in samples_of(layer.path, layer.name):
        rest = np.concatenate([rest, piece])
        whole = len(rest) // STEP
        powers.append(np.square(rest[: whole * STEP]).reshape(whole, -1).mean(axis=1))
        rest = rest[whole * STEP :]
    if len(rest):
        powers.append(np.square(rest).mean(keepdims=True)[0])
    levels = 10 * np.log10(np.concatenate(powers or [np.zeros(1, np.float32)]) + 1e-12)
    loud = levels[levels > _FAINTEST]
    if not len(loud):
        return np.zeros(len(levels), bool)
    return np.asarray(levels > max(_FAINTEST, float(np.percentile(loud, 95)) - _BELOW_LOUD))


def _levels(heard: NDArray[np.bool_], db: float) -> NDArray[np.float32]:
    """The music's level at each step: down before a voice, up after it, along half a wave of a cosine."""
    steps = np.arange(len(heard), dtype=np.float32)
    last = np.maximum.accumulate(np.where(heard, steps, -np.inf))
    following = np.minimum.accumulate(np.where(heard, steps, np.inf)[::-1])[::-1]
    a_second = RATE / STEP
    # 1 where the music is down, 0 where it is as loud as it is.
    before = 1 - (following - steps) / (_DOWN * a_second)
    after = 1 - (steps - last - _PAUSE * a_second) / (_UP * a_second)
    down = np.clip(np.maximum(before, after), 0.0, 1.0)
    # What lies between two words that are near each other stays down.
    down[following - last <= (_PAUSE + _DOWN) * a_second] = 1.0
    return np.asarray(-db * (0.5 - 0.5 * np.cos(np.pi * down)), np.float32)
