"""Telling the story of a take or a film from their rows. It reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from framepack.shots.keys import ALGORITHM
from framepack.shots.request import ShotRequest
from projects.cutting.film_settings import FilmSettings, film_settings
from projects.database.tables import FILM_FIELDS, Film, Project, Shot, Take
from projects.stories.story import MAX_SHOTS, MOST_BYTES, ShotStory, Story
from projects.storyboard.loras import ChosenLora
from projects.takes.takes import UNTOLD

_REQUEST = TypeAdapter(ShotRequest)
_ASKED = tuple(field.name for field in fields(ShotRequest))
_NEEDED = {field.name for field in fields(ShotRequest) if field.default is MISSING}


def take_story(take: Take) -> Story | None:
    """What made a take; None where that is not known in full. The same take has the same story."""
    told = _shot(take, first_frame=0)
    return Story(algorithm=ALGORITHM, of="take", shots=(told,)) if told else None


def film_story(
    *, session: Session, name: str, takes: Sequence[tuple[Take, int | None]], film: FilmSettings
) -> Story | None:
    """What made a film: its ``takes`` in order, each with the film's frame that shows its first, where one does.

    None where of a take it is not known in full.
    """
    ids = [take.shot_id for take, _ in takes]
    shots = {shot.id: shot for shot in session.exec(select(Shot).where(col(Shot.id).in_(ids))).all()}
    told = [_shot(take, first_frame=first, shot=shots.get(take.shot_id)) for take, first in takes]
    known = tuple(shot for shot in told if shot is not None)
    if not 0 < len(known) == len(told) <= MAX_SHOTS:
        return None
    return Story(algorithm=ALGORITHM, of="film", name=name[:200], shots=known, film=film)


def story_of_film(*, session: Session, film: Film) -> Story | None:
    """What made a film that does not carry it itself: its takes, and how the project cuts them now.

    None where not all of them are known.
    """
    rows = {take.id: take for take in session.exec(select(Take).where(col(Take.id).in_(film.parts))).all()}
    if not rows.keys() >= {*film.parts}:
        return None
    takes = [(rows[id], None) for id in film.parts]
    project = session.get(Project, film.project_id)
    finished = film_settings(project.film) if project else FilmSettings()
    return film_story(session=session, name=film.name, takes=takes, film=finished)


def comment_of_take(take: Take) -> str:
    """What the file of a take says of what made it: its story, or "" where it shall not tell."""
    return "" if take.request.get(UNTOLD) else comment_of(take_story(take))


def comment_of(story: Story | None) -> str:
    """A story as a file carries it; "" where there is none, or it is so long that nobody would read it again."""
    text = story.text() if story else ""
    return text if len(text.encode()) <= MOST_BYTES else ""


def _shot(take: Take, *, first_frame: int | None, shot: Shot | None = None) -> ShotStory | None:
    """What made one take; None where its row does not say all of it, as those of other programs may not."""
    asked = {name: take.request[name] for name in _ASKED if name in take.request}
    if not asked.keys() >= _NEEDED:
        return None
    return ShotStory(
        name=shot.name if shot else "",
        dialogue=shot.dialogue if shot else "",
        start=take.request.get("start", "cut"),
        request=_REQUEST.validate_python(asked),
        made_for=take.made_for,
        fps=take.fps,
        frames=take.frames,
        units=take.units,
        first_frame=first_frame,
        film=_cut(shot) if shot else {},
        loras=tuple(ChosenLora.model_validate(one) for one in take.request.get("loras", ())),
    )


def _cut(shot: Shot) -> dict[str, Any]:
    usual = Shot(project_id="", number=0, position=0)
    said = shot.model_dump(include=set(FILM_FIELDS))
    return {name: said[name] for name in sorted(said) if said[name] != getattr(usual, name)}
