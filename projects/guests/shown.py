"""What guests see of a project: its newest film, and of each shot the take that is shown, or its picture."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from projects.database.tables import Film, Media, Project, Shot, Take
from projects.errors import NotFound
from projects.films.films import films_of
from projects.storyboard.reading import chosen_id, project_with_shots
from projects.storyboard.videos import picture_shown

# Endings of films that browsers play.
_PLAYED = (".mp4", ".webm")


@dataclass(frozen=True)
class ShownShot:
    """A shot as guests see it: its finished take, or the id of the picture in its place; None of both: words alone."""

    shot: Shot
    take: Take | None
    picture_id: str | None


@dataclass(frozen=True)
class Shown:
    """A project as guests see it."""

    project: Project
    film: Film | None
    shots: tuple[ShownShot, ...]


def shown_to_guests(*, session: Session, project_id: str) -> Shown:
    """What there is to see of a project. Raises NotFound."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    chosen = {_chosen(shot) for shot in shots}
    wanted = select(Take).where(col(Take.id).in_([one for one in chosen if one is not None]))
    takes = {take.id: take for take in session.exec(wanted).all() if _is_seen(take)}
    return Shown(
        project=project,
        film=_film(session, project.id),
        shots=tuple(ShownShot(shot, takes.get(_chosen(shot) or ""), picture_shown(shot)) for shot in shots),
    )


def seen_take(*, session: Session, project_id: str, take_id: str) -> Take:
    """A take that guests see. Raises NotFound for every other, be it there or not."""
    take = session.get(Take, take_id)
    shot = session.get(Shot, take.shot_id) if take is not None else None
    if take is None or shot is None or not _is_seen(take) or _chosen(shot) != take.id or not _is_of(shot, project_id):
        raise NotFound("take", take_id)
    return take


def seen_film(*, session: Session, project_id: str, film_id: str) -> Film:
    """The film that guests see. Raises NotFound for every other, be it there or not."""
    film = _film(session, project_id)
    if film is None or film.id != film_id:
        raise NotFound("film", film_id)
    return film


def seen_picture(*, session: Session, project_id: str, media_id: str) -> Media:
    """A picture that guests see. Raises NotFound for every other, be it there or not."""
    _, shots = project_with_shots(session=session, project_id=project_id)
    media = session.get(Media, media_id)
    if media is None or media_id not in {picture_shown(shot) for shot in shots}:
        raise NotFound("picture", media_id)
    return media


def _chosen(shot: Shot) -> str | None:
    """The take that the shot shows: that of the pass for real where there is one."""
    return chosen_id(shot, "real") or chosen_id(shot, "draft")


def _is_seen(take: Take) -> bool:
    return take.status == "done" and take.deleted_at is None


def _is_of(shot: Shot, project_id: str) -> bool:
    return shot.project_id == project_id and shot.deleted_at is None


def _film(session: Session, project_id: str) -> Film | None:
    films = films_of(session=session, project_id=project_id)
    return next((film for film in films if film.status == "done" and film.ending in _PLAYED), None)
