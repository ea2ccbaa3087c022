"""Edits that say what they were made on, so that nobody overwrites silently what another changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, SQLModel

from projects.database.opening import hold
from projects.database.tables import Project, ProjectUpdate, Shot, ShotUpdate
from projects.errors import ChangedMeanwhile, NotFound
from projects.storyboard.projects import edit_project
from projects.storyboard.shots import edit_shot


def edit_shot_from(
    *, session: Session, shot_id: str, version: int, was: Mapping[str, object], changes: ShotUpdate
) -> Shot:
    """Change what is given of a shot, by somebody who saw it at ``version`` and read ``was`` in its fields.

    Raises ChangedMeanwhile, and changes nothing, where a field has now neither the value that was seen nor the new one.
    """
    shot = session.get(Shot, shot_id)
    if shot is None:
        raise NotFound("shot", shot_id)
    _check_seen(session, shot, version, was, changes)
    return edit_shot(session=session, shot_id=shot_id, changes=changes)


def edit_project_from(
    *, session: Session, project_id: str, version: int, was: Mapping[str, object], changes: ProjectUpdate
) -> Project:
    """As ``edit_shot_from``, for a project."""
    project = session.get(Project, project_id)
    if project is None:
        raise NotFound("project", project_id)
    _check_seen(session, project, version, was, changes)
    return edit_project(session=session, project_id=project_id, changes=changes)


def _check_seen(
    session: Session, row: Project | Shot, version: int, was: Mapping[str, object], changes: SQLModel
) -> None:
    hold(session=session, row=row)
    session.refresh(row)
    if row.version == version:
        return
    theirs = {}
    for field, new in changes.model_dump(exclude_unset=True).items():
        value = getattr(row, field)
        # What was seen is not told: then it was what that version had, which may have been anything.
        if value != new and (field not in was or value != was[field]):
            theirs[field] = value
    if theirs:
        raise ChangedMeanwhile(theirs, row.version)
