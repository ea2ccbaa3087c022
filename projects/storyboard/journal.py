"""The journal of a project's edits: what each changed is kept, so that it can be undone and done again.

What the generator does (takes made, the take a shot shows once it is done) is no edit and is not in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from framepack.messages import Message
from projects.database.opening import hold
from projects.database.tables import Edit, Edition, Media, Project, Shot, Take, UtcTime, Wording, now
from projects.errors import StoryboardProblem
from projects.storyboard.ordering import number_between
from projects.storyboard.reading import get_project, shots_of
from projects.storyboard.shots import _numbers_taken, _put_in_order

# Keys that are pressed one after the other are one edit.
SECONDS_OF_ONE_EDIT = 3.0
Row = Project | Shot | Edition | Take
_UNTOLD = {"id", "project_id", "created_at", "updated_at", "version", "owner"}
_FIELDS: dict[type[Row], tuple[str, ...]] = {
    Project: tuple(field for field in Project.model_fields if field not in _UNTOLD),
    Shot: tuple(field for field in Shot.model_fields if field not in _UNTOLD),
    Edition: tuple(field for field in Edition.model_fields if field not in _UNTOLD),
    # The rest of a take is the generator's.
    Take: ("star", "note", "deleted_at"),
}
_PICTURES = {"media_id", "end_media_id"}
_TYPED = {"prompt", "name", "dialogue", "notes", "note", "words_before", "words_after", "negative_prompt"}


# --- keeping ----------------------------------------------------------------------------------------------------------


@contextmanager
def journaled(*, session: Session, project_id: str, kind: str) -> Iterator[None]:
    """Keep what the verbs called within change of a project as one edit; ``kind`` is a short word for it.

    Nothing is kept where nothing changed or where a verb raises. What was undone before cannot be done again any more.
    Typing on in one box is still the same edit. Nobody else edits the project until the session ends.
    """
    _hold(session, project_id)
    seen = _Seen(project_id)

    def look(session: Session, *_: object) -> None:
        seen.look(session)

    sa.event.listen(session, "before_flush", look)
    try:
        yield
        session.flush()
    finally:
        sa.event.remove(session, "before_flush", look)
    changes = seen.changes()
    if changes:
        _keep(session, Edit(project_id=project_id, number=0, kind=kind, changes=changes), seen.wordings)


def _hold(session: Session, project_id: str) -> None:
    """Wait for everyone who edits a project, and let nobody else do so until the session ends."""
    project = get_project(session=session, project_id=project_id)
    session.flush()
    hold(session=session, row=project)
    # What was read while it was waited says what there was before.
    session.expire_all()


class _Seen:
    """What rows of a project held before they were changed, as far as they were."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id
        self._before: dict[str, tuple[Row, dict[str, Any] | None]] = {}
        self.wordings: list[Wording] = []

    def look(self, session: Session) -> None:
        """Note what is about to be written."""
        for row in session.new:
            if isinstance(row, Shot | Edition) and row.project_id == self._project_id:
                self._before.setdefault(row.id, (row, None))
            elif isinstance(row, Wording):
                self.wordings.append(row)
        for row in session.dirty:
            if isinstance(row, Row) and self._is_ours(session, row):
                self._look_at(session, row)

    def changes(self) -> list[dict[str, Any]]:
        """What is different now, as the journal has it."""
        found = []
        for row, before in self._before.values():
            if sa.inspect(row).deleted:
                continue
            fields = _FIELDS[type(row)] if before is None else tuple(before)
            after = {field: _plain(getattr(row, field)) for field in fields}
            if before is not None:
                before = {field: value for field, value in before.items() if value != after[field]}
                after = {field: after[field] for field in before}
            if after:
                found.append({"table": row.__tablename__, "id": row.id, "before": before, "after": after})
        return found

    def _is_ours(self, session: Session, row: Row) -> bool:
        if isinstance(row, Project):
            return row.id == self._project_id
        if isinstance(row, Take):
            with session.no_autoflush:
                row = session.get_one(Shot, row.shot_id)
        return row.project_id == self._project_id

    def _look_at(self, session: Session, row: Row) -> None:
        _, before = self._before.setdefault(row.id, (row, {}))
        if before is None:
            return
        state = sa.inspect(row)
        for field in _FIELDS[type(row)]:
            history = state.attrs[field].history
            if field in before or not history.has_changes():
                continue
            # A field that was written without having been read is asked for; its row is not written yet.
            old = history.deleted[0] if history.deleted else _stored(session, row, field)
            before[field] = _plain(old)


