"""The beats of music, found by librosa, and cuts that would fall on them: a suggestion, nothing is changed."""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from projects.database.tables import Media
from projects.settings import StudioSettings
from projects.sound.reading import RATE, samples_of
from projects.storage.derived import deriving, is_as_made
from projects.storage.places import beats_path
from projects.storage.shared import picture_file

# What librosa expects: 23 ms from one look at the music to the next, from the middle of each 93 ms.
_RATE = 22_050
_HOP = 512
_WINDOW = 2048
# So much is looked at at a time, so that memory does not grow with the music's length.
_LOOKED_AT = 1024 * _HOP


@dataclass(frozen=True)
class Snap:
    """A suggestion: the cut number ``number`` would lie at ``to`` seconds instead of ``at``."""

    number: int
    at: float
    to: float


def beats_of(path: Path, name: str = "") -> tuple[float, ...]:
    """When the beats of a sound file fall, in seconds; none where it has no rhythm. Raises SoundRejected."""
    # It takes a second to load, and brings a compiler.
    from librosa.beat import beat_track

    onsets = np.concatenate([*_onsets(path, name), np.zeros(1, np.float32)])
    if not onsets.any():
        return ()
    _, beats = beat_track(onset_envelope=onsets, sr=_RATE, hop_length=_HOP, units="time")
    return tuple(round(float(beat), 3) for beat in np.asarray(beats))


def known_beats(settings: StudioSettings, media: Media) -> tuple[float, ...] | None:
    """The beats of a kept sound, None where nobody asked for them yet."""
    path = beats_path(settings, media.id)
    return tuple(json.loads(path.read_bytes())) if is_as_made(path) else None


def kept_beats(settings: StudioSettings, media: Media) -> tuple[float, ...]:
    """The beats of a kept sound; they are found when they are first asked for."""
    known = known_beats(settings, media)
    if known is not None:
        return known
    path = beats_path(settings, media.id)
    found = beats_of(picture_file(settings, media.id), media.name)
    with deriving(path) as aside:
        aside.write_text(json.dumps(found), encoding="utf-8")
    return found


def snap(cuts: Sequence[float], beats: Sequence[float], within: float = 0.25) -> tuple[Snap, ...]:
    """The cuts of a film that would fall on a beat of its music, if each were moved by at most ``within`` seconds.

    Both are seconds of the film, in order. Of two cuts only the nearer one is moved to a beat, no cut past another one.
    """
    found: dict[float, Snap] = {}
    for number, cut in enumerate(cuts):
        at = bisect(beats, cut)
        near = min(beats[max(0, at - 1) : at + 1], key=lambda beat: abs(beat - cut), default=None)
        before = cuts[number - 1] if number else -1.0
        after = cuts[number + 1] if number + 1 < len(cuts) else float("inf")
        if near is None or abs(near - cut) > within or not before < near < after:
            continue
        other = found.get(near)
        if other is None or abs(near - cut) < abs(near - other.at):
            found[near] = Snap(number, cut, near)
    return tuple(sorted((one for one in found.values() if one.to != one.at), key=lambda one: one.number))


def _onsets(path: Path, name: str) -> Iterator[NDArray[np.float32]]:
    """How much sets in at each look, a piece of the music at a time. Pieces overlap, so that nothing is at an edge."""
    from librosa import power_to_db
    from librosa.feature import melspectrogram
    from librosa.onset import onset_strength

    lead = _WINDOW + 2 * _HOP
    held = np.zeros(lead, np.float32)
    ended = False
    pieces = _mono(path, name)
    while not ended:
        parts = [held]
        length = len(held)
        while length < lead + _LOOKED_AT + lead and not ended:
            piece = next(pieces, None)
            ended = piece is None
            if piece is not None:
                parts.append(piece)
                length += len(piece)
        samples = np.concatenate(parts)
        looked_at = len(samples) - lead if ended else _LOOKED_AT
        looks = -(-max(0, looked_at) // _HOP)
        padded = np.pad(samples, (0, max(0, (looks + 1) * _HOP + 2 * lead - len(samples))))
        power = melspectrogram(y=padded, sr=_RATE, hop_length=_HOP, n_fft=_WINDOW)
        strength = onset_strength(S=power_to_db(power, top_db=None, amin=1e-7), sr=_RATE)
        skipped = lead // _HOP
        yield strength[skipped : skipped + looks].astype(np.float32)
        held = samples[_LOOKED_AT:]


def _mono(path: Path, name: str) -> Iterator[NDArray[np.float32]]:
    """One channel at librosa's rate."""
    import soxr

    resampler = soxr.ResampleStream(RATE, _RATE, 1, dtype="float32")
    for samples in samples_of(path, name):
        yield resampler.resample_chunk(samples.mean(axis=1))
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
