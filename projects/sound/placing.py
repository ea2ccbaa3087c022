"""The sounds of a shot: put with it, changed, taken from it. A sound is named by what was seen of it, not by its place:
somebody else may have taken one away meanwhile."""

from __future__ import annotations

from sqlmodel import Session

from framepack.messages import Message
from projects.cutting.shot_fields import ShotSound, sounds_of
from projects.database.tables import Media, Shot, ShotUpdate
from projects.errors import NotFound, StoryboardProblem
from projects.storyboard.reading import get_shot
from projects.storyboard.shots import edit_shot


def put_with_shot(*, session: Session, shot_id: str, sound: ShotSound) -> Shot:
    """Have one more sound play with a shot. Raises NotFound where the studio keeps no such sound."""
    media = session.get(Media, sound.media_id)
    if media is None or media.medium != "sound":
        raise NotFound("sound", sound.media_id)
    shot = get_shot(session=session, shot_id=shot_id)
    return _with(session, shot, [*sounds_of(shot), sound])


def change_with_shot(*, session: Session, shot_id: str, was: ShotSound, sound: ShotSound) -> Shot:
    """Put a sound in the place of the one that ``was`` there. Raises StoryboardProblem where that is there no more."""
    shot = get_shot(session=session, shot_id=shot_id)
    place = _place_of(shot, was)
    return _with(session, shot, [sound if at == place else one for at, one in enumerate(sounds_of(shot))])


def take_from_shot(*, session: Session, shot_id: str, was: ShotSound) -> Shot:
    """Take a sound away from a shot; its file stays. Raises StoryboardProblem where it is there no more."""
    shot = get_shot(session=session, shot_id=shot_id)
    place = _place_of(shot, was)
    return _with(session, shot, [one for at, one in enumerate(sounds_of(shot)) if at != place])


def _place_of(shot: Shot, was: ShotSound) -> int:
    sounds = sounds_of(shot)
    if was not in sounds:
        raise StoryboardProblem(Message("shot-sound-changed", {"shot": shot.label}))
    return sounds.index(was)


def _with(session: Session, shot: Shot, sounds: list[ShotSound]) -> Shot:
    changes = ShotUpdate(sounds=[sound.model_dump() for sound in sounds])
    return edit_shot(session=session, shot_id=shot.id, changes=changes)
