"""What a film can be made of, read from the database: shots, the takes they show, and how long each is asked to be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlmodel import Session, col, select

from framepack.checkpoints.table import checkpoint_named
from projects.database.tables import Edition, Pass, Shot, Take
from projects.films.cut import NOTHING_ELSE
from projects.films.laying_out import Material, lay_out
from projects.films.timeline import Timeline
from projects.storyboard.project_settings import checkpoint_of, size_of
from projects.storyboard.reading import chosen_id, project_with_shots
from projects.takes.staleness import frames_asked


def film_of(
    *,
    session: Session,
    project_id: str,
    made_for: Pass = "draft",
    edition: Edition | None = None,
    stale: Collection[str] = (),
    asked: Mapping[str, Any] = NOTHING_ELSE,
) -> Timeline:
    """The timeline of a project's film in a pass, or of an edition of it, as storyboard and chosen takes are now.

    The takes of ``stale`` shots are not what the storyboard asks for; ``asked`` are settings of the film that count
    before its own. Raises NotFound, StoryboardProblem where the project has no such pass, and InvalidRequest.
    """
    material = material_of(session=session, project_id=project_id, made_for=made_for, stale=stale)
    return lay_out(material, edition, asked)


def material_of(
    *, session: Session, project_id: str, made_for: Pass = "draft", stale: Collection[str] = ()
) -> Material:
    """As ``film_of``, what the film can be made of. Where no size is known yet, it is the checkpoint's first."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    checkpoint = checkpoint_of(project, made_for)
    takes = _chosen(session, shots, made_for)
    return Material(
        project=project,
        shots=tuple(shots),
        takes=takes,
        frames=frames_asked(project, shots, made_for),
        size=size_of(project, checkpoint) or checkpoint_named(checkpoint).buckets[0],
        fps=checkpoint_named(checkpoint).fps,
        stale=frozenset(stale),
    )


def _chosen(session: Session, shots: Collection[Shot], made_for: Pass) -> dict[str, Take]:
    """The finished takes that shots show in a pass, by shot."""
    ids = [chosen for shot in shots if (chosen := chosen_id(shot, made_for)) is not None]
    found: dict[str, Take] = {}
    for first in range(0, len(ids), 500):
        query = select(Take).where(col(Take.id).in_(ids[first : first + 500]), Take.status == "done")
        found |= {take.shot_id: take for take in session.exec(query).all()}
    return found
