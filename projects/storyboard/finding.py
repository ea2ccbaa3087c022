"""Finding a project, or an edition of one, by what a person calls it: its name or its id. It changes nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from sqlmodel import Session, col, select

from framepack.messages import Message
from projects.database.tables import Edition, Project
from projects.errors import NotFound, StoryboardProblem

Named = TypeVar("Named", Project, Edition)


def project_named(*, session: Session, wanted: str) -> Project:
    """The project with the id ``wanted``, or else the only one of that name; capitals count only where they must.

    Raises NotFound, and StoryboardProblem where several are called so.
    """
    kept = select(Project).where(col(Project.deleted_at).is_(None)).order_by(col(Project.id))
    found = _named(session.exec(kept).all(), wanted, "name-of-several")
    if found is None:
        raise NotFound("project", wanted)
    return found


def edition_named(*, session: Session, project_id: str, wanted: str) -> Edition:
    """As ``project_named``, an edition of a project."""
    own = select(Edition).where(Edition.project_id == project_id, col(Edition.deleted_at).is_(None))
    found = _named(session.exec(own.order_by(col(Edition.id))).all(), wanted, "name-of-several-editions")
    if found is None:
        raise NotFound("edition", wanted)
    return found


def _named(rows: Sequence[Named], wanted: str, several: str) -> Named | None:
    for same in (
        [row for row in rows if row.id == wanted],
        [row for row in rows if _spelled(row.name) == _spelled(wanted)],
        [row for row in rows if _spelled(row.name).casefold() == _spelled(wanted).casefold()],
    ):
        if len(same) > 1:
            ids = ", ".join(row.id for row in same)
            raise StoryboardProblem(Message(several, {"name": wanted, "ids": ids}))
        if same:
            return same[0]
    return None


def _spelled(name: str) -> str:
    """One of the ways in which the same letters can be written."""
    return " ".join(unicodedata.normalize("NFC", name).split())
