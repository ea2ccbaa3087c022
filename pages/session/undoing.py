"""Undoing one edit from the sentence that tells of it, as long as nothing else was edited since."""

from __future__ import annotations

from sqlmodel import Session

from framepack.messages import Message
from projects.errors import StoryboardProblem
from projects.storyboard.journal import history, undo


def last_edit(opened: Session, project_id: str) -> str | None:
    """The id of the last edit of a project that is not undone."""
    edits = history(session=opened, project_id=project_id)
    return next((edit.id for edit in edits if not edit.undone), None)


def take_back(project_id: str, edit_id: str | None, opened: Session) -> None:
    """Undo an edit, unless something else was edited since."""
    if last_edit(opened, project_id) != edit_id:
        raise StoryboardProblem(Message("edited-since"))
    undo(session=opened, project_id=project_id)