def _keep(session: Session, edit: Edit, wordings: list[Wording]) -> None:
    for undone in session.exec(_of(edit.project_id).where(col(Edit.undone))).all():
        session.delete(undone)
    session.flush()
    last = session.exec(_of(edit.project_id).order_by(col(Edit.number).desc())).first()
    if last is not None and _goes_on(last, edit):
        (had,), (has,) = last.changes, edit.changes
        # What stood there in the middle of typing is no wording anybody would look for.
        for wording in wordings:
            session.delete(wording)
        last.changes = [{**had, "after": has["after"]}]
        last.created_at = now()
        if had["before"] == has["after"]:
            session.delete(last)
    else:
        edit.number = last.number + 1 if last else 1
        session.add(edit)
    session.flush()


def _goes_on(last: Edit, edit: Edit) -> bool:
    """Whether ``edit`` is more typing in the box in which ``last`` was typed."""
    if len(last.changes) != 1 or len(edit.changes) != 1 or edit.created_at - last.created_at > _ONE_EDIT:
        return False
    (had,), (has,) = last.changes, edit.changes
    if had["before"] is None or has["before"] is None or (had["table"], had["id"]) != (has["table"], has["id"]):
        return False
    fields = {*had["after"], *has["after"]}
    if len(fields) != 1 or had["after"] != has["before"]:
        return False
    return fields <= _TYPED or (fields == {"beats"} and _only_words([had["before"], had["after"], has["after"]]))


def _only_words(values: Sequence[Mapping[str, Any]]) -> bool:
    """Whether beats differ in nothing but what is said at them."""
    first, *others = ([{**beat, "prompt": ""} for beat in value["beats"]] for value in values)
    return all(other == first for other in others)


_ONE_EDIT = dt.timedelta(seconds=SECONDS_OF_ONE_EDIT)


# --- going back and forth ---------------------------------------------------------------------------------------------


def history(*, session: Session, project_id: str, limit: int = 100) -> list[Edit]:
    """The latest edits of a project, the last first, those that were undone among them."""
    return list(session.exec(_of(project_id).order_by(col(Edit.number).desc()).limit(limit)).all())


def can_undo(*, session: Session, project_id: str) -> bool:
    """Whether there is an edit to be undone."""
    return session.exec(_of(project_id).where(~col(Edit.undone)).limit(1)).first() is not None


def can_redo(*, session: Session, project_id: str) -> bool:
    """Whether there is an edit to be done again."""
    return session.exec(_of(project_id).where(col(Edit.undone)).limit(1)).first() is not None


def undo(*, session: Session, project_id: str) -> Edit:
    """Undo the last edit that is not undone. What others changed since outside the journal stays as they made it.

    Raises NotFound, and StoryboardProblem where there is none.
    """
    _hold(session, project_id)
    edit = session.exec(_of(project_id).where(~col(Edit.undone)).order_by(col(Edit.number).desc())).first()
    if edit is None:
        raise StoryboardProblem(Message("nothing-to-undo"))
    _turn(session, edit, "after", "before")
    edit.undone = True
    session.flush()
    return edit


