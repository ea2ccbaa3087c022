"""The list of projects, as far as it is looked at: found by words of their names, so many of them, with their figures.

It takes a moment also among thousands: of those that are not shown nothing but the name is read.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from projects.database.tables import Project, Shot
from projects.storyboard.reading import ProjectSummary


@dataclass(frozen=True)
class Listing:
    """The first projects that were asked for, the one edited last first.

    ``found`` is how many there are in all that have the words in their names, ``archived`` how many projects are in the
    archive, ``all`` how many are not deleted.
    """

    projects: tuple[ProjectSummary, ...]
    found: int
    archived: int
    all: int


def find_projects(*, session: Session, words: str = "", archived: bool = False, most: int) -> Listing:
    """The projects whose names hold each of ``words``, ``most`` of them; with ``archived``, those in the archive too.

    Capitals, accents and the width of letters make no difference.
    """
    facts = sa.select(col(Project.id), col(Project.name), col(Project.archived_at)).where(
        col(Project.deleted_at).is_(None)
    )
    rows = session.connection().execute(facts.order_by(col(Project.updated_at).desc(), col(Project.id))).all()
    wanted = _plain(words).split()
    ids = [
        id
        for id, name, archived_at in rows
        if (archived or archived_at is None) and (not wanted or all(word in _plain(name) for word in wanted))
    ]
    return Listing(
        projects=tuple(_summaries(session, ids[:most])),
        found=len(ids),
        archived=sum(archived_at is not None for _, _, archived_at in rows),
        all=len(rows),
    )


def _summaries(session: Session, ids: list[str]) -> list[ProjectSummary]:
    projects = {one.id: one for one in session.exec(select(Project).where(col(Project.id).in_(ids))).all()}
    shots = (
        sa.select(col(Shot.project_id), col(Shot.seconds), col(Shot.media_id))
        .where(col(Shot.project_id).in_(ids), col(Shot.deleted_at).is_(None))
        .order_by(col(Shot.position), col(Shot.number), col(Shot.id))
    )
    seconds: dict[str, list[float]] = {id: [] for id in ids}
    pictures: dict[str, str] = {}
    for project_id, length, media_id in session.connection().execute(shots):
        seconds[project_id].append(length)
        if media_id is not None:
            pictures.setdefault(project_id, media_id)
    return [
        ProjectSummary(project=projects[id], shots=len(seconds[id]), seconds=sum(seconds[id]), picture=pictures.get(id))
        for id in ids
    ]


def _plain(name: str) -> str:
    """``name`` without what people leave out when they look for it."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn").casefold()
