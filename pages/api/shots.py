"""What the interface does with shots, one or several: make, change, move, copy, put away and bring back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from pages.api.answers import DeletedShot, ShotAnswer, ShotIds, ShotsAnswer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import MovedShots, NewCard, NewShots, OfPass, ShotChanges, ShotEdit, ShotsEdit, SomeShots
from pages.api.bodies import NewShot as SentShot
from pages.api.projects import given, version_seen
from pages.board.reading import read_board_of
from pages.board.rows import row
from pages.session.database import settings
from projects.database.tables import Pass, Shot, ShotUpdate
from projects.errors import ChangedMeanwhile
from projects.storyboard import several
from projects.storyboard.beats import stored_beats
from projects.storyboard.ends import attach_end, detach_end
from projects.storyboard.journal import journaled
from projects.storyboard.loras import stored_loras
from projects.storyboard.reading import get_project, get_shot
from projects.storyboard.shots import (
    NewShot,
    add_shots,
    attach_image,
    attach_video,
    detach_image,
    detach_video,
    edit_shot,
    renumber_shots,
)
from projects.storyboard.versions import edit_shot_from
from projects.takes.again import put_back as put_back_into
from projects.words.shot_cards import give_card

# What is not a field that is simply said, with the verbs that give it to a shot and take it away.
_MEDIA: Mapping[str, tuple[Callable[..., Shot], Callable[..., Shot]]] = MappingProxyType(
    {
        "media_id": (attach_image, detach_image),
        "video_id": (attach_video, detach_video),
        "end_media_id": (attach_end, detach_end),
    }
)


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
            new=[NewShot(**_without_end(new)) for new in body.shots],
            after=body.after,
        )
        for shot, new in zip(made, body.shots, strict=True):
            if new.end_media_id is not None:
                attach_end(session=asked.session, shot_id=shot.id, media_id=new.end_media_id)
    return _shots(asked.session, asked.id, made, asked.query.pass_)


def edit(asked: Asked[ShotEdit, OfPass]) -> ShotAnswer:
    """Change a shot, unless somebody else changed the same meanwhile."""
    session, body = asked.session, asked.body
    shot = get_shot(session=session, shot_id=asked.id)
    with journaled(session=session, project_id=shot.project_id, kind="edit-shot"):
        fields, was = _said(body.changes), _said(body.was)
        if body.version is not None or was:
            _check_media(shot, body)
        media = _media_in(fields)
        changes = ShotUpdate(**fields)
        if body.version is None and not was:
            edit_shot(session=session, shot_id=shot.id, changes=changes)
        else:
            version = version_seen(body.version, was, fields)
            edit_shot_from(session=session, shot_id=shot.id, version=version, was=was, changes=changes)
        _give(session, shot.id, media)
    return shot_answer(session, asked.id, asked.query.pass_)


def put_back(asked: Asked[Nothing, OfPass]) -> ShotAnswer:
    """Put what made the take that a shot shows back into it."""
    session, made_for = asked.session, asked.query.pass_
    shot = get_shot(session=session, shot_id=asked.id)
    with journaled(session=session, project_id=shot.project_id, kind="use-settings"):
        put_back_into(session=session, shot_id=shot.id, made_for=made_for)
    return shot_answer(session, shot.id, made_for)


def draw_card(asked: Asked[NewCard, OfPass]) -> ShotAnswer:
    """Draw a card with words and give it to a shot as its picture."""
    session = asked.session
    shot = get_shot(session=session, shot_id=asked.id)
    with journaled(session=session, project_id=shot.project_id, kind="draw-card"):
        give_card(session=session, settings=settings(), shot_id=shot.id, words=asked.body.words)
    return shot_answer(session, shot.id, asked.query.pass_)


def edit_several(asked: Asked[ShotsEdit, Query]) -> ShotIds:
    """The same changes of several shots."""
    session, ids = asked.session, asked.body.ids
    fields = _said(asked.body.changes)
    with journaled(session=session, project_id=asked.id, kind="edit-shots"):
        media = _media_in(fields)
        changes = ShotUpdate(**fields)
        changed = several.edit_shots(session=session, project_id=asked.id, shot_ids=ids, changes=changes)
        for shot in changed:
            _give(session, shot.id, media)
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
    fields |= {"loras": stored_loras(fields["loras"])} if "loras" in fields else {}
    return fields | ({"beats": stored_beats(fields["beats"])} if "beats" in fields else {})


def _without_end(new: SentShot) -> dict[str, Any]:
    return {name: value for name, value in given(new).items() if name != "end_media_id"}


def _media_in(fields: dict[str, Any]) -> dict[str, Any]:
    """What shots are to begin or end with, pictures or a video, taken out of the ``fields`` that were sent."""
    return {name: fields.pop(name) for name in _MEDIA if name in fields}


def _give(session: Session, shot_id: str, media: Mapping[str, Any]) -> None:
    for name, id in media.items():
        attach, detach = _MEDIA[name]
        if id is None:
            detach(session=session, shot_id=shot_id)
        else:
            attach(session=session, shot_id=shot_id, media_id=str(id))


def _check_media(shot: Shot, body: ShotEdit) -> None:
    """Raise ChangedMeanwhile where somebody else gave the shot another picture or video than the one that was seen."""
    video = (shot.video or {}).get("media_id")
    now = {"media_id": shot.media_id, "video_id": video, "end_media_id": shot.end_media_id}
    for name, has in now.items():
        if name not in body.changes.model_fields_set:
            continue
        is_told = name in body.was.model_fields_set
        seen = has == getattr(body.was, name) if is_told else shot.version == body.version
        if not seen and has != getattr(body.changes, name):
            raise ChangedMeanwhile({name: has}, shot.version)


def _shots(session: Session, project_id: str, shots: Sequence[Shot], made_for: Pass) -> ShotsAnswer:
    board = read_board_of(session, project_id, [shot.id for shot in shots], made_for)
    return ShotsAnswer(shots=[row(board, plan) for plan in board.plans], version=board.project.version)


def _ids(asked: Asked[Any, Any], shots: Sequence[Shot]) -> ShotIds:
    project = get_project(session=asked.session, project_id=asked.id)
    return ShotIds(ids=[shot.id for shot in shots], version=project.version)
