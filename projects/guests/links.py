"""Links by which others look at one project without the password, until they end.

What makes a link is a word of 256 random bits, of which only the hash is kept: who made it sees it once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from sqlmodel import Session, col, select

from framepack.messages import Message
from projects.database.tables import GuestLink, Project, now
from projects.errors import NotFound, StoryboardProblem
from projects.names import shown_name
from projects.storyboard.reading import get_project

# Where guests look at one project by a link; the word in the address is asked for there.
LOOK = "/look/"
MOST_LINKS = 20
MAX_NAME_CHARACTERS = 100
# None: until somebody ends it.
DAYS: tuple[int | None, ...] = (7, 30, None)
_WORD_BYTES = 32
# That it is used is not written down more often.
_BETWEEN_NOTES = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class NewLink:
    """A link that is wanted: for whom, for how many ``days`` (None: until it is ended), and whether they may note."""

    name: str
    days: int | None
    may_note: bool

    def __post_init__(self) -> None:
        """Raises StoryboardProblem for a name that is too long, and for days that are not among ``DAYS``."""
        if len(self.name) > MAX_NAME_CHARACTERS:
            raise StoryboardProblem(Message("guest-name-too-long", {"most": MAX_NAME_CHARACTERS}))
        if self.days not in DAYS:
            raise StoryboardProblem(Message("guest-days"))


def make_link(*, session: Session, project_id: str, wanted: NewLink) -> tuple[GuestLink, str]:
    """Make a link to a project; returns it and its word. Raises NotFound, and StoryboardProblem for one too many."""
    project = get_project(session=session, project_id=project_id)
    if len(links_of(session=session, project_id=project.id)) >= MOST_LINKS:
        raise StoryboardProblem(Message("guest-links-too-many", {"most": MOST_LINKS}))
    word, moment = secrets.token_urlsafe(_WORD_BYTES), now()
    link = GuestLink(
        project_id=project.id,
        name=shown_name(wanted.name),
        word_hash=_hash(word),
        may_note=wanted.may_note,
        created_at=moment,
        ends_at=moment + dt.timedelta(days=wanted.days) if wanted.days is not None else None,
    )
    session.add(link)
    session.flush()
    return link, word


def links_of(*, session: Session, project_id: str | None) -> list[GuestLink]:
    """The links that have not ended to a project (None: to all that are not deleted), the newest first."""
    there = GuestLink.project_id == project_id if project_id is not None else col(Project.deleted_at).is_(None)
    own = select(GuestLink).join(Project).where(there, col(GuestLink.ended_at).is_(None))
    found = session.exec(own.order_by(col(GuestLink.created_at).desc(), col(GuestLink.id))).all()
    return [link for link in found if not _is_over(link, now())]


def end_link(*, session: Session, link_id: str) -> GuestLink:
    """Let nobody in by a link from now on. Raises NotFound."""
    link = _get(session, link_id)
    link.ended_at = link.ended_at or now()
    session.flush()
    return link


def bring_link_back(*, session: Session, link_id: str) -> GuestLink:
    """Let a link that was ended lead in again. Raises NotFound."""
    link = _get(session, link_id)
    link.ended_at = None
    session.flush()
    return link


def link_by_word(*, session: Session, word: str) -> tuple[GuestLink, Project]:
    """The link whose word somebody has, and its project. It counts as used now.

    Raises NotFound where there is none, where it has ended, and where its project was deleted.
    """
    link = session.exec(select(GuestLink).where(GuestLink.word_hash == _hash(word))).first()
    moment = now()
    if link is None or link.ended_at is not None or _is_over(link, moment):
        raise NotFound("link", "")
    project = get_project(session=session, project_id=link.project_id)
    if link.used_at is None or moment - link.used_at > _BETWEEN_NOTES:
        link.used_at = moment
        session.flush()
    return link, project


def _get(session: Session, link_id: str) -> GuestLink:
    link = session.get(GuestLink, link_id)
    if link is None:
        raise NotFound("link", link_id)
    return link


def _is_over(link: GuestLink, moment: dt.datetime) -> bool:
    return link.ends_at is not None and link.ends_at <= moment


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
