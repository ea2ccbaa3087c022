"""Films laid out from rows, with the media that their timelines name, for tests of timelines and recuts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from projects.database.tables import Project, Shot, Take
from projects.films.laying_out import Material, lay_out
from projects.films.timeline import StillSource, TakeSource, Timeline
from projects.timelines.media import NO_RATE, FilmMedia, MediaFile

# Of every sound: 2.5 s and a bit.
SOUND_SAMPLES = 120_123
NAMES = ("海邊 🌊", "Ночь", "Day & <Night>", "", "燈塔 \u2028 two")


def shots_that_have_it_all() -> list[Shot]:
    """Five shots with all kinds of transitions, trims, speeds and holds."""
    fields: tuple[dict[str, Any], ...] = (
        {"transition": "black", "trim_start": 0.5, "notes": "wide\nlens 鏡頭"},
        {
            "transition": "dissolve",
            "transition_seconds": 0.7,
            "transition_at": "in",
            "trim_end": 0.4,
            "dialogue": "Oh!",
        },
        {"speed": 0.5, "trim_start": 0.2, "hold_first": 0.5, "hold_last": 0.3},
        {"transition": "wipe", "transition_at": "out", "speed": 2.0, "reverse": True, "trim_end": 0.3},
        {"transition": "white", "transition_at": "centre", "transition_seconds": 1.0, "hold_last": 0.2},
    )
    return [
        Shot(
            id=f"shot{number}",
            project_id="p",
            number=10 * (number + 1),
            position=number,
            seconds=4.0,
            name=NAMES[number],
            **said,
        )
        for number, said in enumerate(fields)
    ]


def take_of(shot: Shot, number: int = 1, fps: int = 30) -> Take:
    """A finished take of a shot, with eight frames more than it shows."""
    frames = round(shot.seconds * fps) + 8
    known: dict[str, Any] = {"status": "done", "width": 256, "height": 144, "fps": fps, "frames": frames}
    return Take(id=f"{number}{shot.id}".ljust(32, "0"), shot_id=shot.id, number=number, **known)


def film_of(shots: list[Shot], *, stills: int = 0, takes_fps: int = 30, **film: Any) -> Timeline:
    """The timeline of shots that have takes, but for the last ``stills``, which have pictures; ``film`` is its own."""
    fps = takes_fps
    for shot in shots[len(shots) - stills :]:
        shot.media_id = shot.id.encode().hex().ljust(64, "0")
    takes = {shot.id: take_of(shot, fps=fps) for shot in shots[: len(shots) - stills]}
    frames = {shot.id: round(shot.seconds * fps) for shot in shots}
    project = Project(id="p", name="Tides 潮", film={"stills": bool(stills), **film})
    material = Material(project=project, shots=tuple(shots), takes=takes, frames=frames, size=(144, 256), fps=fps)
    return lay_out(material)


def media_for(timeline: Timeline, folder: Path, more_takes: int = 0) -> FilmMedia:
    """Files for all that a timeline shows, and ``more_takes`` others of each shot."""
    files: dict[str, MediaFile] = {}
    takes: dict[str, tuple[str, ...]] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for clip in timeline.clips:
        if isinstance(clip.source, TakeSource):
            ids = [clip.source.take_id, *(f"{n}{clip.shot_id}".ljust(32, "0") for n in range(2, 2 + more_takes))]
            takes[str(clip.shot_id)] = tuple(ids)
            for number, id in enumerate(ids, start=1):
                name = f"{clip.label}_take{number}_{id[:8]}.mp4"
                source = clip.source
                files[id] = MediaFile(folder / name, name, source.frames, source.rate, source.width, source.height)
        elif isinstance(clip.source, StillSource):
            name = f"picture_{clip.source.media_id[:8]}.png"
            files[clip.source.media_id] = MediaFile(folder / name, name, 0, NO_RATE, 320, 180)
    for id in {timeline.settings.music, *(one.media_id for clip in timeline.clips for one in clip.sounds)} - {None}:
        name = f"sound_{str(id)[:8]}.ogg"
        files[str(id)] = MediaFile(folder / name, name, SOUND_SAMPLES, Fraction(48_000), 0, 0)
    for file in files.values():
        file.path.write_bytes(file.name.encode() * 50)
    return FilmMedia(files, takes)


def sounds_for(shots: list[Shot]) -> list[Shot]:
    """``shots`` with sounds and voices of all kinds: before their shot, over another, longer than the film."""
    shots[0].sounds = [{"media_id": "a" * 64, "at": -0.3}, {"media_id": "b" * 64, "at": 1.234567, "sort": "voice"}]
    shots[2].sounds = [{"media_id": "b" * 64, "at": 0.1, "db": -6.5, "sort": "voice"}]
    shots[4].sounds = [{"media_id": "a" * 64, "at": 3.0, "db": 4.0}]
    return shots


RATES = {24: Fraction(24), 25: Fraction(25), 29.97: Fraction(30000, 1001), 30: Fraction(30)}
