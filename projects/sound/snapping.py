"""Cuts that would fall on the beats of a film's music, if the shots before them were a little shorter or longer.

What comes later moves along, so that each shot keeps its own length but for that. It is a suggestion; ``trim`` of each
is what its shot would have. Joins at which a shot goes on from the one before stay: nobody sees a cut there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from projects.database.tables import Shot
from projects.films.timeline import CardSource, Clip, Timeline
from projects.sound.beats import snap

# So much of a shot is left at least, beside what its transitions take.
LEAST_SECONDS = 0.5


@dataclass(frozen=True)
class Retrim:
    """A shot whose end would move from ``at`` to ``to`` seconds of the film, by ``seconds`` more or less of the shot.

    ``field`` of the shot would be ``trim`` seconds. ``at`` counts what moved before it.
    """

    shot_id: str
    label: str
    field: Literal["trim_start", "trim_end"]
    trim: float
    at: float
    to: float

    @property
    def seconds(self) -> float:
        """How much longer the shot would be; negative where it would be shorter."""
        return self.to - self.at


def beats_in(timeline: Timeline, beats: Sequence[float], seconds: float) -> tuple[float, ...]:
    """When the ``beats`` of a film's music, a file of so many ``seconds``, fall in the film, in seconds of it."""
    film = timeline.settings
    heard = [beat - film.music_start for beat in beats if beat >= film.music_start]
    lasts = seconds - film.music_start
    times = 1
    if film.music_loop and lasts > 0:
        times = int(max(0.0, timeline.seconds - film.music_at) / lasts) + 1
    found = (film.music_at + turn * lasts + beat for turn in range(times) for beat in heard)
    return tuple(beat for beat in found if beat <= timeline.seconds)


def on_beats(
    timeline: Timeline, shots: Mapping[str, Shot], beats: Sequence[float], within: float
) -> tuple[Retrim, ...]:
    """How the ``shots`` (by id) of a film would be trimmed, for its cuts to fall on ``beats`` (seconds of the film).

    A cut moves by at most ``within`` seconds; where a shot has nothing more to show, only to an earlier beat.
    """
    found: list[Retrim] = []
    moved, last = Fraction(0), 0.0
    for clip, following in pairwise(timeline.clips):
        at = float(following.cut / timeline.rate + moved)
        shot = shots.get(clip.shot_id or "")
        if shot is not None and not following.joined:
            field: Literal["trim_start", "trim_end"] = "trim_start" if clip.reverse else "trim_end"
            shorter, longer = _room(clip, following, getattr(shot, field), timeline.rate)
            least, most = max(at - shorter, last + LEAST_SECONDS), at + longer
            reachable = beats[bisect_left(beats, least) : bisect_right(beats, most)]
            for one in snap([at], reachable, within):
                frames = round(Fraction(one.to - at) * _pace(clip))
                trim = Fraction(getattr(shot, field)) - Fraction(frames) / _source_rate(clip)
                if frames:
                    to = at + float(frames / _pace(clip))
                    found.append(Retrim(shot.id, shot.label, field, round(max(0.0, float(trim)), 6), at, to))
                    moved += frames / _pace(clip)
                    at = to
        last = at
    return tuple(found)


def _room(clip: Clip, following: Clip, trimmed: float, rate: Fraction) -> tuple[float, float]:
    """How many seconds of the film a clip can be shorter and longer."""
    led = clip.lead.frames + following.lead.frames
    shown = float((clip.frames - clip.hold_first - clip.hold_last - led) / rate)
    return max(0.0, shown - LEAST_SECONDS), trimmed / clip.speed


def _source_rate(clip: Clip) -> Fraction:
    assert not isinstance(clip.source, CardSource)
    return clip.source.rate


def _pace(clip: Clip) -> Fraction:
    """How many frames of its source a clip shows in a second of the film."""
    return _source_rate(clip) * Fraction(clip.speed)
