"""Finding a project, or one of its editions, by what a person calls it: its name or its id. It changes nothing."""

from __future__ import annotations

from sqlmodel import Session, col, select

from framepack.messages import Message
from projects.database.tables import Edition, Project
from projects.errors import StoryboardProblem
from projects.storyboard.reading import plain_name

# So many ids are told where several projects have one name.
MOST_TOLD = 12


def find_project(*, session: Session, said: str) -> Project:
    """The project whose id or name is ``said``, archived ones among them.

    Capitals, accents and the width of letters count only where several have the name without them. Raises
    StoryboardProblem where there is none, and where there are several, which it tells with their ids.
    """
    kept = session.exec(select(Project).where(col(Project.deleted_at).is_(None)).order_by(col(Project.id))).all()
    by_id = [project for project in kept if project.id == said]
    exactly = [project for project in kept if project.name == said.strip()]
    found = by_id or exactly or [project for project in kept if plain_name(project.name) == plain_name(said.strip())]
    if not found:
        raise StoryboardProblem(Message("project-not-found", {"name": said}))
    if len(found) > 1:
        ids = ", ".join(project.id for project in found[:MOST_TOLD])
        raise StoryboardProblem(Message("project-not-unique", {"name": said, "count": len(found), "ids": ids}))
    return found[0]


def find_edition(*, session: Session, project_id: str, said: str) -> Edition:
    """The edition of a project whose id or name is ``said``. Raises StoryboardProblem, as ``find_project``."""
    own = select(Edition).where(Edition.project_id == project_id, col(Edition.deleted_at).is_(None))
    kept = session.exec(own.order_by(col(Edition.created_at), col(Edition.id))).all()
    found = [one for one in kept if one.id == said] or [one for one in kept if one.name == said.strip()]
    if not found:
        names = ", ".join(f"“{one.name}”" for one in kept) or "–"
        raise StoryboardProblem(Message("edition-not-found", {"name": said, "names": names}))
    if len(found) > 1:
        ids = ", ".join(one.id for one in found)
        raise StoryboardProblem(Message("edition-not-unique", {"name": said, "count": len(found), "ids": ids}))
    return found[0]
