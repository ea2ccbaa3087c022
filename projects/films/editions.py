"""The editions of a project's film: made, changed, thrown away and taken back. It never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from framepack.errors import InvalidRequest
from framepack.messages import Message
from projects.cutting.film_settings import film_settings
from projects.database.opening import hold
from projects.database.tables import Edition, Shot, now
from projects.errors import NotFound, StoryboardProblem
from projects.films.cut import LEFT_OUT, OTHERWISE
from projects.names import shown_name
from projects.storyboard.reading import get_project, shots_of
from projects.storyboard.shapes import aspect_of
from projects.storyboard.shots import check_shot

MAX_NAME_CHARACTERS = 200
MAX_EDITIONS = 50


def editions_of(*, session: Session, project_id: str) -> list[Edition]:
    """The editions of a project that were not thrown away, the oldest first."""
    kept = select(Edition).where(Edition.project_id == project_id, col(Edition.deleted_at).is_(None))
    return list(session.exec(kept.order_by(col(Edition.created_at), col(Edition.id))).all())


def get_edition(*, session: Session, edition_id: str) -> Edition:
    """The edition ``edition_id``. Raises NotFound, also for one that was thrown away."""
    edition = session.get(Edition, edition_id)
    if edition is None or edition.deleted_at is not None:
        raise NotFound("edition", edition_id)
    return edition


def add_edition(*, session: Session, project_id: str, name: str, like: Edition | None = None) -> Edition:
    """A new edition of a project's film, cut as the project says, or as the edition ``like``.

    Raises NotFound, and StoryboardProblem where the name is none or is taken, or there are too many.
    """
    project = get_project(session=session, project_id=project_id)
    hold(session=session, row=project)
    others = editions_of(session=session, project_id=project_id)
    if len(others) >= MAX_EDITIONS:
        raise StoryboardProblem(Message("editions-many", {"most": MAX_EDITIONS}))
    edition = Edition(project_id=project_id, name=_free_name(name, others))
    if like is not None:
        edition.sqlmodel_update({field: getattr(like, field) for field in ("shape", "film", "shots", "order")})
    session.add(edition)
    session.flush()
    return edition


def rename_edition(*, session: Session, edition_id: str, name: str) -> Edition:
    """Give an edition another name. Raises NotFound, and StoryboardProblem where the name is none or is taken."""
    edition = get_edition(session=session, edition_id=edition_id)
    others = [one for one in editions_of(session=session, project_id=edition.project_id) if one.id != edition.id]
    return _changed(session, edition, {"name": _free_name(name, others)})


def cut_edition(*, session: Session, edition_id: str, shape: str | None, film: Mapping[str, Any]) -> Edition:
    """Say in which shape an edition is, None for the project's, and what of its film is set otherwise.

    Raises NotFound and InvalidRequest.
    """
    edition = get_edition(session=session, edition_id=edition_id)
    project = get_project(session=session, project_id=edition.project_id)
    if shape is not None:
        aspect_of(shape)
    film_settings(project.film, film)
    return _changed(session, edition, {"shape": shape, "film": dict(film)})


def cut_shot(*, session: Session, edition_id: str, shot_id: str, changes: Mapping[str, Any]) -> Edition:
    """Say what an edition has otherwise of a shot; None in ``changes`` is as the storyboard has it again.

    Raises NotFound, and InvalidRequest where a shot cannot be cut so.
    """
    edition = get_edition(session=session, edition_id=edition_id)
    hold(session=session, row=edition)
    session.refresh(edition)
    shot = session.get(Shot, shot_id)
    if shot is None or shot.project_id != edition.project_id:
        raise NotFound("shot", shot_id)
    unknown = sorted(set(changes) - OTHERWISE - {LEFT_OUT})
    if unknown:
        raise InvalidRequest(unknown[0], Message("not-in-editions"))
    said = {**edition.shots.get(shot_id, {}), **changes}
    said = {field: value for field, value in said.items() if value is not None and value is not False}
    fields = {field: value for field, value in said.items() if field in OTHERWISE}
    check_shot(Shot(**{**shot.model_dump(), **fields}))
    shots = {**edition.shots, shot_id: said}
    return _changed(session, edition, {"shots": {id: one for id, one in shots.items() if one}})


def order_edition(*, session: Session, edition_id: str, order: Sequence[str] | None) -> Edition:
    """Give an edition an order of shots of its own, or that of the storyboard. Raises NotFound."""
    edition = get_edition(session=session, edition_id=edition_id)
    known = {shot.id for shot in shots_of(session=session, project_id=edition.project_id)}
    for shot_id in order or ():
        if shot_id not in known:
            raise NotFound("shot", shot_id)
    return _changed(session, edition, {"order": None if order is None else list(dict.fromkeys(order))})


def delete_edition(*, session: Session, edition_id: str) -> Edition:
    """Throw an edition away; ``restore_edition`` takes it back. Its films stay."""
    return _changed(session, get_edition(session=session, edition_id=edition_id), {"deleted_at": now()})


def restore_edition(*, session: Session, edition_id: str) -> Edition:
    """Take an edition back that was thrown away. Raises NotFound."""
    edition = session.get(Edition, edition_id)
    if edition is None:
        raise NotFound("edition", edition_id)
    return _changed(session, edition, {"deleted_at": None})


def _changed(session: Session, edition: Edition, values: Mapping[str, Any]) -> Edition:
    edition.sqlmodel_update(dict(values))
    edition.version += 1
    edition.updated_at = now()
    session.flush()
    return edition


def _free_name(name: str, others: Sequence[Edition]) -> str:
    shown = shown_name(name)
    if not shown:
        raise StoryboardProblem(Message("edition-unnamed"))
    if len(shown) > MAX_NAME_CHARACTERS:
        raise StoryboardProblem(Message("edition-name-too-long", {"most": MAX_NAME_CHARACTERS}))
    if shown.casefold() in {other.name.casefold() for other in others}:
        raise StoryboardProblem(Message("edition-name-taken", {"name": shown}))
    return shown
