"""Finished takes with files of their own, grey ones, made without a worker. It knows no pages."""

from __future__ import annotations

import numpy as np
from sqlmodel import Session

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.media.video import write_frames
from projects.database.tables import Take
from projects.settings import StudioSettings
from projects.storage.finished import finish_file
from projects.storage.places import take_path
from projects.takes.takes import finish_take, record_take
from tests.support.rendering import plans_by_rows


def render_all(session: Session, settings: StudioSettings, project_id: str) -> list[Take]:
    """A finished take of every shot of a project that is not rendered as it is now, as a worker would leave it."""
    settings.make_folders()
    identity = checkpoint_identity(checkpoint_named("draft"), None)
    made = []
    for plan in plans_by_rows(session, project_id, identity):
        if plan.planned is None or plan.state == "done":
            continue
        take = record_take(session=session, shot_id=plan.shot.id, planned=plan.planned)
        path = take_path(settings, take.id)
        write_frames(path, [np.full((take.height, take.width, 3), 90, np.uint8)] * take.frames, take.fps)
        finish_file(path, take.frames)
        finish_take(session=session, take_id=take.id, seconds_spent=1.0)
        made.append(take)
    return made
