"""What the interface does with films: list, make, name, throw away and bring back."""

from __future__ import annotations

from pages.api.answers import FilmAnswer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import FilmName, NewFilm
from pages.look.text import said
from pages.serving.files import download_url, film_url
from pages.session.database import settings
from projects.composing.making import new_film
from projects.database.tables import Film
from projects.films.films import delete_film, films_of, rename_film, restore_film
from projects.messages import read
from projects.storage.finished import size_of
from projects.storage.places import film_path
from projects.storyboard.reading import get_project


def of_project(asked: Asked[Nothing, Query]) -> list[FilmAnswer]:
    """The films of a project, the newest first."""
    get_project(session=asked.session, project_id=asked.id)
    return [film_answer(film) for film in films_of(session=asked.session, project_id=asked.id)]


def make(asked: Asked[NewFilm, Query]) -> FilmAnswer:
    """Make the film of a project in a pass, as it is cut."""
    body = asked.body
    film = new_film(
        session=asked.session, settings=settings(), project_id=asked.id, name=body.name, made_for=body.pass_
    )
    return film_answer(film)


def rename(asked: Asked[FilmName, Query]) -> FilmAnswer:
    """Give a film another name."""
    return film_answer(rename_film(session=asked.session, film_id=asked.id, name=asked.body.name))


def delete(asked: Asked[Nothing, Query]) -> FilmAnswer:
    """Throw a film away; it can be restored."""
    return film_answer(delete_film(session=asked.session, film_id=asked.id))


def restore(asked: Asked[Nothing, Query]) -> FilmAnswer:
    """Take back a film that was thrown away."""
    return film_answer(restore_film(session=asked.session, film_id=asked.id))


def film_answer(film: Film) -> FilmAnswer:
    """A film as the interface says it."""
    return FilmAnswer(
        id=film.id,
        project_id=film.project_id,
        name=film.name,
        status=film.status,
        problem=said(read(film.error)) if film.error else None,
        frames=film.frames,
        seconds=film.seconds,
        width=film.width,
        height=film.height,
        takes=film.parts,
        bytes=size_of(film_path(settings(), film.id)),
        deleted=film.deleted_at is not None,
        made_at=film.finished_at or film.created_at,
        video=film_url(film.id),
        download=download_url(film.id),
    )
