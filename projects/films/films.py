"""The films that were made of a storyboard, or are being made: listed, named, thrown away and taken back."""

from __future__ import annotations

import unicodedata

from sqlmodel import Session, col, select

from framepack.messages import Message
from projects.database.tables import Film, now
from projects.errors import NotFound, StoryboardProblem
from projects.names import shown_name

_NOT_IN_FILE_NAMES = set('\\/:*?"<>|')
_LONGEST_NAME_BYTES = 120
MAX_NAME_CHARACTERS = 200
# Names that Windows keeps for devices, whatever their ending.
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def films_of(*, session: Session, project_id: str) -> list[Film]:
    """The films of a project that were not deleted, the newest first."""
    kept = select(Film).where(Film.project_id == project_id, col(Film.deleted_at).is_(None))
    return list(session.exec(kept.order_by(col(Film.created_at).desc())).all())


def rename_film(*, session: Session, film_id: str, name: str) -> Film:
    """Give a film another name. Raises NotFound, and StoryboardProblem where the name is none."""
    film = get_film(session=session, film_id=film_id)
    shown = shown_name(name)
    if not shown:
        raise StoryboardProblem(Message("film-unnamed"))
    if len(shown) > MAX_NAME_CHARACTERS:
        raise StoryboardProblem(Message("film-name-too-long", {"most": MAX_NAME_CHARACTERS}))
    film.name = shown
    session.flush()
    return film


def delete_film(*, session: Session, film_id: str) -> Film:
    """Throw a film away; ``restore_film`` takes it back. Its file stays."""
    film = get_film(session=session, film_id=film_id)
    film.deleted_at = film.deleted_at or now()
    session.flush()
    return film


def restore_film(*, session: Session, film_id: str) -> Film:
    """Take a film back that was thrown away."""
    film = get_film(session=session, film_id=film_id)
    film.deleted_at = None
    session.flush()
    return film


def get_film(*, session: Session, film_id: str) -> Film:
    """The film ``film_id``. Raises NotFound."""
    film = session.get(Film, film_id)
    if film is None:
        raise NotFound("film", film_id)
    return film


def download_name(film: Film) -> str:
    """A name for the film's file."""
    return file_name(film.name, film.ending)


def file_name(name: str, ending: str) -> str:
    """A name for a file that every file system takes; letters of any script stay."""
    kept = "".join("_" if letter in _NOT_IN_FILE_NAMES else letter for letter in unicodedata.normalize("NFC", name))
    printable = "".join(letter for letter in kept if unicodedata.category(letter)[0] != "C")
    called = " ".join(printable.split()).strip(". ")
    while len(called.encode()) > _LONGEST_NAME_BYTES:
        called = called[:-1].rstrip(". ")
    if not called or called.split(".")[0].strip().upper() in _RESERVED:
        called = f"film {called}".strip()
    return f"{called}{ending}"
