"""Giving a copy of a shot the take that the shot has: the same sections under another name."""

from __future__ import annotations

import os
import shutil

from sqlmodel import Session

from framepack.files.atomic import in_place
from projects.database.tables import Shot, Take, new_id
from projects.films.stitching import conform_take
from projects.settings import StudioSettings
from projects.storage.finished import finish_file
from projects.storage.places import take_path
from projects.storage.shared import share
from projects.storyboard.choosing import choose
from projects.takes.takes import next_take_number

# What a take has of its own, and not of what it shows.
_OWN = {"id", "shot_id", "number", "render_id", "star", "note", "created_at"}


def share_take(*, session: Session, settings: StudioSettings, take: Take, shot: Shot) -> Take:
    """A take of ``shot`` that shows what ``take``, a finished one of another shot, shows; the shot shows it.

    Raises TakeLost where neither its file nor its sections are there.
    """
    shared = Take(
        **take.model_dump(exclude=_OWN),
        id=new_id(),
        shot_id=shot.id,
        number=next_take_number(session=session, shot_id=shot.id),
    )
    there = conform_take(settings=settings, take=take)
    path = take_path(settings, shared.id)
    with in_place(path) as aside:
        try:
            os.link(there, aside)
        except OSError:
            shutil.copyfile(there, aside)
    finish_file(path, shared.frames)
    share(settings, path)
    session.add(shared)
    choose(shot, shared.id, shared.made_for)
    session.flush()
    return shared
