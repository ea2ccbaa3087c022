"""What guests note on a project and its shots, until somebody says that it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from framepack.messages import Message
from projects.database.tables import GuestLink, GuestNote, Shot, now
from projects.errors import NotFound, StoryboardProblem
from projects.guests.links import MAX_NAME_CHARACTERS
from projects.names import shown_name, storable

MAX_TEXT_CHARACTERS = 2000
# Of one project, those that are done not counted: whoever has a link could fill the disk otherwise.
MOST_NOTES = 500
_Wanted = TypeVar("_Wanted")


@dataclass(frozen=True)
class NewNote:
    """A note that is wanted: on which shot (None: on the whole), whose, and what it says."""

    shot_id: str | None
    author: str
    text: str

    def __post_init__(self) -> None:
        """Raises StoryboardProblem for what is empty or too long."""
        if not shown_name(self.text):
            raise StoryboardProblem(Message("guest-note-empty"))
        if len(self.text) > MAX_TEXT_CHARACTERS:
            raise StoryboardProblem(Message("guest-note-too-long", {"most": MAX_TEXT_CHARACTERS}))
        if len(self.author) > MAX_NAME_CHARACTERS:
            raise StoryboardProblem(Message("guest-name-too-long", {"most": MAX_NAME_CHARACTERS}))


def add_note(*, session: Session, link: GuestLink, wanted: NewNote) -> GuestNote:
    """Keep what somebody notes who came by ``link``.

    Raises NotFound for a shot that the link's project does not have, and StoryboardProblem where by this link nothing
    may be noted, or where too much is noted already.
    """
    if not link.may_note:
        raise StoryboardProblem(Message("guest-may-not-note"))
    if wanted.shot_id is not None:
        shot = session.get(Shot, wanted.shot_id)
        if shot is None or shot.project_id != link.project_id or shot.deleted_at is not None:
            raise NotFound("shot", wanted.shot_id)
    if count_notes(session=session, project_id=link.project_id) >= MOST_NOTES:
        raise StoryboardProblem(Message("guest-notes-too-many", {"most": MOST_NOTES}))
    note = GuestNote(
        project_id=link.project_id,
        link_id=link.id,
        shot_id=wanted.shot_id,
        author=shown_name(wanted.author) or link.name,
        text=storable(wanted.text).strip(),
    )
    session.add(note)
    session.flush()
    return note


def notes_of(*, session: Session, project_id: str) -> list[GuestNote]:
    """What is noted on a project and its shots and is not done yet, the oldest first; not on shots that are deleted."""
    return _listed(session, _open(select(GuestNote), project_id))


def all_notes_of(*, session: Session, project_id: str) -> list[GuestNote]:
    """As ``notes_of``, with those that are done."""
    return _listed(session, _of(select(GuestNote), project_id))


def notes_on(*, session: Session, shot_id: str) -> list[GuestNote]:
    """What is noted on one shot and is not done yet, the oldest first."""
    return _listed(session, select(GuestNote).where(GuestNote.shot_id == shot_id, col(GuestNote.done_at).is_(None)))


def count_notes(*, session: Session, project_id: str) -> int:
    """How many ``notes_of`` a project there are."""
    return int(session.exec(_open(select(func.count(col(GuestNote.id))), project_id)).one())


def note_done(*, session: Session, note_id: str) -> GuestNote:
    """Show a note no more. Raises NotFound."""
    note = _get(session, note_id)
    note.done_at = note.done_at or now()
    session.flush()
    return note


def note_open(*, session: Session, note_id: str) -> GuestNote:
    """Show a note again that was done. Raises NotFound."""
    note = _get(session, note_id)
    note.done_at = None
    session.flush()
    return note


def _listed(session: Session, own: SelectOfScalar[GuestNote]) -> list[GuestNote]:
    return list(session.exec(own.order_by(col(GuestNote.created_at), col(GuestNote.id))).all())


def _open(wanted: SelectOfScalar[_Wanted], project_id: str) -> SelectOfScalar[_Wanted]:
    return _of(wanted, project_id).where(col(GuestNote.done_at).is_(None))


def _of(wanted: SelectOfScalar[_Wanted], project_id: str) -> SelectOfScalar[_Wanted]:
    own = wanted.select_from(GuestNote).join(Shot, col(Shot.id) == col(GuestNote.shot_id), isouter=True)
    return own.where(GuestNote.project_id == project_id, col(Shot.deleted_at).is_(None))


def _get(session: Session, note_id: str) -> GuestNote:
    note = session.get(GuestNote, note_id)
    if note is None:
        raise NotFound("note", note_id)
    return note
