"""The verbs of several shots at once: change, move, copy, put away and bring back. They never commit.

A selection is always taken in the order of the storyboard; that shots continue others makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from projects.database.opening import hold
from projects.database.tables import Project, Shot, ShotUpdate, now
from projects.errors import NotFound
from projects.storyboard.ordering import moved, number_between
from projects.storyboard.reading import _touch, get_project, shots_of
from projects.storyboard.shots import _copy_of, _insert, _numbers_taken, _put_in_order, _within, change_fields


def edit_shots(*, session: Session, project_id: str, shot_ids: Sequence[str], changes: ShotUpdate) -> list[Shot]:
    """Change what is given of several shots. Raises NotFound, and InvalidRequest where one of them cannot be so."""
    _, chosen, _ = _selection(session, project_id, shot_ids)
    _touch(session, *(shot for shot in chosen if change_fields(session, shot, changes)))
    return chosen


def move_shots(*, session: Session, project_id: str, shot_ids: Sequence[str], before: str | None) -> list[Shot]:
    """Move shots in front of the shot ``before``, or to the end; all shots in their new order. Numbers stay."""
    project, chosen, shots = _selection(session, project_id, shot_ids)
    ids = {shot.id for shot in chosen}
    rest = [shot for shot in shots if shot.id not in ids]
    place = len(rest)
    if before is not None:
        # Of a place within the selection the first shot behind it counts that stays.
        first = _within(shots, before).position
        place = sum(shot.position < first for shot in rest)
    ordered = [*rest[:place], *chosen, *rest[place:]]
    if _put_in_order(ordered):
        _touch(session, project)
    return ordered


def order_shots(*, session: Session, project_id: str, shot_ids: Sequence[str]) -> list[Shot]:
    """Put all shots of a project in the order in which they are given. Numbers stay.

    Raises NotFound for a shot that is not there; those that are not given stay behind the others.
    """
    project, _, shots = _selection(session, project_id, shot_ids)
    given = {shot_id: place for place, shot_id in enumerate(shot_ids)}
    ordered = sorted(shots, key=lambda shot: given.get(shot.id, len(given)))
    if _put_in_order(ordered):
        _touch(session, project)
    return ordered


def duplicate_shots(*, session: Session, project_id: str, shot_ids: Sequence[str]) -> list[Shot]:
    """Copies of shots without takes, one after the other behind the last of them."""
    project, chosen, shots = _selection(session, project_id, shot_ids)
    if not chosen:
        return []
    copies = [_copy_of(shot, project_id=project_id, number=0, position=0) for shot in chosen]
    _insert(session, shots, copies, shots.index(chosen[-1]) + 1)
    _touch(session, project)
    return copies


def delete_shots(*, session: Session, project_id: str, shot_ids: Sequence[str]) -> list[Shot]:
    """Take shots out of their project; ``restore_shots`` puts them back. Pictures and takes stay."""
    project, chosen, shots = _selection(session, project_id, shot_ids)
    time = now()
    for shot in chosen:
        shot.deleted_at = time
    _put_in_order([shot for shot in shots if shot.deleted_at is None])
    if chosen:
        _touch(session, project, *chosen)
    return chosen


def restore_shots(*, session: Session, project_id: str, shot_ids: Sequence[str]) -> list[Shot]:
    """Put deleted shots back where they were, as far as the others are still there.

    Their numbers stay, too, unless the others were renumbered meanwhile and one of them has it now.
    """
    project = get_project(session=session, project_id=project_id)
    hold(session=session, row=project)
    shots = shots_of(session=session, project_id=project_id)
    deleted = select(Shot).where(Shot.project_id == project_id, col(Shot.deleted_at).is_not(None))
    by_id = {shot.id: shot for shot in session.exec(deleted).all()}
    for shot_id in shot_ids:
        if shot_id not in by_id and all(shot.id != shot_id for shot in shots):
            raise NotFound("shot", shot_id)
    back = [by_id[shot_id] for shot_id in dict.fromkeys(shot_ids) if shot_id in by_id]
    # Each had its place among those that were there when it was deleted: the last that went comes back first.
    for shot in sorted(back, key=lambda shot: (-_moment(shot), shot.position)):
        shots = moved([*shots, shot], shot, shot.position)
    numbers = {shot.number for shot in shots if shot.deleted_at is None}
    for shot in back:
        if shot.number in numbers:
            shot.number = number_between(None, None, _numbers_taken(session, project_id))
        numbers.add(shot.number)
        shot.deleted_at = None
    _put_in_order(shots)
    if back:
        _touch(session, project, *back)
    return back


def deleted_shots(*, session: Session, project_id: str) -> list[Shot]:
    """The deleted shots of a project, the one deleted last first."""
    deleted = select(Shot).where(Shot.project_id == project_id, col(Shot.deleted_at).is_not(None))
    return list(session.exec(deleted.order_by(col(Shot.deleted_at).desc(), col(Shot.position))).all())


def _selection(session: Session, project_id: str, shot_ids: Sequence[str]) -> tuple[Project, list[Shot], list[Shot]]:
    """The project, the shots of the selection in order, and all shots; nobody else edits the project meanwhile."""
    project = get_project(session=session, project_id=project_id)
    hold(session=session, row=project)
    shots = shots_of(session=session, project_id=project_id)
    wanted = {_within(shots, shot_id).id for shot_id in shot_ids}
    return project, [shot for shot in shots if shot.id in wanted], shots


def _moment(shot: Shot) -> float:
    return shot.deleted_at.timestamp() if shot.deleted_at else 0.0
