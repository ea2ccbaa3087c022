"""What guests may ask for: the page of their link, the files that it shows, and to keep a note. Nothing else."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from framepack.errors import FramepackError
from framepack.files.manifest import NotWhole
from pages.guests.guest_page import PAGE_SHOTS, Seen, Unkept, guest_page, no_page, page_address
from pages.look.language import speaking, t
from pages.look.text import said
from pages.serving.files import KEPT, answering, kind_of, missing, sent
from pages.serving.forms import form_of
from pages.serving.languages import language_of
from pages.session.database import session, settings
from pages.session.faults import fault_message
from projects.errors import NotFound, StudioError
from projects.guests.links import LOOK, link_by_word
from projects.guests.notes import NewNote, add_note, notes_of
from projects.guests.shown import seen_film, seen_picture, seen_take, shown_to_guests
from projects.storage.pictures import thumbnail
from projects.storage.places import film_path, take_path
from projects.storage.shared import bring
from projects.storage.stills import still

MOST_FORM_BYTES = 32768
_SIZE = 480  # of stills and pictures, their longest side in pixels
_NAME = "guest-name"
_NAME_SECONDS = 30 * 24 * 3600
# Of what a link leads to, as long as it does: the next request may find that it has ended.
_ASKED_AGAIN = {**KEPT, "cache-control": "private, no-cache"}
_Found = Callable[[Session, str, str], tuple[Path, str]]


def guest_routes() -> list[Route]:
    """The routes, for the application."""
    return [
        Route(f"{LOOK}{{word}}", _page, methods=["GET"]),
        Route(f"{LOOK}{{word}}/notes", _note, methods=["POST"]),
        Route(f"{LOOK}{{word}}/film/{{id}}", _file(_film), methods=["GET"]),
        Route(f"{LOOK}{{word}}/takes/{{id}}", _file(_take), methods=["GET"]),
        Route(f"{LOOK}{{word}}/stills/{{id}}", _file(_still), methods=["GET"]),
        Route(f"{LOOK}{{word}}/pictures/{{id}}", _file(_picture), methods=["GET"]),
        Route(f"{LOOK}{{rest:path}}", _nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ]


# Plain functions, not coroutines: Starlette runs them in a thread, so a slow disk does not hold up the pages.


def _page(request: Request) -> Response:
    with speaking(language_of(request)):
        return _shown(request, request.query_params.get("from", ""), None)


async def _note(request: Request) -> Response:
    return await run_in_threadpool(_keep, request, await form_of(request, MOST_FORM_BYTES))


def _nothing(request: Request) -> Response:
    with speaking(language_of(request)):
        return missing(t("There is nothing here."))


def _keep(request: Request, form: dict[str, str]) -> Response:
    shot_id, author, begins = form.get("shot") or None, form.get("author", ""), form.get("from", "")
    text = form.get("text", "").replace("\r\n", "\n")  # as browsers send lines
    with speaking(language_of(request)):
        try:
            wanted = NewNote(shot_id, author, text)
            with session() as opened:
                link, _ = link_by_word(session=opened, word=_word(request))
                add_note(session=opened, link=link, wanted=wanted)
                opened.commit()
        except (StudioError, FramepackError, OSError) as fault:
            return _shown(request, begins, Unkept(shot_id, author, text, fault_message(fault)))
    answer = RedirectResponse(page_address(_word(request), _first(begins), shot_id), 303, {"cache-control": "no-store"})
    named = urllib.parse.quote(author, safe="")
    answer.set_cookie(_NAME, named, max_age=_NAME_SECONDS, path=LOOK, httponly=True, samesite="lax")
    return answer


def _shown(request: Request, begins: str, unkept: Unkept | None) -> Response:
    """The page, with what could not be kept and why; that there is none for who has no word of a link."""
    try:
        with session() as opened:
            link, project = link_by_word(session=opened, word=_word(request))
            seen = Seen(
                word=_word(request),
                shown=shown_to_guests(session=opened, project_id=project.id),
                notes=tuple(notes_of(session=opened, project_id=project.id)),
                may_note=link.may_note,
                first=_first(begins),
                author=urllib.parse.unquote(request.cookies.get(_NAME, "")),
                unkept=unkept,
            )
            opened.commit()  # that the link is used
    except NotFound:
        return no_page(t("This link leads nowhere (any more). Ask who sent it to you for another."), 404)
    except (StudioError, FramepackError, OSError) as fault:
        return no_page(said(fault_message(fault)), 503)
    return guest_page(seen)


def _file(found: _Found) -> Callable[[Request], Response]:
    """Sends the file that is ``found`` in a project by its id; that there is none without a link to it."""

    def answer(request: Request) -> Response:
        try:
            with session() as opened:
                _, project = link_by_word(session=opened, word=_word(request))
                path, kind = found(opened, project.id, str(request.path_params["id"]))
        except (NotFound, NotWhole):
            return missing(t("There is nothing here."))
        return sent(request, path, kind, _ASKED_AGAIN)

    return answering(answer)


def _film(opened: Session, project_id: str, film_id: str) -> tuple[Path, str]:
    film = seen_film(session=opened, project_id=project_id, film_id=film_id)
    path = film_path(settings(), film)
    bring(settings(), path)
    return path, kind_of(film.ending)


def _take(opened: Session, project_id: str, take_id: str) -> tuple[Path, str]:
    take = seen_take(session=opened, project_id=project_id, take_id=take_id)
    path = take_path(settings(), take.id)
    bring(settings(), path)
    return path, "video/mp4"


def _still(opened: Session, project_id: str, take_id: str) -> tuple[Path, str]:
    take = seen_take(session=opened, project_id=project_id, take_id=take_id)
    return still(settings(), take.id, _SIZE), "image/webp"


def _picture(opened: Session, project_id: str, media_id: str) -> tuple[Path, str]:
    media = seen_picture(session=opened, project_id=project_id, media_id=media_id)
    return thumbnail(settings(), media.id, _SIZE), "image/webp"


def _word(request: Request) -> str:
    """The word of the link that somebody came by."""
    return str(request.path_params["word"])


def _first(asked: str) -> int:
    """The first shot of the part of the board that is asked for, counted from 0."""
    shot = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0
    return shot - shot % PAGE_SHOTS
