"""Reading a storyboard: projects and shots as they are, without the deleted ones. It changes nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from projects.database.tables import Pass, Project, Shot, Wording, now
from projects.errors import NotFound

_ORDER = (col(Shot.position), col(Shot.number), col(Shot.id))


@dataclass(frozen=True)
class ProjectSummary:
    """A project as a list of projects shows it. ``picture`` is that of the first shot that has one (its media id)."""

    project: Project
    shots: int
    seconds: float
    picture: str | None


def list_projects(*, session: Session, archived: bool = False) -> list[ProjectSummary]:
    """All projects that are neither deleted nor archived, or else the archived ones, the one edited last first."""
    shown = col(Project.archived_at).is_not(None) if archived else col(Project.archived_at).is_(None)
    kept = select(Project).where(col(Project.deleted_at).is_(None), shown)
    projects = session.exec(kept.order_by(col(Project.updated_at).desc(), col(Project.id))).all()
    return _summaries(session, projects, sa.true())


@dataclass(frozen=True)
class Listing:
    """The first projects that were asked for, the one edited last first.

    ``found`` is how many there are in all that have the words in their names, ``archived`` how many projects are in the
    archive, ``all`` how many are not deleted.
    """

    projects: tuple[ProjectSummary, ...]
    found: int
    archived: int
    all: int


def find_projects(*, session: Session, words: str = "", archived: bool = False, most: int) -> Listing:
    """The projects whose names hold each of ``words``, ``most`` of them; with ``archived``, those in the archive too.

    Capitals, accents and the width of letters make no difference.
    """
    facts = sa.select(col(Project.id), col(Project.name), col(Project.archived_at)).where(
        col(Project.deleted_at).is_(None)
    )
    rows = session.execute(facts.order_by(col(Project.updated_at).desc(), col(Project.id))).all()
    wanted = _plain(words).split()
    ids = [
        id
        for id, name, archived_at in rows
        if (archived or archived_at is None) and (not wanted or all(word in _plain(name) for word in wanted))
    ]
    shown = ids[:most]
    projects = {one.id: one for one in session.exec(select(Project).where(col(Project.id).in_(shown))).all()}
    own = col(Shot.project_id).in_(shown)
    return Listing(
        projects=tuple(_summaries(session, [projects[id] for id in shown], own)),
        found=len(ids),
        archived=sum(archived_at is not None for _, _, archived_at in rows),
        all=len(rows),
    )


def get_project(*, session: Session, project_id: str) -> Project:
    """The project. Raises NotFound where there is none or it is deleted."""
    project = session.get(Project, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFound("project", project_id)
    return project


def project_with_shots(*, session: Session, project_id: str) -> tuple[Project, list[Shot]]:
    """The project and its shots in order. Raises NotFound."""
    return get_project(session=session, project_id=project_id), shots_of(session=session, project_id=project_id)


# --- shots ------------------------------------------------------------------------------------------------------------


def shots_of(*, session: Session, project_id: str) -> list[Shot]:
    """The shots of a project, in order, without the deleted ones."""
    return list(session.exec(_kept_shots().where(Shot.project_id == project_id)).all())


def get_shot(*, session: Session, shot_id: str) -> Shot:
    """The shot. Raises NotFound where there is none or it is deleted."""
    shot = session.get(Shot, shot_id)
    if shot is None or shot.deleted_at is not None:
        raise NotFound("shot", shot_id)
    return shot


def wordings(*, session: Session, shot_id: str) -> list[Wording]:
    """The earlier wordings of a shot's prompt, the latest first."""
    earlier = select(Wording).where(Wording.shot_id == shot_id)
    return list(session.exec(earlier.order_by(col(Wording.created_at).desc(), col(Wording.id))).all())


def chosen_id(shot: Shot, made_for: Pass) -> str | None:
    """The take that a shot shows in a pass."""
    return shot.chosen_draft_id if made_for == "draft" else shot.chosen_real_id


# --- what the verbs share ---------------------------------------------------------------------------------------------


def _kept_shots() -> SelectOfScalar[Shot]:
    kept = select(Shot).where(col(Shot.deleted_at).is_(None))
    return kept.order_by(*_ORDER)


def _touch(session: Session, *edited: Project | Shot) -> None:
    """Note that rows were edited; a project's shots do not make it another version, only their order does."""
    time = now()
    for row in edited:
        row.updated_at = time
        row.version += 1
        if isinstance(row, Shot):
            session.get_one(Project, row.project_id).updated_at = time
    session.flush()


def _summaries(session: Session, projects: Sequence[Project], which: sa.ColumnElement[bool]) -> list[ProjectSummary]:
    """``projects`` with the figures of the shots ``which`` are theirs, at least."""
    # Columns only: rows of all shots there are would take long to make.
    columns = select(Shot.project_id, Shot.seconds, Shot.media_id, Shot.video).where(
        col(Shot.deleted_at).is_(None), which
    )
    lengths: dict[str, list[float]] = {}
    pictures: dict[str, str] = {}
    for project_id, seconds, media_id, video in session.exec(columns.order_by(*_ORDER)).all():
        lengths.setdefault(project_id, []).append(seconds)
        if picture := media_id or (video or {}).get("still_id"):
            pictures.setdefault(project_id, picture)
    return [
        ProjectSummary(
            project=project,
            shots=len(lengths.get(project.id, ())),
            seconds=sum(lengths.get(project.id, ())),
            picture=pictures.get(project.id),
        )
        for project in projects
    ]


def _plain(name: str) -> str:
    """``name`` without what people leave out when they look for it."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn").casefold()
