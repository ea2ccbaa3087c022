"""A timeline together with its media as one file, to be handed on."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from framepack.files.atomic import in_place
from projects.films.timeline import Timeline
from projects.timelines.files import ENDINGS, TimelineKind, check_shows, text_of_timeline
from projects.timelines.media import FilmMedia, pack_media
from projects.timelines.otio_file import MEDIA_FOLDER, write_otioz

# What the timeline is called in the file.
_NAME = "timeline"


def write_packed(
    kind: TimelineKind, timeline: Timeline, media: FilmMedia, out: Path, watch: Callable[[float], None]
) -> None:
    """Write the file ``out``, whole or not at all: a bundle of OpenTimelineIO, or else a ZIP file of the timeline and
    its media, which it names by where they lie in it.

    ``watch`` as for ``pack_media``. Raises StoryboardProblem for a timeline that shows nothing.
    """
    check_shows(timeline)
    with in_place(out) as aside:
        if kind == "otioz":
            write_otioz(timeline, media, aside, watch)
            return
        files = {id: replace(file, beside=f"{MEDIA_FOLDER}/{file.name}") for id, file in media.files.items()}
        packed = FilmMedia(files, media.takes)
        with zipfile.ZipFile(aside, "w") as bundle:
            text = text_of_timeline(kind, timeline, packed)
            bundle.writestr(f"{_NAME}{ENDINGS[kind]}", text, compress_type=zipfile.ZIP_DEFLATED)
            pack_media(bundle, packed, MEDIA_FOLDER, watch)
