"""Where each of the studio's files lies, by its id. It reads and writes none of them."""

from __future__ import annotations

import re
from pathlib import Path

from projects.database.tables import Film
from projects.errors import NotFound
from projects.settings import StudioSettings

CAPTIONS_ENDING = ".srt"
_NO_NAME = re.compile(r"[^A-Za-z0-9-]")
_HASH = re.compile(r"[0-9a-f]{64}")


def picture_path(settings: StudioSettings, media_id: str) -> Path:
    """Where a picture's file lies, or would lie. Raises NotFound for what can be no picture's id."""
    return settings.media_dir / _checked(media_id)[:2] / media_id


def thumbnail_path(settings: StudioSettings, media_id: str, size: int) -> Path:
    """Where a picture's small copy of at most ``size`` pixels lies. Raises NotFound for what can be no picture's id."""
    return settings.thumbnails_dir / _checked(media_id)[:2] / f"{media_id}-{size}.webp"


def waveform_path(settings: StudioSettings, media_id: str, points: int) -> Path:
    """Where what is drawn of a kept sound with ``points`` points lies. Raises NotFound as ``picture_path``."""
    return settings.thumbnails_dir / _checked(media_id)[:2] / f"{media_id}-{points}.wave"


def beats_path(settings: StudioSettings, media_id: str) -> Path:
    """Where the beats that were found in a kept sound lie. Raises NotFound as ``picture_path``."""
    return settings.thumbnails_dir / _checked(media_id)[:2] / f"{media_id}-0.beats"


def take_path(settings: StudioSettings, take_id: str) -> Path:
    """Where the file of a finished take lies."""
    return settings.takes_dir / f"{take_id}.mp4"


def still_path(settings: StudioSettings, take_id: str, size: int) -> Path:
    """Where the small copy, of at most ``size`` pixels, of a take's first frame lies."""
    return settings.thumbnails_dir / take_id[:2] / f"{take_id}-{size}.webp"


def encoded_path(settings: StudioSettings, name: str) -> Path:
    """Where an encoded prompt or picture lies, by its name (see ``framepack.conditioning.names``)."""
    return settings.conditioning_dir / name[:2] / f"{name}.safetensors"


def film_path(settings: StudioSettings, film: Film) -> Path:
    """Where the file of a film lies."""
    return settings.films_dir / f"{film.id}{film.ending}"


def captions_path(settings: StudioSettings, film: Film) -> Path:
    """Where the captions of a film lie that has them as a file of their own."""
    return settings.films_dir / f"{film.id}{CAPTIONS_ENDING}"


def film_aside_path(settings: StudioSettings, film: Film) -> Path:
    """The folder in which a film is written by who has it by its ``lease``, before it is put in its place."""
    return settings.films_dir / f".{film.id}.{film.lease:032x}.part"


def scratch_path(settings: StudioSettings, film: Film) -> Path:
    """The folder for what a film needs while it is made by who has it by its ``lease``."""
    return settings.home / f".film-{film.id}-{film.lease}"


def preview_path(settings: StudioSettings, render_id: str) -> Path:
    """Where the growing preview of a render lies while it is being made (it may not be there yet)."""
    return settings.previews_dir / f"{render_id}.webp"


def worker_lock_path(settings: StudioSettings, hardware: str) -> Path:
    """The file a worker locks while it serves the queue with ``hardware`` from this folder."""
    return settings.home / f"worker-{_NO_NAME.sub('', hardware)}.lock"


def worker_log_path(settings: StudioSettings, device: str) -> Path:
    """Where the worker of ``device`` writes its log."""
    return settings.logs_dir / f"worker-{_NO_NAME.sub('', device)}.log"


def worker_output_path(settings: StudioSettings, device: str) -> Path:
    """Where what the worker of ``device`` says beside its log goes: why it does not start, or what libraries print."""
    return worker_log_path(settings, device).with_suffix(".output")


def _checked(media_id: str) -> str:
    # Ids come from addresses in a browser, too: nothing but a hash may become part of a path.
    if not _HASH.fullmatch(media_id):
        raise NotFound("picture", media_id)
    return media_id
