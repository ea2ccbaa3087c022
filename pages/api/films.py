"""What the interface does with films: order, see how far one is, call off, name, throw away and bring back."""

from __future__ import annotations

from pages.api.answers import FilmAnswer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import FilmName, NewFilm
from pages.look.text import said
from pages.serving.files import captions_url, download_url, film_story_url, film_url
from pages.session.database import settings
from projects.database.tables import Film, now
from projects.films.films import delete_film, films_of, get_film, rename_film, restore_film
from projects.messages import read
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import cancel_film, order_again, order_film, seconds_left
from projects.queue.passing_faults import film_goes_on_by_itself
from projects.storage.finished import size_of
from projects.storage.places import captions_path, film_path
from projects.storage.shared import is_kept
from projects.storyboard.reading import get_project


def of_project(asked: Asked[Nothing, Query]) -> list[FilmAnswer]:
    """The films of a project, the newest first."""
    get_project(session=asked.session, project_id=asked.id)
    return [film_answer(film) for film in films_of(session=asked.session, project_id=asked.id)]


def order(asked: Asked[NewFilm, Query]) -> FilmAnswer:
    """Order the film of a project in a pass, as it is cut now, in a format, or what else is handed on of it."""
    body = asked.body
    delivery = Delivery(
        format=body.format,
        quality=body.quality,
        crf=body.crf,
        bitrate=body.bitrate,
        size=body.size,
        enlarge=body.enlarge,
        fps=body.fps,
        loudness=body.loudness,
    )
    film = order_film(
        session=asked.session,
        settings=settings(),
        project_id=asked.id,
        delivery=delivery,
        name=body.name,
        made_for=body.pass_,
        edition_id=body.edition_id,
    )
    return film_answer(film)


def one(asked: Asked[Nothing, Query]) -> FilmAnswer:
    """A film, and how far it is."""
    return film_answer(get_film(session=asked.session, film_id=asked.id))


def cancel(asked: Asked[Nothing, Query]) -> FilmAnswer:
    """Call a film off that is not made yet."""
    return film_answer(cancel_film(session=asked.session, settings=settings(), film_id=asked.id))


def again(asked: Asked[Nothing, Query]) -> FilmAnswer:
    """Order a film once more that failed or was called off; a new one takes its place."""
    return film_answer(order_again(session=asked.session, settings=settings(), film_id=asked.id))


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
    path, delivery = film_path(settings(), film), Delivery.from_json(film.order)
    done = film.status == "done"
    return FilmAnswer(
        id=film.id,
        project_id=film.project_id,
        name=film.name,
        format=delivery.format,
        pass_=film.made_for,
        edition_id=film.edition_id,
        status=film.status,
        share=film.share,
        seconds_left=seconds_left(film, now()),
        problem=said(read(film.error)) if film.error else None,
        goes_on=film_goes_on_by_itself(film),
        frames=film.frames,
        seconds=film.seconds,
        width=film.width,
        height=film.height,
        fps=film.fps,
        takes=film.parts,
        bytes=size_of(path) or (film.size_bytes if is_kept(settings(), path) else 0),
        deleted=film.deleted_at is not None,
        ordered_at=film.created_at,
        made_at=film.finished_at or film.created_at,
        video=film_url(film.id) if done and delivery.shown_as is not None else None,
        download=download_url(film.id) if done else None,
        captions=captions_url(film.id) if done and is_kept(settings(), captions_path(settings(), film)) else None,
        story=film_story_url(film.id) if done else None,
    )
