"""Pictures at the end of shots: which one a shot is made towards. Verbs for that; they never commit.

With a model that works backwards it is the shot's end picture; the others are guided to it (``framepack.shots.beats``).
"""

from __future__ import annotations

from sqlmodel import Session

from framepack.messages import Message
from framepack.shots.request import CENTRED, Placement
from projects.database.tables import Media, Project, Shot, ShotUpdate
from projects.errors import NotFound, StoryboardProblem
from projects.storyboard.project_settings import placement_of
from projects.storyboard.reading import get_shot
from projects.storyboard.shots import edit_shot


def attach_end(*, session: Session, shot_id: str, media_id: str) -> Shot:
    """Have a shot made towards a picture that is kept. Raises NotFound."""
    media = session.get(Media, media_id)
    if media is None or media.medium != "picture":
        raise NotFound("picture", media_id)
    return edit_shot(session=session, shot_id=shot_id, changes=ShotUpdate(end_media_id=media_id))


def detach_end(*, session: Session, shot_id: str) -> Shot:
    """Have a shot made towards no picture any more; the picture itself stays."""
    return edit_shot(session=session, shot_id=shot_id, changes=ShotUpdate(end_media_id=None))


def close_loop(*, session: Session, shot_id: str) -> Shot:
    """Let a shot end with the picture that it starts with. Raises StoryboardProblem where it has none of its own."""
    shot = get_shot(session=session, shot_id=shot_id)
    if shot.media_id is None:
        raise StoryboardProblem(Message("loop-without-picture", {"shot": shot.label}))
    return attach_end(session=session, shot_id=shot_id, media_id=shot.media_id)


def end_placement_of(project: Project, shot: Shot) -> Placement:
    """Where a shot's end picture is cut: about its centre, but in a loop as the picture that it starts with."""
    return placement_of(project, shot) if shot.end_media_id == shot.media_id else CENTRED
