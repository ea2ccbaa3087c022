"""One shot as the verbs of several take it. It knows no pages."""

from __future__ import annotations

from sqlmodel import Session

from projects.database.tables import Shot
from projects.storyboard.reading import shots_of
from projects.storyboard.several import move_shots


def move_to(session: Session, shot: Shot, place: int) -> list[Shot]:
    """Move a shot to a place among the shots, 0 is first; all shots in their new order."""
    rest = [other for other in shots_of(session=session, project_id=shot.project_id) if other.id != shot.id]
    before = rest[place].id if place < len(rest) else None
    return move_shots(session=session, project_id=shot.project_id, shot_ids=[shot.id], before=before)
