"""What the interface does with guests' links and notes."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from pages.api.answers import Answer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import Body, Text
from pages.guests.guest_page import page_address
from projects.guests.links import NewLink, bring_link_back, end_link, links_of, make_link
from projects.guests.notes import all_notes_of, note_done, note_open, notes_of
from projects.storyboard.reading import get_project


class OfNotes(Query):
    """Which notes are listed."""

    done: bool = Field(default=False, description="With those that are done.")


class WantedLink(Body):
    """For whom a link is, for 7 or 30 days (null: until it is ended), and whether they write notes."""

    name: Text = ""
    days: int | None = 7
    may_note: bool = True


class LinkChanges(Body):
    """Whether a link leads nowhere."""

    ended: bool


class NoteChanges(Body):
    """Whether a note is done."""

    done: bool


class LinkAnswer(Answer):
    """A link to a project; its ``address`` is said only when it is made."""

    id: str
    project_id: str
    name: str
    may_note: bool
    created_at: dt.datetime
    ends_at: dt.datetime | None
    ended_at: dt.datetime | None
    used_at: dt.datetime | None
    address: str | None = None


class NoteAnswer(Answer):
    """What a guest noted on a shot (null: on the whole)."""

    id: str
    project_id: str
    link_id: str
    shot_id: str | None
    author: str
    text: str
    created_at: dt.datetime
    done_at: dt.datetime | None


_link, _note = LinkAnswer.model_validate, NoteAnswer.model_validate


def links(asked: Asked[Nothing, Query]) -> list[LinkAnswer]:
    """The links by which guests look at a project."""
    id = get_project(session=asked.session, project_id=asked.id).id
    return [_link(link) for link in links_of(session=asked.session, project_id=id)]


def share(asked: Asked[WantedLink, Query]) -> LinkAnswer:
    """Make a link by which guests look at a project without the password."""
    wanted = NewLink(asked.body.name, asked.body.days, asked.body.may_note)
    link, word = make_link(session=asked.session, project_id=asked.id, wanted=wanted)
    return _link(link).model_copy(update={"address": page_address(word)})


def end(asked: Asked[LinkChanges, Query]) -> LinkAnswer:
    """Have a link lead nowhere, or in again."""
    verb = end_link if asked.body.ended else bring_link_back
    return _link(verb(session=asked.session, link_id=asked.id))


def notes(asked: Asked[Nothing, OfNotes]) -> list[NoteAnswer]:
    """What guests noted on a project and its shots, the oldest first."""
    id = get_project(session=asked.session, project_id=asked.id).id
    found = all_notes_of if asked.query.done else notes_of
    return [_note(note) for note in found(session=asked.session, project_id=id)]


def done(asked: Asked[NoteChanges, Query]) -> NoteAnswer:
    """List a note no longer, or again."""
    verb = note_done if asked.body.done else note_open
    return _note(verb(session=asked.session, note_id=asked.id))