def redo(*, session: Session, project_id: str) -> Edit:
    """Do the edit again that was undone last. Raises NotFound, and StoryboardProblem where there is none."""
    _hold(session, project_id)
    edit = session.exec(_of(project_id).where(col(Edit.undone)).order_by(col(Edit.number))).first()
    if edit is None:
        raise StoryboardProblem(Message("nothing-to-redo"))
    _turn(session, edit, "before", "after")
    edit.undone = False
    session.flush()
    return edit


def _turn(session: Session, edit: Edit, have: str, want: str) -> None:
    """Give the rows of ``edit`` the values it ``want``s, wherever they still ``have`` the others."""
    project = session.get_one(Project, edit.project_id)
    rows = _rows(session, edit)
    numbers: list[tuple[Shot, int]] = []
    with session.no_autoflush:
        for change in edit.changes:
            row = rows.get(change["id"])
            if row is None:
                continue  # removed for good since
            values = _to_set(session, row, change, have, want)
            if isinstance(row, Shot) and ("number" in values or "deleted_at" in values):
                # No two may have the same number, in between neither.
                numbers.append((row, values.get("number", row.number)))
                values["number"] = -len(numbers)
            row.sqlmodel_update(values)
            if set(values) - {"position"} and not isinstance(row, Take):
                row.version += 1
                row.updated_at = now()
    _give_numbers(session, project.id, numbers)
    _put_in_order(shots_of(session=session, project_id=project.id))
    if sa.inspect(project).attrs["version"].history.unchanged:
        project.version += 1
    project.updated_at = now()
    session.flush()


def _to_set(session: Session, row: Row, change: dict[str, Any], have: str, want: str) -> dict[str, Any]:
    """The fields of ``row`` to be set, with their values."""
    if change["before"] is None:
        # A row that was made: it is put away, and taken back.
        return {"deleted_at": now() if want == "before" else None}
    values = {}
    for field, value in change[want].items():
        if _plain(getattr(row, field)) != change[have][field]:
            continue
        named = (value or {}).get("media_id") if field == "video" else value if field in _PICTURES else None
        if named is not None and session.get(Media, named) is None:
            continue
        values[field] = _typed(type(row), field, value)
    return values


def _give_numbers(session: Session, project_id: str, numbers: list[tuple[Shot, int]]) -> None:
    """Their numbers to shots, and new ones to those that come back where theirs is taken."""
    session.flush()
    taken = {shot.number for shot in shots_of(session=session, project_id=project_id)}
    for shot, number in numbers:
        if number in taken and shot.deleted_at is None:
            number = number_between(None, None, _numbers_taken(session, project_id))
        shot.number = number
        if shot.deleted_at is None:
            taken.add(number)
    session.flush()


def _rows(session: Session, edit: Edit) -> dict[str, Row]:
    """The rows of an edit as they are in the database now, by id."""
    ids = [change["id"] for change in edit.changes]
    found: list[Row] = []
    for first in range(0, len(ids), 500):
        some = ids[first : first + 500]
        for query in (
            select(Project).where(col(Project.id).in_(some)),
            select(Shot).where(col(Shot.id).in_(some)),
            select(Edition).where(col(Edition.id).in_(some)),
            select(Take).where(col(Take.id).in_(some)),
        ):
            found += session.exec(query, execution_options={"populate_existing": True}).all()
    return {row.id: row for row in found}


def _of(project_id: str) -> SelectOfScalar[Edit]:
    return select(Edit).where(Edit.project_id == project_id)


def _stored(session: Session, row: SQLModel, field: str) -> object:
    table = sa.inspect(type(row)).local_table
    own = sa.and_(*(column == getattr(row, column.key) for column in table.primary_key))
    with session.no_autoflush:
        return session.connection().execute(sa.select(table.c[field]).where(own)).scalar_one()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _typed(table: type[Row], field: str, value: Any) -> Any:
    is_time = isinstance(sa.inspect(table).columns[field].type, UtcTime)
    return dt.datetime.fromisoformat(value) if is_time and value is not None else value
