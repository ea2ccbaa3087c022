"""The files behind the pages: their addresses, and the routes that serve them. A path never comes from an address.

An address holds an id only; the id is looked up in the database and the settings say where its file lies.
"""

from __future__ import annotations

import functools
import re
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.staticfiles import NotModifiedResponse

from framepack.errors import FramepackError, ImageRejected
from framepack.files.manifest import NotWhole
from pages.look.language import speaking, t
from pages.look.text import said
from pages.serving.languages import language_of
from pages.session.database import session, settings
from projects.database.tables import Film, Media, Render, Shot, Take
from projects.database.viewers import viewer
from projects.errors import NotFound, StudioError
from projects.films.films import download_name
from projects.loras.drawing import drawing
from projects.storage.pictures import THUMBNAIL_SIZES, thumbnail
from projects.storage.places import captions_path, film_path, preview_path, take_path
from projects.storage.shared import bring, picture_file
from projects.storage.stills import still
from projects.stories.reading import own_story
from projects.stories.story import Story
from projects.stories.telling import story_of_film, take_story

# Where what helps to find a fault is packed.
REPORT = "/api/report"
_ID = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
# What a take, a film or a picture holds never changes under its id, so a browser may keep it.
KEPT = {"cache-control": "private, max-age=604800, immutable", "x-content-type-options": "nosniff"}

# What films, and what else is ordered of a project, are to a browser, by the ending of their files.
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        ".mp4": "video/mp4",
        ".webm": "video/webm",
        ".mov": "video/quicktime",
        ".gif": "image/gif",
        ".webp": "image/webp",
        ".zip": "application/zip",
    }
)

# A preview is another picture a moment later.
_FLEETING = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def take_url(take_id: str) -> str:
    """Where a take plays."""
    return f"/files/takes/{take_id}"


def take_download_url(take_id: str) -> str:
    """Where a take is downloaded under the name of its shot."""
    return f"/files/takes/{take_id}/download"


def take_story_url(take_id: str) -> str:
    """Where what made a take is downloaded, as JSON."""
    return f"/files/takes/{take_id}/story"


def still_url(take_id: str, size: int = 480) -> str:
    """Where the first frame of a take is shown, its longest side at most ``size`` pixels (one of THUMBNAIL_SIZES)."""
    return f"/files/takes/{take_id}/frame?size={size}"


def preview_url(render_id: str, at: int) -> str:
    """Where the growing preview of a render is shown; ``at`` tells one state of it from the next."""
    return f"/files/renders/{render_id}/preview?at={at}"


def film_url(film_id: str) -> str:
    """Where a film plays."""
    return f"/files/films/{film_id}"


def download_url(film_id: str) -> str:
    """Where a film is downloaded under its own name."""
    return f"/files/films/{film_id}/download"


def captions_url(film_id: str) -> str:
    """Where the captions of a film are downloaded that has them as a file."""
    return f"/files/films/{film_id}/captions"


def film_story_url(film_id: str) -> str:
    """Where what made a film is downloaded, as JSON."""
    return f"/files/films/{film_id}/story"


def picture_url(media_id: str, size: int = 480) -> str:
    """Where a picture is shown, its longest side at most ``size`` pixels (one of THUMBNAIL_SIZES)."""
    return f"/files/media/{media_id}?size={size}"


def lora_drawing_url(lora_id: str) -> str:
    """Where what stands for a LoRA without a picture is shown."""
    return f"/files/loras/{lora_id}"


def sound_url(media_id: str) -> str:
    """Where a sound plays."""
    return f"/files/media/{media_id}"


