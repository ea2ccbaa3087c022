"""Editions: films of a project that are cut otherwise, from the same takes. Its verbs never commit.

An edition keeps only what it says otherwise than the storyboard, which it follows in all else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from framepack.messages import Message
from projects.cutting.film_settings import FilmSettings, film_settings
from projects.database.opening import hold
from projects.database.tables import Edition, Project, Shot, ShotUpdate, now
from projects.errors import NotFound, StoryboardProblem
from projects.films.cut import LEFT_OUT, OTHERWISE, in_order, otherwise, shows
from projects.names import shown_name, storable
from projects.storyboard.ordering import moved
from projects.storyboard.projects import MAX_NAME_CHARACTERS
from projects.storyboard.reading import get_project, get_shot, shots_of
from projects.storyboard.shapes import aspect_of
from projects.storyboard.shots import check_shot

MAX_EDITIONS = 50


def editions_of(*, session: Session, project_id: str) -> list[Edition]:
    """The editions of a project that were not deleted, the oldest first."""
    kept = select(Edition).where(Edition.project_id == project_id, col(Edition.deleted_at).is_(None))
    return list(session.exec(kept.order_by(col(Edition.created_at), col(Edition.id))).all())


def get_edition(*, session: Session, edition_id: str) -> Edition:
    """The edition. Raises NotFound where there is none or it is deleted."""
    edition = session.get(Edition, edition_id)
    if edition is None or edition.deleted_at is not None:
        raise NotFound("edition", edition_id)
    return edition


def create_edition(*, session: Session, project_id: str, name: str, of: Edition | None = None) -> Edition:
    """A new edition that is cut as the project's film is, or as the edition ``of``.

    Raises NotFound, and StoryboardProblem for a name that is none or taken, or where there are too many.
    """
    project = get_project(session=session, project_id=project_id)
    if of is not None and of.project_id != project.id:
        raise NotFound("edition", of.id)
    named = _named(session, project, name)
    if len(editions_of(session=session, project_id=project_id)) >= MAX_EDITIONS:
        raise StoryboardProblem(Message("editions-many", {"most": MAX_EDITIONS}))
    edition = Edition(project_id=project_id, name=named)
    if of is not None:
        edition.shape, edition.film = of.shape, dict(of.film)
        edition.shots = {shot_id: dict(said) for shot_id, said in of.shots.items()}
        edition.order = None if of.order is None else list(of.order)
    session.add(edition)
    session.flush()
    return edition


def free_name(*, session: Session, project_id: str, name: str) -> str:
    """A name for a new edition that no other of the project has, made of ``name`` as far as that is one."""
    wanted = shown_name(name)[: MAX_NAME_CHARACTERS - 4] or get_project(session=session, project_id=project_id).name
    taken = _names(editions_of(session=session, project_id=project_id), None)
    names = (wanted, *(f"{wanted[: MAX_NAME_CHARACTERS - 4]} {number}" for number in range(2, MAX_EDITIONS + 2)))
    return next(one for one in names if one.casefold() not in taken)


def rename_edition(*, session: Session, edition_id: str, name: str) -> Edition:
    """Give an edition another name. Raises NotFound, and StoryboardProblem for a name that is none or taken."""
    edition = get_edition(session=session, edition_id=edition_id)
    project = get_project(session=session, project_id=edition.project_id)
    named = _named(session, project, name, but=edition)
    if named != edition.name:
        edition.name = named
        _touch(session, edition)
    return edition


def delete_edition(*, session: Session, edition_id: str) -> Edition:
    """Throw an edition away; ``restore_edition`` takes it back. The films that were made of it stay."""
    edition = get_edition(session=session, edition_id=edition_id)
    edition.deleted_at = now()
    _touch(session, edition)
    return edition


def restore_edition(*, session: Session, edition_id: str) -> Edition:
    """Take an edition back that was thrown away. Raises NotFound."""
    edition = session.get(Edition, edition_id)
    if edition is None:
        raise NotFound("edition", edition_id)
    if edition.deleted_at is not None:
        edition.deleted_at = None
        _touch(session, edition)
    return edition


# --- how it is cut ----------------------------------------------------------------------------------------------------


def give_shape(*, session: Session, edition_id: str, shape: str | None) -> Edition:
    """Give the film of an edition a shape of its own, cut out of the pictures; None is the project's.

    Raises NotFound, StoryboardProblem for a shape that is left to the first picture, and InvalidRequest for none.
    """
    edition = get_edition(session=session, edition_id=edition_id)
    if shape is not None and aspect_of(shape) is None:
        raise StoryboardProblem(Message("edition-shape", {"name": shape}))
    if shape != edition.shape:
        edition.shape = shape
        _touch(session, edition)
    return edition


def set_film(*, session: Session, edition_id: str, film: FilmSettings) -> Edition:
    """Have the film of an edition be finished as ``film`` says; what is as the project's is not kept.

    Raises NotFound, and InvalidRequest for settings that cannot be.
    """
    edition = get_edition(session=session, edition_id=edition_id)
    project = get_project(session=session, project_id=edition.project_id)
    wanted = film_settings(film.model_dump()).model_dump()
    usual = film_settings(project.film).model_dump()
    own = {name: value for name, value in wanted.items() if value != usual[name]}
    if own != edition.film:
        edition.film = own
        _touch(session, edition)
    return edition


def cut_shot(*, session: Session, edition_id: str, shot_id: str, changes: ShotUpdate) -> Edition:
    """Cut a shot in an edition otherwise than elsewhere: of the fields that are given, each is one of ``OTHERWISE``.

    What is as the storyboard has it is not kept. Raises NotFound, StoryboardProblem for what is no matter of the film,
    and InvalidRequest for what cannot be.
    """
    edition, shot = _shot_in(session, edition_id, shot_id)
    given = changes.model_dump(exclude_unset=True)
    if unknown := set(given) - OTHERWISE:
        raise StoryboardProblem(Message("edition-not-of-film", {"field": min(unknown)}))
    cleaned = {name: storable(value) if isinstance(value, str) else value for name, value in given.items()}
    said = {**edition.shots.get(shot.id, {}), **cleaned}
    check_shot(Shot(**{**shot.model_dump(), **{name: said[name] for name in said if name in OTHERWISE}}))
    kept = {name: value for name, value in said.items() if name == LEFT_OUT or value != getattr(shot, name)}
    return _say(session, edition, shot, kept)


def leave_out(*, session: Session, edition_id: str, shot_id: str, left_out: bool) -> Edition:
    """Have an edition not show a shot, or show it again. Raises NotFound."""
    edition, shot = _shot_in(session, edition_id, shot_id)
    said = {name: value for name, value in edition.shots.get(shot.id, {}).items() if name != LEFT_OUT}
    return _say(session, edition, shot, {**said, LEFT_OUT: True} if left_out else said)


def move_shot(*, session: Session, edition_id: str, shot_id: str, place: int) -> Edition:
    """Put a shot at a place (0 is first) among all shots of an edition, those that it leaves out among them.

    Raises NotFound.
    """
    edition, shot = _shot_in(session, edition_id, shot_id)
    shots = shots_of(session=session, project_id=edition.project_id)
    now_in = in_order(shots, edition.order)
    ordered = [one.id for one in moved(now_in, shot, max(0, min(place, len(shots) - 1)))]
    order = None if ordered == [one.id for one in shots] else ordered
    if ordered != [one.id for one in now_in] or order != edition.order:
        edition.order = order
        _touch(session, edition)
    return edition


def shots_in(*, session: Session, edition: Edition) -> list[tuple[Shot, bool]]:
    """All shots as an edition has them, in its order, and whether it shows them."""
    shots = shots_of(session=session, project_id=edition.project_id)
    return [(otherwise(shot, edition), shows(edition, shot)) for shot in in_order(shots, edition.order)]


def _shot_in(session: Session, edition_id: str, shot_id: str) -> tuple[Edition, Shot]:
    """An edition, as it is now and until the session ends, and a shot of its project."""
    edition = get_edition(session=session, edition_id=edition_id)
    hold(session=session, row=edition)
    session.refresh(edition)
    shot = get_shot(session=session, shot_id=shot_id)
    if shot.project_id != edition.project_id:
        raise NotFound("shot", shot_id)
    return edition, shot


def _say(session: Session, edition: Edition, shot: Shot, said: Mapping[str, Any]) -> Edition:
    others = {shot_id: one for shot_id, one in edition.shots.items() if shot_id != shot.id}
    shots = {**others, shot.id: dict(said)} if said else others
    if shots != edition.shots:
        edition.shots = shots
        _touch(session, edition)
    return edition


def _named(session: Session, project: Project, name: str, but: Edition | None = None) -> str:
    """``name`` as it is kept, which no other edition of the project has."""
    shown = shown_name(name)
    if not shown:
        raise StoryboardProblem(Message("edition-unnamed"))
    if len(shown) > MAX_NAME_CHARACTERS:
        raise StoryboardProblem(Message("edition-name-too-long", {"most": MAX_NAME_CHARACTERS}))
    if shown.casefold() in _names(editions_of(session=session, project_id=project.id), but):
        raise StoryboardProblem(Message("edition-name-taken", {"name": shown}))
    return shown


def _names(editions: Sequence[Edition], but: Edition | None) -> set[str]:
    return {edition.name.casefold() for edition in editions if but is None or edition.id != but.id}


def _touch(session: Session, edition: Edition) -> None:
    """Note that an edition was edited, and its project with it."""
    edition.updated_at = now()
    edition.version += 1
    session.get_one(Project, edition.project_id).updated_at = edition.updated_at
    session.flush()
