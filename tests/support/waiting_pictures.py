"""Pictures from words that wait or are being made, in a studio where no worker takes them up."""

from __future__ import annotations

from sqlmodel import Session

from projects.database.tables import PictureOrder, Shot


def waiting_pictures(session: Session, shot: Shot, **more: object) -> str:
    """The id of an order of four pictures for a shot; ``more`` are columns of its row."""
    said = {"model": "tiny", "prompt": "a harbour", "count": 4, "seed": 1, "height": 576, "width": 1024, **more}
    row = PictureOrder(project_id=shot.project_id, shot_id=shot.id, **said)
    session.add(row)
    session.flush()
    return row.id