def file_routes() -> list[Route]:
    """The routes, for the application."""
    return [
        Route("/files/takes/{id}", answering(_take)),
        Route("/files/takes/{id}/download", answering(_take_download)),
        Route("/files/takes/{id}/story", answering(_take_story)),
        Route("/files/takes/{id}/frame", answering(_still)),
        Route("/files/renders/{id}/preview", answering(_preview)),
        Route("/files/films/{id}", answering(_film)),
        Route("/files/films/{id}/download", answering(_download)),
        Route("/files/films/{id}/captions", answering(_captions)),
        Route("/files/films/{id}/story", answering(_film_story)),
        Route("/files/media/{id}", answering(_picture)),
        Route("/files/loras/{id}", answering(_lora)),
        Route("/files/{rest:path}", answering(_nothing)),
    ]


# Plain functions, not coroutines: Starlette runs them in a thread, so a slow disk does not hold up the pages.


def answering(endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """``endpoint`` in the language of who asks, with a sentence where the database cannot be asked."""

    @functools.wraps(endpoint)
    def answer(request: Request) -> Response:
        with speaking(language_of(request)):
            try:
                return endpoint(request)
            except (StudioError, FramepackError) as fault:
                return _said(said(fault.message), 503)

    return answer


def _take(request: Request) -> Response:
    with session() as opened:
        take = opened.get(Take, _id_of(request, _ID))
    if take is None or take.status != "done":
        return missing(t("There is no such take."))
    return sent(request, _brought(take_path(settings(), take.id)), "video/mp4", KEPT)


def _take_download(request: Request) -> Response:
    with session() as opened:
        take = opened.get(Take, _id_of(request, _ID))
        shot = opened.get(Shot, take.shot_id) if take else None
    if take is None or shot is None or take.status != "done":
        return missing(t("There is no such take."))
    name = f"{_name_of(shot, take)}.mp4"
    return sent(request, _brought(take_path(settings(), take.id)), "video/mp4", {**KEPT, **under_name(name)})


def _take_story(request: Request) -> Response:
    with session() as opened:
        take = opened.get(Take, _id_of(request, _ID))
        shot = opened.get(Shot, take.shot_id) if take else None
    if take is None or shot is None:
        return missing(t("There is no such take."))
    return _story(take_story(take), _name_of(shot, take))


def _name_of(shot: Shot, take: Take) -> str:
    return f"{shot.label} take {take.number}"


def _still(request: Request) -> Response:
    take_id = _id_of(request, _ID)
    size = request.query_params.get("size", "480")
    if size not in map(str, THUMBNAIL_SIZES):
        return missing(t("There is no frame of that size."))
    with session() as opened:
        take = opened.get(Take, take_id)
    if take is None or take.status != "done":
        return missing(t("There is no such take."))
    try:
        return sent(request, still(settings(), take.id, int(size)), "image/webp", KEPT)
    except (NotFound, NotWhole):
        return missing(t("The file of this take is no longer there, or is damaged."))


def _preview(request: Request) -> Response:
    render_id = _id_of(request, _ID)
    if not render_id or not _may_look(render_id):
        return missing(t("There is no such preview."))
    try:
        # Whole at once: it may be replaced while it is sent.
        preview = preview_path(settings(), render_id).read_bytes()
    except FileNotFoundError:
        return missing(t("There is no such preview."))
    return Response(preview, media_type="image/webp", headers=_FLEETING)


def _may_look(render_id: str) -> bool:
    """Whether a preview is of a person's own; the keeper's needs no look into the database."""
    if viewer() is None:
        return True
    with session() as opened:
        return opened.get(Render, render_id) is not None


def _film(request: Request) -> Response:
    film = _finished_film(request)
    if film is None:
        return missing(t("There is no such film."))
    return sent(request, _brought(film_path(settings(), film)), kind_of(film.ending), KEPT)


def _download(request: Request) -> Response:
    film = _finished_film(request)
    if film is None:
        return missing(t("There is no such film."))
    # A film may be given another name, under which it is downloaded the next time.
    headers = {**KEPT, **under_name(download_name(film)), "cache-control": "private, no-cache"}
    return sent(request, _brought(film_path(settings(), film)), kind_of(film.ending), headers)


def _captions(request: Request) -> Response:
    film = _finished_film(request)
    if film is None:
        return missing(t("There is no such film."))
    path = _brought(captions_path(settings(), film))
    name = f"{download_name(film).removesuffix(film.ending)}{path.suffix}"
    return sent(request, path, "application/x-subrip", {**KEPT, **under_name(name)})


def _film_story(request: Request) -> Response:
    film = _finished_film(request)
    if film is None:
        return missing(t("There is no such film."))
    story = own_story(_brought(film_path(settings(), film)))
    if story is None:
        with session() as opened:
            story = story_of_film(session=opened, film=film)
    return _story(story, download_name(film).rpartition(".")[0])


def _story(story: Story | None, name: str) -> Response:
    if story is None:
        return missing(t("What made this is not known any more."))
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", **under_name(f"{name}.json")}
    return Response(story.text(), media_type="application/json", headers=headers)


def _picture(request: Request) -> Response:
    with session() as opened:
        media = opened.get(Media, _id_of(request, _HASH))
    if media is None:
        return missing(t("There is no such picture."))
    size = request.query_params.get("size", "")
    if not size:
        return sent(request, picture_file(settings(), media.id), media.kind, KEPT)
    if size not in map(str, THUMBNAIL_SIZES):
        return missing(t("There is no picture of that size."))
    try:
        return sent(request, thumbnail(settings(), media.id, int(size)), "image/webp", KEPT)
    except (NotFound, ImageRejected):
        return missing(t("The file of this picture is no longer there, or is damaged."))


def _lora(request: Request) -> Response:
    lora_id = _id_of(request, _HASH)
    if not lora_id:
        return missing(t("There is no such picture."))
    return Response(drawing(lora_id), media_type="image/svg+xml", headers=KEPT)


def _nothing(request: Request) -> Response:  # noqa: ARG001
    return missing(t("There is nothing here."))


def _brought(path: Path) -> Path:
    """``path``, fetched from the shared store where it is not here. Raises StoreAway."""
    bring(settings(), path)
    return path


def _finished_film(request: Request) -> Film | None:
    with session() as opened:
        film = opened.get(Film, _id_of(request, _ID))
    return film if film is not None and film.status == "done" else None


def kind_of(ending: str) -> str:
    """What a file of a project's is to a browser, by its ending."""
    return _KINDS.get(ending, "application/octet-stream")


def _id_of(request: Request, form: re.Pattern[str]) -> str:
    """The id in the address, or "" (which no row has) where it does not have the form of one."""
    asked = str(request.path_params["id"])
    return asked if form.fullmatch(asked) else ""


def under_name(name: str) -> dict[str, str]:
    """The header that has a browser keep a file under ``name``."""
    # In every script (RFC 5987), and a plain one for what does not read that.
    plain = name if name.isascii() else f"film{Path(name).suffix}"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{urllib.parse.quote(name, safe='')}"
    return {"content-disposition": disposition}


def sent(request: Request, path: Path, kind: str, headers: Mapping[str, str]) -> Response:
    """A file of the studio's, whole, in pieces, or not where the browser has it; that it is gone where it is."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return missing(t("This file is no longer there."))
    answer = FileResponse(path, media_type=kind, headers=dict(headers), stat_result=facts)
    known = request.headers.get("if-none-match")
    # Asked before any range: who has the whole needs no piece of it.
    if known is not None and names(known, answer.headers["etag"]):
        return NotModifiedResponse(answer.headers)
    return answer


def names(known: str, etag: str) -> bool:
    """Whether an If-None-Match header names ``etag``; weak names count as strong ones here."""
    return known.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in known.split(",")]


def missing(sentence: str) -> Response:
    """That something is not there, in a sentence."""
    return _said(sentence, 404)


def _said(sentence: str, status: int) -> Response:
    return PlainTextResponse(sentence, status_code=status, headers={"cache-control": "no-store"})
