"""What the interface does with editions: list, make, cut otherwise, compare, put away and bring back."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session

from pages.api.answers import Answer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import Body, Id, Text
from pages.api.projects import given
from pages.look.text import said
from projects.cutting.film_settings import FilmSettings
from projects.cutting.shot_fields import MAX_SOUNDS, ShotSound
from projects.database.tables import Between, Edition, Move, ShotUpdate, Transition, TransitionAt
from projects.films import editions
from projects.films.differences import Kind, differences
from projects.films.editions import get_edition, shots_in
from projects.films.laying_out import lay_out
from projects.films.material import material_of
from projects.storyboard.journal import journaled
from projects.storyboard.reading import get_project


class NewEdition(Body):
    """An edition to be made, cut as the edition ``of`` is, or as the project's film."""

    name: Text
    of: Id | None = None


class EditionChanges(Body):
    """What is to be another of an edition. ``shape`` None is the project's; ``film`` is given whole."""

    name: Text = ""
    shape: Id | None = None
    film: FilmSettings = FilmSettings()


class OtherwiseCut(Body):
    """How an edition cuts a shot."""

    dialogue: Text = ""
    transition: Transition = "cut"
    transition_seconds: float = 0.5
    transition_at: TransitionAt = "centre"
    trim_start: float = 0.0
    trim_end: float = 0.0
    speed: float = 1.0
    between: Between = "repeat"
    reverse: bool = False
    move: Move = "none"
    hold_first: float = 0.0
    hold_last: float = 0.0
    title: Text = ""
    lower_third: Text = ""
    sounds: Annotated[tuple[ShotSound, ...], Field(max_length=MAX_SOUNDS, strict=False)] = ()


class EditionShot(Body):
    """How a shot is cut in an edition: only the ``changes`` that are given; ``place`` 0 is first."""

    shot: Id
    changes: OtherwiseCut = OtherwiseCut()
    left_out: bool | None = None
    place: Annotated[int, Field(ge=0, le=10**6)] | None = None


class OfComparison(Query):
    """With what an edition is compared."""

    of: str | None = Field(default=None, max_length=64, description="Another edition; else the project's own film.")


class EditionAnswer(Answer):
    """An edition: what it sets otherwise than its project, and its shots in order, without those it leaves out."""

    id: str
    project_id: str
    name: str
    shape: str | None
    film: FilmSettings
    shot_ids: list[str]
    left_out: list[str]
    otherwise: dict[str, dict[str, Any]]
    version: int
    deleted: bool


class DifferenceAnswer(Answer):
    """What is different between two films, of a shot or of the whole."""

    kind: Kind
    shot_id: str | None
    text: str


def of_project(asked: Asked[Nothing, Query]) -> list[EditionAnswer]:
    """The editions of a project, the oldest first."""
    get_project(session=asked.session, project_id=asked.id)
    return [
        edition_answer(asked.session, one) for one in editions.editions_of(session=asked.session, project_id=asked.id)
    ]


def create(asked: Asked[NewEdition, Query]) -> EditionAnswer:
    """A new edition of a project, cut as its film is or as another edition."""
    session, body = asked.session, asked.body
    with journaled(session=session, project_id=asked.id, kind="add-edition"):
        of = None if body.of is None else get_edition(session=session, edition_id=body.of)
        edition = editions.create_edition(session=session, project_id=asked.id, name=body.name, of=of)
    return edition_answer(asked.session, edition)


def one(asked: Asked[Nothing, Query]) -> EditionAnswer:
    """An edition."""
    return edition_answer(asked.session, get_edition(session=asked.session, edition_id=asked.id))


def edit(asked: Asked[EditionChanges, Query]) -> EditionAnswer:
    """Name an edition, or finish its film otherwise."""
    session, body = asked.session, asked.body
    edition = get_edition(session=session, edition_id=asked.id)
    with journaled(session=session, project_id=edition.project_id, kind="edit-edition"):
        if "name" in body.model_fields_set:
            editions.rename_edition(session=session, edition_id=edition.id, name=body.name)
        if "shape" in body.model_fields_set:
            editions.give_shape(session=session, edition_id=edition.id, shape=body.shape)
        if "film" in body.model_fields_set:
            editions.set_film(session=session, edition_id=edition.id, film=body.film)
    return edition_answer(asked.session, edition)


def cut(asked: Asked[EditionShot, Query]) -> EditionAnswer:
    """Cut a shot in an edition otherwise than elsewhere."""
    session, body = asked.session, asked.body
    edition = get_edition(session=session, edition_id=asked.id)
    with journaled(session=session, project_id=edition.project_id, kind="edit-edition"):
        if changes := given(body.changes):
            update = ShotUpdate(**changes)
            editions.cut_shot(session=session, edition_id=edition.id, shot_id=body.shot, changes=update)
        if body.left_out is not None:
            editions.leave_out(session=session, edition_id=edition.id, shot_id=body.shot, left_out=body.left_out)
        if body.place is not None:
            editions.move_shot(session=session, edition_id=edition.id, shot_id=body.shot, place=body.place)
    return edition_answer(asked.session, edition)


def compare(asked: Asked[Nothing, OfComparison]) -> list[DifferenceAnswer]:
    """What is different in an edition: of the whole film first, then shot by shot."""
    session = asked.session
    edition = get_edition(session=session, edition_id=asked.id)
    other = None if asked.query.of is None else get_edition(session=session, edition_id=asked.query.of)
    material = material_of(session=session, project_id=edition.project_id)
    found = differences(lay_out(material, other), lay_out(material, edition))
    return [DifferenceAnswer(kind=one.kind, shot_id=one.shot_id, text=said(one.message)) for one in found]


def delete(asked: Asked[Nothing, Query]) -> EditionAnswer:
    """Throw an edition away; it can be restored."""
    edition = get_edition(session=asked.session, edition_id=asked.id)
    with journaled(session=asked.session, project_id=edition.project_id, kind="delete-edition"):
        editions.delete_edition(session=asked.session, edition_id=edition.id)
    return edition_answer(asked.session, edition)


def restore(asked: Asked[Nothing, Query]) -> EditionAnswer:
    """Take back an edition that was thrown away."""
    return edition_answer(asked.session, editions.restore_edition(session=asked.session, edition_id=asked.id))


def edition_answer(session: Session, edition: Edition) -> EditionAnswer:
    """An edition as the interface says it."""
    shots = shots_in(session=session, edition=edition)
    return EditionAnswer(
        id=edition.id,
        project_id=edition.project_id,
        name=edition.name,
        shape=edition.shape,
        film=FilmSettings.model_validate(edition.film),
        shot_ids=[shot.id for shot, shown in shots if shown],
        left_out=[shot.id for shot, shown in shots if not shown],
        otherwise=edition.shots,
        version=edition.version,
        deleted=edition.deleted_at is not None,
    )
