"""Whose eyes a session on the database has: a person sees and changes only what belongs to their own projects.

The keeper, and whoever works for the studio, are nobody in particular and see everything. What a person's session asks
of a table is narrowed here, so that what is somebody else's is not there. Only what goes through the session is: what
its connection is asked itself sees everything.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, with_loader_criteria
from sqlmodel import Session, SQLModel, col, select

from framepack.messages import Message
from projects.database.tables import (
    Edit,
    Edition,
    Film,
    GuestLink,
    GuestNote,
    Lora,
    Media,
    MediaOwner,
    PictureOrder,
    Progress,
    Project,
    QueueState,
    Render,
    Shot,
    Speed,
    Take,
    Wording,
    Worker,
)
from projects.errors import NotFound, StudioError

# What leads from a row to its project, directly or through what belongs to one.
_PARENTS: Mapping[str, type[SQLModel]] = MappingProxyType({"project_id": Project, "shot_id": Shot, "render_id": Render})
OF_PROJECTS: Mapping[type[SQLModel], str] = MappingProxyType(
    {
        **dict.fromkeys((Shot, Edition, Edit, Render, Film, PictureOrder, GuestLink, GuestNote), "project_id"),
        **dict.fromkeys((Take, Wording), "shot_id"),
        Progress: "render_id",
    }
)
# What is there for all, and only the keeper changes. That a worker is at a shot says nothing of it.
OF_THE_STUDIO: tuple[type[SQLModel], ...] = (Lora, QueueState, Speed, Worker)
# Narrowed in ways of their own.
OF_PEOPLE: tuple[type[SQLModel], ...] = (Project, Media, MediaOwner)

# The columns that name media, by the tables that have some; the journal last, since it is long.
_NAMING: Mapping[type[SQLModel], tuple[str, ...]] = MappingProxyType(
    {
        Shot: ("media_id", "end_media_id", "video", "beats", "sounds"),
        Project: ("film",),
        Edition: ("film", "shots"),
        PictureOrder: ("media_ids", "source_id"),
        Edit: ("changes",),
    }
)
_MEDIA_ID = re.compile(r"\b[0-9a-f]{64}\b")
_INFO = "viewer"
_viewer: ContextVar[str | None] = ContextVar("_viewer", default=None)


def viewer() -> str | None:
    """The person, by e-mail address, for whom something is done now; None: the keeper, or the studio itself."""
    return _viewer.get()


@contextmanager
def viewing(person: str | None) -> Iterator[None]:
    """Do things for ``person``: every session that is opened within has their eyes."""
    before = _viewer.set(person)
    try:
        yield
    finally:
        _viewer.reset(before)


def viewer_of(session: Session) -> str | None:
    """Whose eyes a session has."""
    person: str | None = session.info.get(_INFO)
    return person


def restrict(session: Session, person: str | None) -> None:
    """Give a session that was just opened the eyes of ``person``; None: nothing is kept from it."""
    if person is not None:
        session.info[_INFO] = person
        sa.event.listen(session, "do_orm_execute", _narrow)
        sa.event.listen(session, "before_flush", _check_written)


@contextmanager
def everybodys(session: Session) -> Iterator[Session]:
    """A session in the same transaction from which nothing is kept: to count or order what is everybody's.

    No row that it reads may reach the person.
    """
    if viewer_of(session) is None:
        yield session
        return
    session.flush()
    with Session(session.connection(), expire_on_commit=False) as whole:
        yield whole


def claim_media(session: Session, *ids: str) -> None:
    """Note that the person of a session brought the files of ``ids``, before it is asked whether they are there."""
    person = viewer_of(session)
    if person is not None:
        for id in ids:
            session.merge(MediaOwner(media_id=id, owner=person))
        session.flush()


def _narrow(state: ORMExecuteState) -> None:
    person = viewer_of(state.session)  # type: ignore[arg-type]
    if person is None or state.is_column_load:
        return
    if not state.is_select and state.bind_mapper is not None and state.bind_mapper.class_ in OF_THE_STUDIO:
        raise StudioError(Message("keepers-only"))
    state.statement = state.statement.options(*_criteria(person))


@functools.lru_cache(1000)
def _criteria(person: str) -> tuple[LoaderCriteriaOption, ...]:
    only: dict[type[SQLModel], sa.ColumnElement[bool]] = {
        **{table: getattr(table, name).in_(_own(name, person)) for table, name in OF_PROJECTS.items()},
        Project: col(Project.owner) == person,
        MediaOwner: col(MediaOwner.owner) == person,
        Media: _media_of(person),
    }
    return tuple(with_loader_criteria(table, one, include_aliases=True) for table, one in only.items())


def _own(name: str, person: str) -> sa.Select[tuple[str]]:
    """The ids of a person's projects, shots or renders, by the column that names one."""
    parent = _table(_PARENTS[name])
    if name == "project_id":
        return sa.select(parent.c.id).where(parent.c.owner == person)
    return sa.select(parent.c.id).where(parent.c.project_id.in_(_own("project_id", person)))


def _media_of(person: str) -> sa.ColumnElement[bool]:
    """What a person brought, what their projects name, and the pictures of LoRAs."""
    owners, named = _table(MediaOwner), []
    for of, names in _NAMING.items():
        table = _table(of)
        mine = (table.c.id if of is Project else table.c.project_id).in_(_own("project_id", person))
        # An id is found in JSON as it stands.
        says = sa.or_(*(sa.cast(table.c[name], sa.Text).contains(col(Media.id)) for name in names))
        named.append(sa.exists(sa.select(sa.literal(1)).select_from(table).where(mine, says)))
    brought = sa.select(owners.c.media_id).where(owners.c.owner == person)
    return sa.or_(col(Media.id).in_(brought), col(Media.id).in_(sa.select(_table(Lora).c.media_id)), *named)


def _table(of: type[SQLModel]) -> sa.FromClause:
    """The table by a name of its own: a statement around it that asks it as well does not take it for that one."""
    table: sa.FromClause = sa.inspect(of).local_table
    return table.alias()


def _check_written(session: Session, context: object, instances: object) -> None:  # noqa: ARG001
    """A person's new projects are theirs, what else is new belongs to one of them, and names no media of others.

    What is the studio's is not touched.
    """
    changed = [row for row in session.dirty if session.is_modified(row)]
    if any(isinstance(row, OF_THE_STUDIO) for row in (*session.new, *changed, *session.deleted)):
        raise StudioError(Message("keepers-only"))
    new = {(type(row), getattr(row, "id", None)) for row in session.new}
    for row in session.new:
        if isinstance(row, Project):
            row.owner = viewer_of(session)
        for name, parent in _PARENTS.items():
            id = getattr(row, name, None)
            if id is not None and (parent, id) not in new and session.get(parent, id) is None:
                raise NotFound(parent.__name__.lower(), id)
    # Naming what is somebody else's would show it. The journal only repeats what rows said.
    naming = [row for row in (*session.new, *changed) if type(row) in _NAMING and not isinstance(row, Edit)]
    says = json.dumps([getattr(row, name) for row in naming for name in _NAMING[type(row)]])
    named = set(_MEDIA_ID.findall(says))
    if named:
        named -= set(session.exec(select(Media.id).where(col(Media.id).in_(named))).all())
    if named:
        raise NotFound("picture", min(named))
