"""What the interface does with projects: list, make, change, copy, put away and bring back; undo and redo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from starlette.responses import Response

from pages.api.answers import EditAnswer, ProjectAnswer, Reversed
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import NewProject, OfHistory, OfPass, OfProjects, ProjectChanges, ProjectEdit
from pages.board.cards import Card, project_cards
from pages.board.reading import read_board
from pages.board.rows import BoardData, board_data
from pages.board.stamp import board_stamp
from pages.serving.files import names
from projects.database.tables import Edit, Project, ProjectUpdate
from projects.storyboard import journal
from projects.storyboard.journal import journaled
from projects.storyboard.loras import stored_loras
from projects.storyboard.projects import (
    archive_project,
    create_project,
    delete_project,
    duplicate_project,
    edit_project,
    restore_project,
    unarchive_project,
)
from projects.storyboard.reading import get_project
from projects.storyboard.versions import edit_project_from

_BOARD: TypeAdapter[BoardData] = TypeAdapter(BoardData)


def cards(asked: Asked[Nothing, OfProjects]) -> list[Card]:
    """All projects at a glance."""
    return project_cards(asked.session, archived=asked.query.archived)


def create(asked: Asked[NewProject, Query]) -> ProjectAnswer:
    """A new, empty project."""
    return project_answer(create_project(session=asked.session, name=asked.body.name))


def one(asked: Asked[Nothing, Query]) -> ProjectAnswer:
    """A project with its settings."""
    return project_answer(get_project(session=asked.session, project_id=asked.id))


def edit(asked: Asked[ProjectEdit, Query]) -> ProjectAnswer:
    """Change a project, unless somebody else changed the same meanwhile."""
    body = asked.body
    changes = ProjectUpdate(**_said(body.changes))
    with journaled(session=asked.session, project_id=asked.id, kind="edit-project"):
        was = _said(body.was)
        if body.version is None and not was:
            project = edit_project(session=asked.session, project_id=asked.id, changes=changes)
        else:
            version = version_seen(body.version, was, given(body.changes))
            project = edit_project_from(
                session=asked.session, project_id=asked.id, version=version, was=was, changes=changes
            )
    return project_answer(project)


def duplicate(asked: Asked[Nothing, Query]) -> ProjectAnswer:
    """A copy of a project, without takes."""
    return project_answer(duplicate_project(session=asked.session, project_id=asked.id))


def delete(asked: Asked[Nothing, Query]) -> ProjectAnswer:
    """Put a project away; it can be restored."""
    project = get_project(session=asked.session, project_id=asked.id)
    delete_project(session=asked.session, project_id=asked.id)
    return project_answer(project)


def restore(asked: Asked[Nothing, Query]) -> ProjectAnswer:
    """Bring a deleted project back."""
    return project_answer(restore_project(session=asked.session, project_id=asked.id))


def archive(asked: Asked[Nothing, Query]) -> ProjectAnswer:
    """Put a project into the archive."""
    return project_answer(archive_project(session=asked.session, project_id=asked.id))


def unarchive(asked: Asked[Nothing, Query]) -> ProjectAnswer:
    """Take a project out of the archive."""
    return project_answer(unarchive_project(session=asked.session, project_id=asked.id))


def board(asked: Asked[Nothing, OfPass]) -> Response:
    """All shots of a project as the board shows them; nothing where the asker has them as they are."""
    made_for = asked.query.pass_
    etag = f'"{board_stamp(asked.session, asked.id, made_for, asked.language)}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if asked.etag is not None and names(asked.etag, etag):
        return Response(status_code=304, headers=headers)
    data = board_data(read_board(asked.session, asked.id, made_for), asked.language)
    return Response(_BOARD.dump_json(data, by_alias=True), media_type="application/json", headers=headers)


def undo(asked: Asked[Nothing, Query]) -> Reversed:
    """Undo the last edit of a project."""
    return _reversed(asked, journal.undo(session=asked.session, project_id=asked.id))


def redo(asked: Asked[Nothing, Query]) -> Reversed:
    """Do again what was undone last."""
    return _reversed(asked, journal.redo(session=asked.session, project_id=asked.id))


def history(asked: Asked[Nothing, OfHistory]) -> list[EditAnswer]:
    """The edits of a project, the last first."""
    get_project(session=asked.session, project_id=asked.id)
    return [
        EditAnswer(
            number=edit.number, kind=edit.kind, shot_ids=_shots_in(edit), undone=edit.undone, made_at=edit.created_at
        )
        for edit in journal.history(session=asked.session, project_id=asked.id, limit=asked.query.limit)
    ]


def project_answer(project: Project) -> ProjectAnswer:
    """A project as the interface says it."""
    told = project.model_dump(include=set(ProjectAnswer.model_fields))
    told |= {"seed": str(project.seed), "archived": project.archived_at is not None, "edited_at": project.updated_at}
    return ProjectAnswer(**told)


def given(body: BaseModel) -> dict[str, Any]:
    """The fields of a body that were sent."""
    return body.model_dump(exclude_unset=True)


def _said(changes: ProjectChanges) -> dict[str, Any]:
    """The fields that were sent, as a project keeps them."""
    fields = given(changes)
    return fields | ({"loras": stored_loras(fields["loras"])} if "loras" in fields else {})


def version_seen(version: int | None, was: Mapping[str, Any], changes: Mapping[str, Any]) -> int:
    """The version that counts for an edit; 0, which nothing ever has, where ``was`` says of every field what was seen.

    What was seen is surer than a number: a page may have learned of a new version and still show an old text.
    """
    return 0 if version is None or changes.keys() <= was.keys() else version


def _reversed(asked: Asked[Nothing, Query], edit: Edit) -> Reversed:
    project = get_project(session=asked.session, project_id=asked.id)
    return Reversed(kind=edit.kind, shot_ids=_shots_in(edit), version=project.version)


def _shots_in(edit: Edit) -> list[str]:
    return [str(change["id"]) for change in edit.changes if change["table"] == "shot"]
