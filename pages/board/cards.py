"""The projects at a glance: what each shows of itself in a list, and how it is doing as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from types import MappingProxyType

from sqlmodel import Session, col, select

from framepack.messages import Message
from pages.look.text import said
from pages.serving.files import picture_url, still_url
from pages.session.database import settings
from pages.session.weights import weights_names
from projects.database.tables import Shot
from projects.queue.standing import ProjectStanding, Standing, standings_of
from projects.storage.finished import is_there
from projects.storage.places import take_path
from projects.storyboard.reading import list_projects

_WORDS = MappingProxyType[Standing, str](
    {
        "empty": "project-empty",
        "not rendered": "project-unrendered",
        "rendering": "project-rendering",
        "out of date": "project-stale",
        "partly rendered": "project-lacks",
        "drafted": "project-drafted",
        "done": "project-done",
    }
)


@dataclass(frozen=True)
class Card:
    """One project. ``poster`` is the address of a picture; ``state`` says in words what ``kind`` says to programs.

    ``current`` and ``stale`` are how many of its shots show a take that is, or is not, what is asked for.
    """

    id: str
    name: str
    shots: int
    seconds: float
    poster: str | None
    state: str
    kind: Standing
    current: int
    stale: int
    edited_at: dt.datetime
    archived: bool


def project_cards(session: Session, *, archived: bool) -> list[Card]:
    """The projects, or those in the archive, the one edited last first."""
    summaries = list_projects(session=session, archived=archived)
    projects = [summary.project for summary in summaries]
    checkpoints = {project.checkpoint for project in projects}
    checkpoints |= {project.real_checkpoint for project in projects if project.real_checkpoint}
    weights = weights_names(checkpoints, settings().engine.models)
    standings = standings_of(session=session, projects=projects, weights=weights)
    shown = _first_takes(session, {project.id for project in projects})
    cards = []
    for summary in summaries:
        project, standing = summary.project, standings[summary.project.id]
        picture = picture_url(summary.picture) if summary.picture else None
        cards.append(
            Card(
                id=project.id,
                name=project.name,
                shots=summary.shots,
                seconds=summary.seconds,
                poster=still_url(shown[project.id]) if project.id in shown else picture,
                state=said(_state(standing)),
                kind=standing.standing,
                current=standing.current,
                stale=standing.stale,
                edited_at=project.updated_at,
                archived=project.archived_at is not None,
            )
        )
    return cards


def _first_takes(session: Session, project_ids: Collection[str]) -> dict[str, str]:
    """The take that the first shot shows which has one, by project; that of the real pass before that of the draft."""
    chosen = select(Shot.project_id, Shot.chosen_real_id, Shot.chosen_draft_id).where(col(Shot.deleted_at).is_(None))
    found: dict[str, str] = {}
    for project_id, *takes in session.exec(chosen.order_by(col(Shot.position), col(Shot.id))).all():
        if project_id in project_ids and project_id not in found:
            there = (take for take in takes if take is not None and is_there(take_path(settings(), take)))
            if (take := next(there, None)) is not None:
                found[project_id] = take
    return found


def _state(standing: ProjectStanding) -> Message:
    """How a project is doing, in words."""
    shots, lacking = standing.shots, standing.shots - standing.current - standing.stale
    counts = {"out of date": standing.stale, "partly rendered": lacking}
    if standing.standing not in counts:
        return Message(_WORDS[standing.standing])
    return Message(_WORDS[standing.standing], {"count": counts[standing.standing], "shots": shots})
