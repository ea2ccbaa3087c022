"""The sounds of a shot: put with it, changed, and taken from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session

from projects.cutting.shot_fields import ShotSound, sounds_of
from projects.database.tables import Shot
from projects.errors import NotFound, StoryboardProblem
from projects.settings import StudioSettings
from projects.sound.files import add_sound, kept_sounds
from projects.sound.placing import change_with_shot, put_with_shot, take_from_shot
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot
from tests.support.plain_pictures import MakePicture
from tests.support.sounds import tone, write_sound


@pytest.fixture
def shot(session: Session) -> Shot:
    return add_shot(session=session, project_id=create_project(session=session, name="Tides").id)


@pytest.fixture
def sound(session: Session, studio: StudioSettings, tmp_path: Path) -> ShotSound:
    file = write_sound(tmp_path / "a.wav", tone(1.0))
    return ShotSound(media_id=add_sound(session=session, settings=studio, file=file, name="waves.wav").id)


def test_sounds_are_put_with_a_shot_changed_and_taken_away(session: Session, shot: Shot, sound: ShotSound) -> None:
    quiet = sound.model_copy(update={"db": -12.0, "at": 0.5})
    put_with_shot(session=session, shot_id=shot.id, sound=sound)
    put_with_shot(session=session, shot_id=shot.id, sound=quiet)
    voice = quiet.model_copy(update={"sort": "voice"})
    change_with_shot(session=session, shot_id=shot.id, was=quiet, sound=voice)
    assert sounds_of(shot) == (sound, voice)
    take_from_shot(session=session, shot_id=shot.id, was=sound)
    assert sounds_of(shot) == (voice,)
    assert [media.name for media in kept_sounds(session=session)] == ["waves.wav"]


def test_a_sound_that_somebody_else_changed_or_that_is_none_is_not_touched(
    session: Session, shot: Shot, sound: ShotSound, picture: MakePicture
) -> None:
    put_with_shot(session=session, shot_id=shot.id, sound=sound)
    seen = sound.model_copy(update={"db": -3.0})
    with pytest.raises(StoryboardProblem, match="changed elsewhere"):
        take_from_shot(session=session, shot_id=shot.id, was=seen)
    with pytest.raises(StoryboardProblem, match="changed elsewhere"):
        change_with_shot(session=session, shot_id=shot.id, was=seen, sound=sound)
    with pytest.raises(NotFound):
        put_with_shot(session=session, shot_id=shot.id, sound=ShotSound(media_id=picture().id))
    assert sounds_of(shot) == (sound,)
