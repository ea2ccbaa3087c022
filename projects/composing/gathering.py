"""Gathering the files that a film's timeline names: takes, put together where they are not yet, and pictures."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, col, select

from framepack.errors import ImageRejected
from framepack.messages import Message
from projects.database.tables import Media, Take
from projects.errors import NotFound
from projects.films.stitching import files_of_take
from projects.films.timeline import Clip, StillSource, TakeSource, Timeline
from projects.frames.material import Parts, Sources
from projects.settings import StudioSettings
from projects.storage.shared import picture_file
from projects.stories.telling import comment_of, film_story


def gather(*, session: Session, settings: StudioSettings, timeline: Timeline) -> Sources:
    """The files of a timeline's takes and pictures. Sound, captions, titles and cards are others' to add.

    Raises TakeLost where a take's files are gone, NotFound where its row is, and ImageRejected for a picture.
    """
    found = {clip.source for clip in timeline.clips}
    takes = [source for source in found if isinstance(source, TakeSource)]
    ids = [source.take_id for source in takes]
    rows = {take.id: take for take in session.exec(select(Take).where(col(Take.id).in_(ids))).all()}
    parts: dict[str, Parts] = {}
    for source in takes:
        if source.take_id not in rows:
            raise NotFound("take", source.take_id)
        parts[source.take_id] = tuple(files_of_take(settings, rows[source.take_id], source.frames))
    pictures = {}
    for still in found:
        if isinstance(still, StillSource):
            path = pictures[still.media_id] = picture_file(settings, still.media_id)
            if not path.is_file():
                media = session.get(Media, still.media_id)
                raise ImageRejected(media.name if media else still.media_id, Message("picture-missing"))
    return Sources(parts, pictures, comment=_comment(session, timeline, rows))


def _comment(session: Session, timeline: Timeline, rows: Mapping[str, Take]) -> str:
    """What the film says of what made it; "" where it shall not tell, or shows no take."""
    takes = [
        (rows[clip.source.take_id], clip.start if _begins(clip) else None)
        for clip in timeline.clips
        if isinstance(clip.source, TakeSource)
    ]
    if not timeline.settings.story or not takes:
        return ""
    return comment_of(film_story(session=session, name=timeline.name, takes=takes, film=timeline.settings))


def _begins(clip: Clip) -> bool:
    """Whether a clip's first frame is its take's first, as it is."""
    return clip.plain and clip.first == 0 and clip.lead.frames == 0
