"""The projects at a glance: what each shows of itself in a list, and how it is doing as a whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session

from pages.board.project_state import Kind, state_words, states_of
from pages.serving.files import picture_url, still_url
from projects.storyboard.reading import list_projects


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
    kind: Kind
    current: int
    stale: int
    edited_at: dt.datetime
    archived: bool


def project_cards(session: Session, *, archived: bool) -> list[Card]:
    """The projects, or those in the archive, the one edited last first."""
    summaries = list_projects(session=session, archived=archived)
    states = states_of(session, [summary.project for summary in summaries])
    cards = []
    for summary in summaries:
        project, state = summary.project, states[summary.project.id]
        standing = state.standing
        picture = picture_url(summary.picture) if summary.picture else None
        cards.append(
            Card(
                id=project.id,
                name=project.name,
                shots=summary.shots,
                seconds=summary.seconds,
                poster=still_url(standing.take) if standing.take else picture,
                state=state_words(state)[0],
                kind=state.kind,
                current=standing.current,
                stale=standing.stale,
                edited_at=project.updated_at,
                archived=project.archived_at is not None,
            )
        )
    return cards
