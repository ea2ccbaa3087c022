"""Which frames of its source a frame of a clip is made of, and how much of each. Pure arithmetic, exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from projects.films.timeline import Clip, TakeSource


@dataclass(frozen=True)
class Sample:
    """What a frame of a film is made of: ``frames`` of a source, in order, and how much of each; all are 1 together."""

    frames: tuple[int, ...]
    weights: tuple[float, ...] = (1.0,)


def sample_at(clip: Clip, rate: Fraction, number: int) -> Sample:
    """What frame ``number`` (0 is its first) of a clip of a film with ``rate`` frames a second is made of."""
    if not isinstance(clip.source, TakeSource):
        return Sample((0,))
    shown = clip.frames - clip.hold_first - clip.hold_last
    place = min(max(number - clip.hold_first, 0), shown - 1)
    step = clip.source.rate / rate * Fraction(clip.speed)
    if clip.between == "repeat":
        return Sample((_placed(clip, floor(place * step)),))
    if clip.between == "blend" and step > 1:
        return _covered(clip, place * step, step)
    return _between(clip, place * step)


def runs_on(clip: Clip, rate: Fraction) -> bool:
    """Whether each frame of the clip is the one of its source that follows the one before."""
    return clip.plain and isinstance(clip.source, TakeSource) and clip.source.rate == rate


def _between(clip: Clip, at: Fraction) -> Sample:
    """The frames on either side of a place that lies between them."""
    at = min(at, Fraction(clip.count - 1))
    lower = floor(at)
    if at == lower:
        return Sample((_placed(clip, lower),))
    part = float(at - lower)
    ends = ((_placed(clip, lower), 1.0 - part), (_placed(clip, lower + 1), part))
    return _sample(ends)


def _covered(clip: Clip, begin: Fraction, length: Fraction) -> Sample:
    """All frames that are over while one frame of the film is shown, as a camera would see them."""
    begin = min(begin, Fraction(clip.count - 1))
    end = min(begin + length, Fraction(clip.count))
    parts = []
    for frame in range(floor(begin), ceil(end)):
        part = min(end, Fraction(frame + 1)) - max(begin, Fraction(frame))
        parts.append((_placed(clip, frame), float(part / (end - begin))))
    return _sample(parts)


def _sample(parts: list[tuple[int, float]] | tuple[tuple[int, float], ...]) -> Sample:
    ordered = sorted(parts)
    return Sample(tuple(frame for frame, _ in ordered), tuple(weight for _, weight in ordered))


def _placed(clip: Clip, place: int) -> int:
    """The source's frame at a place of what the clip shows."""
    place = min(place, clip.count - 1)
    return clip.first + (clip.count - 1 - place if clip.reverse else place)
