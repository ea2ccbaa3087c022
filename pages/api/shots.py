"""What the interface does with shots, one or several: make, change, move, copy, put away and bring back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from pages.api.answers import DeletedShot, ShotAnswer, ShotIds, ShotsAnswer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import MovedShots, NewShots, OfPass, ShotChanges, ShotEdit, ShotsEdit, SomeShots
from pages.api.projects import given, version_seen
from pages.board.reading import read_board_of
from pages.board.rows import row
from projects.database.tables import Pass, Shot, ShotUpdate
from projects.errors import ChangedMeanwhile
from projects.storyboard import several
from projects.storyboard.beats import stored_beats
from projects.storyboard.journal import journaled
from projects.storyboard.reading import get_project, get_shot
from projects.storyboard.shots import (
    NewShot,
    add_shots,
    attach_image,
    detach_image,
    edit_shot,
    renumber_shots,
)
from projects.storyboard.versions import edit_shot_from
from projects.takes.again import put_back as put_back_into


def one(asked: Asked[Nothing, OfPass]) -> ShotAnswer:
    """A shot as the board shows it."""
    return shot_answer(asked.session, asked.id, asked.query.pass_)


def add(asked: Asked[NewShots, OfPass]) -> ShotsAnswer:
    """New shots behind another, or at the end."""
    body = asked.body
    with journaled(session=asked.session, project_id=asked.id, kind="add-shots"):
        made = add_shots(
            session=asked.session,
            project_id=asked.id,
            new=[NewShot(**given(new)) for new in body.shots],
            after=body.after,
        )
    return _shots(asked.session, asked.id, made, asked.query.pass_)


def edit(asked: Asked[ShotEdit, OfPass]) -> ShotAnswer:
    """Change a shot, unless somebody else changed the same meanwhile."""
    session, body = asked.session, asked.body
    shot = get_shot(session=session, shot_id=asked.id)
    with journaled(session=session, project_id=shot.project_id, kind="edit-shot"):
        fields, was = _said(body.changes), _said(body.was)
        if body.version is not None or was:
            _check_picture(shot, body)
        pictures = [fields.pop("media_id")] if "media_id" in fields else []
        changes = ShotUpdate(**fields)
        if body.version is None and not was:
            edit_shot(session=session, shot_id=shot.id, changes=changes)
        else:
            version = version_seen(body.version, was, fields)
            edit_shot_from(session=session, shot_id=shot.id, version=version, was=was, changes=changes)
        for media_id in pictures:
            _give_picture(session, shot.id, media_id)
    return shot_answer(session, asked.id, asked.query.pass_)


def put_back(asked: Asked[Nothing, OfPass]) -> ShotAnswer:
    """Put what made the take that a shot shows back into it."""
    session, made_for = asked.session, asked.query.pass_
    shot = get_shot(session=session, shot_id=asked.id)
    with journaled(session=session, project_id=shot.project_id, kind="use-settings"):
        put_back_into(session=session, shot_id=shot.id, made_for=made_for)
    return shot_answer(session, shot.id, made_for)


def edit_several(asked: Asked[ShotsEdit, Query]) -> ShotIds:
    """The same changes of several shots."""
    session, ids = asked.session, asked.body.ids
    fields = _said(asked.body.changes)
    with journaled(session=session, project_id=asked.id, kind="edit-shots"):
        pictures = [fields.pop("media_id")] if "media_id" in fields else []
        changes = ShotUpdate(**fields)
        changed = several.edit_shots(session=session, project_id=asked.id, shot_ids=ids, changes=changes)
        for media_id in pictures:
            for shot in changed:
                _give_picture(session, shot.id, media_id)
    return _ids(asked, changed)


def move(asked: Asked[MovedShots, Query]) -> ShotIds:
    """Move shots in front of another, or to the end; all shots in their new order."""
    body = asked.body
    with journaled(session=asked.session, project_id=asked.id, kind="move-shots"):
        ordered = several.move_shots(session=asked.session, project_id=asked.id, shot_ids=body.ids, before=body.before)
    return _ids(asked, ordered)


def duplicate(asked: Asked[SomeShots, OfPass]) -> ShotsAnswer:
    """Copies of shots, behind the last of them."""
    with journaled(session=asked.session, project_id=asked.id, kind="duplicate-shots"):
        made = several.duplicate_shots(session=asked.session, project_id=asked.id, shot_ids=asked.body.ids)
    return _shots(asked.session, asked.id, made, asked.query.pass_)


def delete(asked: Asked[SomeShots, Query]) -> ShotIds:
    """Take shots out of their project; they can be restored."""
    with journaled(session=asked.session, project_id=asked.id, kind="delete-shots"):
        gone = several.delete_shots(session=asked.session, project_id=asked.id, shot_ids=asked.body.ids)
    return _ids(asked, gone)


def restore(asked: Asked[SomeShots, Query]) -> ShotIds:
    """Put deleted shots back where they were."""
    with journaled(session=asked.session, project_id=asked.id, kind="restore-shots"):
        back = several.restore_shots(session=asked.session, project_id=asked.id, shot_ids=asked.body.ids)
    return _ids(asked, back)


def renumber(asked: Asked[Nothing, Query]) -> ShotIds:
    """Number the shots afresh in their present order."""
    with journaled(session=asked.session, project_id=asked.id, kind="renumber-shots"):
        shots = renumber_shots(session=asked.session, project_id=asked.id)
    return _ids(asked, shots)


def deleted(asked: Asked[Nothing, Query]) -> list[DeletedShot]:
    """The deleted shots of a project, the one deleted last first."""
    get_project(session=asked.session, project_id=asked.id)
    found = several.deleted_shots(session=asked.session, project_id=asked.id)
    return [
        DeletedShot(id=shot.id, number=shot.label, name=shot.name, prompt=shot.prompt, deleted_at=shot.deleted_at)
        for shot in found
        if shot.deleted_at is not None
    ]


def shot_answer(session: Session, shot_id: str, made_for: Pass) -> ShotAnswer:
    """A shot as the interface says it."""
    shot = get_shot(session=session, shot_id=shot_id)
    board = read_board_of(session, shot.project_id, [shot_id], made_for)
    return ShotAnswer(shot=row(board, board.plans[0]), version=shot.version)


def _said(changes: ShotChanges) -> dict[str, Any]:
    """The fields that were sent, as a shot keeps them."""
    fields = given(changes)
    return fields | ({"beats": stored_beats(fields["beats"])} if "beats" in fields else {})


def _give_picture(session: Session, shot_id: str, media_id: object) -> None:
    if media_id is None:
        detach_image(session=session, shot_id=shot_id)
    else:
        attach_image(session=session, shot_id=shot_id, media_id=str(media_id))


def _check_picture(shot: Shot, body: ShotEdit) -> None:
    """Raise ChangedMeanwhile where somebody else gave the shot another picture than the one that was seen."""
    if "media_id" not in body.changes.model_fields_set:
        return
    is_told = "media_id" in body.was.model_fields_set
    seen = shot.media_id == body.was.media_id if is_told else shot.version == body.version
    if not seen and shot.media_id != body.changes.media_id:
        raise ChangedMeanwhile({"media_id": shot.media_id}, shot.version)


def _shots(session: Session, project_id: str, shots: Sequence[Shot], made_for: Pass) -> ShotsAnswer:
    board = read_board_of(session, project_id, [shot.id for shot in shots], made_for)
    return ShotsAnswer(shots=[row(board, plan) for plan in board.plans], version=board.project.version)


def _ids(asked: Asked[Any, Any], shots: Sequence[Shot]) -> ShotIds:
    project = get_project(session=asked.session, project_id=asked.id)
    return ShotIds(ids=[shot.id for shot in shots], version=project.version)
