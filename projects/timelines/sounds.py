"""What a film's audio tracks play, as every format of editing programs can say it: its music, and the sounds of shots.

All positions and lengths are samples at 48 kHz, so that formats that count frames alone round. It knows no format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, get_args

from projects.films.timeline import Timeline
from projects.sound.layers import samples_in
from projects.sound.reading import RATE
from projects.timelines.media import FilmMedia

Sort = Literal["music", "voice", "sound"]
SORTS: tuple[Sort, ...] = get_args(Sort)
# A day.
_MOST_SAMPLES = 24 * 3600 * RATE
_LEVELS = (-120.0, 60.0)


@dataclass(frozen=True)
class SoundPiece:
    """What is heard of one sound file: from the film's sample ``begin`` on its ``samples`` from ``source_in`` on.

    ``shot_id`` is the shot whose sound it is, ``source_id`` the sound, ``file`` what its file is called; ``db`` is how
    much louder it is.
    """

    begin: int
    samples: int
    source_in: int = 0
    db: float = 0.0
    sort: Sort = "sound"
    shot_id: str | None = None
    source_id: str | None = None
    file: str = ""

    @property
    def end(self) -> int:
        """The film's sample after its last."""
        return self.begin + self.samples


def sounds_of_film(timeline: Timeline, media: FilmMedia) -> tuple[SoundPiece, ...]:
    """What is heard in a film, as far as its files are there: its music first, as often as it begins anew."""
    total = samples_in(timeline)
    found = [*_music(timeline, media, total)]
    for clip in timeline.clips:
        for sound in clip.sounds:
            file = media.files.get(sound.media_id)
            if file is None:
                continue
            begin = round((Fraction(clip.start) / timeline.rate + Fraction(sound.at)) * RATE)
            skip = max(0, -begin)
            samples = min(file.frames - skip, total - max(0, begin))
            found.append(
                SoundPiece(max(0, begin), samples, skip, sound.db, sound.sort, clip.shot_id, sound.media_id, file.name)
            )
    return tuple(piece for piece in found if piece.samples > 0)


def _music(timeline: Timeline, media: FilmMedia, total: int) -> Iterator[SoundPiece]:
    film = timeline.settings
    file = media.files.get(film.music or "")
    if file is None:
        return
    at, skip = round(film.music_at * RATE), round(film.music_start * RATE)
    while at < total and file.frames > skip:
        samples = min(file.frames - skip, total - at)
        yield SoundPiece(at, samples, skip, film.music_db, "music", None, film.music, file.name)
        if not film.music_loop:
            return
        at += samples


def tracks_of(sounds: Sequence[SoundPiece]) -> list[list[SoundPiece]]:
    """The sounds on as few tracks as there must be: music, voices and others apart, and none over another."""
    tracks: list[list[SoundPiece]] = []
    for sort in SORTS:
        own: list[list[SoundPiece]] = []
        for piece in sorted((one for one in sounds if one.sort == sort), key=lambda one: one.begin):
            free = next((track for track in own if track[-1].end <= piece.begin), None)
            if free is None:
                own.append([piece])
            else:
                free.append(piece)
        tracks += own
    return tracks


def frames_at(samples: int, rate: Fraction) -> int:
    """Samples as frames of the film."""
    return round(Fraction(samples, RATE) * rate)


def samples_at(frames: int | Fraction, rate: Fraction) -> int:
    """Frames of the film as samples."""
    return round(Fraction(frames) / rate * RATE)


def sound_tag(piece: SoundPiece) -> dict[str, Any]:
    """What a file says of a sound so that it is known when it comes back, to the sample."""
    said: dict[str, Any] = {"sort": piece.sort, "shot": piece.shot_id, "source": piece.source_id, "db": piece.db}
    said |= {"begin": piece.begin, "samples": piece.samples, "source_in": piece.source_in}
    return {name: value for name, value in said.items() if value is not None}


def tagged_sound(piece: SoundPiece, tag: object, rate: Fraction) -> SoundPiece:
    """A sound that came back, with what its tag says of it; where it lies counts only as far as it was rounded."""
    if not isinstance(tag, Mapping):
        return piece

    def text(name: str) -> str | None:
        value = tag.get(name)
        return value if isinstance(value, str) and len(value) <= 64 else None

    def number(name: str) -> int:
        value = tag.get(name)
        return value if isinstance(value, int) and 0 <= value < _MOST_SAMPLES else 0

    begin, samples, source = number("begin"), number("samples"), number("source_in")
    written = max(1, frames_at(begin + samples, rate) - frames_at(begin, rate))
    return SoundPiece(
        begin=begin if frames_at(begin, rate) == frames_at(piece.begin, rate) else piece.begin,
        samples=samples if samples and written == frames_at(piece.samples, rate) else piece.samples,
        source_in=source if frames_at(source, rate) == frames_at(piece.source_in, rate) else piece.source_in,
        db=piece.db,
        sort=next((sort for sort in SORTS if sort == text("sort")), piece.sort),
        shot_id=text("shot"),
        source_id=text("source"),
        file=piece.file,
    )


def level_in(value: object, usual: float = 0.0) -> float:
    """A level in dB that can be one."""
    known = isinstance(value, int | float) and _LEVELS[0] <= value <= _LEVELS[1]
    return float(value) if known else usual  # type: ignore[arg-type]
