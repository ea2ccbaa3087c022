"""The media of a timeline: which file holds each of its sources, and all takes of each shot."""

from __future__ import annotations

import mimetypes
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path, PurePath

from sqlmodel import Session, col, select

from framepack.files.atomic import replacing
from projects.database.tables import Media, Shot, Take
from projects.films.stitching import conform_take
from projects.films.timeline import StillSource, TakeSource, Timeline
from projects.settings import StudioSettings
from projects.sound.reading import RATE
from projects.storage.places import take_path
from projects.storage.shared import is_kept, picture_file
from projects.takes.takes import takes_of_shots

# By so many letters of its id a file's name says which take or picture it is.
ID_LETTERS = 8
# The rate of a picture, which has none.
NO_RATE = Fraction(0)


@dataclass(frozen=True)
class MediaFile:
    """A file: ``frames`` at ``rate`` frames a second, or a picture, whose rate is 0. ``name`` is what it is called.

    ``beside`` is where it lies as seen from the timeline's file, where the two are handed on together.
    A sound has no width nor height; its ``frames`` are samples at 48 kHz.
    """

    path: Path
    name: str
    frames: int
    rate: Fraction
    width: int
    height: int
    beside: str | None = None

    @property
    def address(self) -> str:
        """Where a timeline says that it lies."""
        return self.beside or self.path.absolute().as_uri()

    @property
    def still(self) -> bool:
        """Whether it is a picture."""
        return self.rate == NO_RATE


@dataclass(frozen=True)
class FilmMedia:
    """Files by the id of their take or picture; ``takes`` are all finished takes of each shot, the first one first."""

    files: Mapping[str, MediaFile]
    takes: Mapping[str, tuple[str, ...]]


def media_of(*, session: Session, settings: StudioSettings, timeline: Timeline) -> FilmMedia:
    """The media of what a timeline shows, with all finished takes of its shots. Raises TakeLost for one it shows.

    A take that it does not show and whose files are gone is left out.
    """
    shown = {clip.source.take_id for clip in timeline.clips if isinstance(clip.source, TakeSource)}
    sounds = {sound.media_id for clip in timeline.clips for sound in clip.sounds} | {timeline.settings.music or ""}
    pictures = {clip.source.media_id for clip in timeline.clips if isinstance(clip.source, StillSource)}
    shot_ids = [clip.shot_id for clip in timeline.clips if clip.shot_id is not None]
    labels = {shot.id: shot.label for shot in session.exec(select(Shot).where(col(Shot.id).in_(shot_ids))).all()}
    files: dict[str, MediaFile] = {}
    takes: dict[str, list[str]] = {}
    for take in reversed(takes_of_shots(session=session, shot_ids=shot_ids)):
        if take.status == "done" and (take.id in shown or _is_there(settings, take)):
            files[take.id] = _of_take(settings, take, labels[take.shot_id])
            takes.setdefault(take.shot_id, []).append(take.id)
    for media in session.exec(select(Media).where(col(Media.id).in_(pictures))).all():
        ending = mimetypes.guess_extension(media.kind) or ".png"
        name = f"picture_{media.id[:ID_LETTERS]}{ending}"
        path = picture_file(settings, media.id)
        files[media.id] = MediaFile(path, name, 0, NO_RATE, media.width, media.height)
    for media in session.exec(select(Media).where(col(Media.id).in_(sounds))).all():
        if (path := picture_file(settings, media.id)).is_file():
            files[media.id] = _of_sound(media, path)
    return FilmMedia(files, {shot_id: tuple(ids) for shot_id, ids in takes.items()})


def collect_media(media: FilmMedia, folder: Path) -> FilmMedia:
    """The same files in ``folder``, under names that say what they are; linked where that can be, else copied."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for id, file in media.files.items():
        path = folder / file.name
        with replacing(path) as aside:
            try:
                os.link(file.path, aside)
            except OSError:
                shutil.copyfile(file.path, aside)
        files[id] = replace(file, path=path.absolute())
    return FilmMedia(files, media.takes)


def pack_media(bundle: zipfile.ZipFile, media: FilmMedia, folder: str, watch: Callable[[float], None]) -> None:
    """Put all files into the ``folder`` of a ZIP file. ``watch`` is told before each which share is done, 0 to 1, and
    may raise to give up."""
    whole = sum(file.path.stat().st_size for file in media.files.values())
    done = 0
    for file in media.files.values():
        watch(done / max(1, whole))
        # Videos and pictures are packed already.
        bundle.write(file.path, f"{folder}/{file.name}", compress_type=zipfile.ZIP_STORED)
        done += file.path.stat().st_size


def _of_sound(media: Media, path: Path) -> MediaFile:
    ending = PurePath(media.name).suffix.lower()
    ending = ending if re.fullmatch(r"\.[a-z0-9]{1,5}", ending) else mimetypes.guess_extension(media.kind) or ".wav"
    samples = round((media.seconds or 0.0) * RATE)
    return MediaFile(path, f"sound_{media.id[:ID_LETTERS]}{ending}", samples, Fraction(RATE), 0, 0)


def _is_there(settings: StudioSettings, take: Take) -> bool:
    return is_kept(settings, take_path(settings, take.id))


def _of_take(settings: StudioSettings, take: Take, label: str) -> MediaFile:
    path = conform_take(settings=settings, take=take)
    name = f"{label}_take{take.number}_{take.id[:ID_LETTERS]}.mp4"
    return MediaFile(path, name, take.frames, Fraction(take.fps), take.width, take.height)
