"""Storyboards for tests of documents: shots with words in several languages, with takes, pictures, or neither."""

from __future__ import annotations

from sqlmodel import Session

from projects.database.tables import Project, ShotUpdate
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import NewShot, add_shots, edit_shot
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.rendering import SIDE

PROMPT = "燈塔在夜裡亮起，海浪拍打礁石。"
DIALOGUE = "ANNA：你看，光又回來了 🌊"
HOSTILE = '=HYPERLINK("http://example.invalid","gift")'


def said_in_many_ways(session: Session, studio: StudioSettings, *, rendered: bool = False) -> Project:
    """A project of three shots: a picture (with a grey take where it is ``rendered``), another, and one without."""
    project = create_project(session=session, name="燈塔 The lighthouse")
    project.height = project.width = SIDE
    project.steps, project.cfg = 1, 1.0
    teal, red = (
        add_picture(session=session, settings=studio, data=png(SIDE, SIDE, colour), name=f"{colour}.png").media.id
        for colour in ("teal", "red")
    )
    first = NewShot(prompt=PROMPT, seconds=1.2, seed=1, media_id=teal, name="夜", dialogue=DIALOGUE, notes="-40 °C")
    add_shots(session=session, project_id=project.id, new=[first])
    if rendered:
        render_all(session, studio, project.id)
    others = [
        NewShot(prompt=HOSTILE, seconds=2.5, seed=2, media_id=red, name="+1", dialogue="@all, it's 'me'", notes="'=x"),
        NewShot(prompt="She turns, says “no” and\nleaves.", seconds=4.0, start="cut", seed=3),
    ]
    add_shots(session=session, project_id=project.id, new=others)
    second = shots_of(session=session, project_id=project.id)[1]
    edit_shot(session=session, shot_id=second.id, changes=ShotUpdate(transition="dissolve", transition_seconds=0.5))
    session.flush()
    return project
