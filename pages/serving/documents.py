"""The storyboard as a document: each is made when it is asked for, sent as a file, and kept nowhere.

An address names a project and says what the document is to be like.
"""

from __future__ import annotations

import tempfile
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from sqlmodel import Session
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from framepack.errors import FramepackError
from pages.look.language import speaking, t, words
from pages.look.text import said
from pages.serving.files import under_name
from pages.serving.languages import language_of
from pages.session.database import session, settings
from pages.session.faults import fault_message
from projects.database.tables import Edition, Pass
from projects.documents.panels import Storyboard, storyboard_of
from projects.documents.shot_list import write_csv, write_xlsx, write_xlsx_with_pictures
from projects.documents.stills import write_gif, write_stills
from projects.documents.storyboard_pdf import PAPERS, Page, Paper, write_pdf, write_sheet
from projects.documents.words import DOCUMENT_WORDS
from projects.errors import NotFound, StudioError
from projects.films.editions import get_edition
from projects.films.films import file_name
from projects.settings import StudioSettings

DocumentKind = Literal["pdf", "sheet", "csv", "xlsx", "stills", "gif"]
KINDS: tuple[DocumentKind, ...] = get_args(DocumentKind)
_PASSES: tuple[Pass, ...] = get_args(Pass)


@dataclass(frozen=True)
class Wanted:
    """What a document is to be like: ``page`` counts for paper, ``pictures`` for workbooks.

    Raises InvalidRequest for a page that cannot be.
    """

    kind: DocumentKind
    page: Page
    pictures: bool = False


@dataclass(frozen=True)
class _Written:
    ending: str
    media_type: str
    write: Callable[[Storyboard, StudioSettings, Path, Wanted], object]


def document_url(project_id: str, wanted: Wanted, *, edition: str | None, made_for: Pass, lang: str) -> str:
    """Where a document of a project, or of an edition of it, is downloaded, with its words in a language."""
    page = wanted.page
    asked: dict[str, object] = {"lang": lang, "pass": made_for}
    asked |= {"edition": edition} if edition else {}
    if wanted.kind in ("pdf", "sheet"):
        asked |= {"paper": page.paper, "upright": int(not page.landscape)}
    if wanted.kind == "pdf":
        asked |= {"panels": page.panels}
    if wanted.kind == "xlsx":
        asked |= {"pictures": int(wanted.pictures)}
    return f"/files/projects/{project_id}/documents/{wanted.kind}?{urllib.parse.urlencode(asked)}"


def document_routes() -> list[Route]:
    """The routes, for the application."""
    return [Route("/files/projects/{id}/documents/{kind}", _document)]


# A plain function: Starlette runs it in a thread, so that a long document does not hold up the pages.


def _document(request: Request) -> Response:
    with speaking(language_of(request)):
        # It takes work, which no other page may cause.
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _said(t("This page is not the studio's own."), 403)
        wanted = _wanted(request)
        if wanted is None:
            return _said(t("There is no such document."), 404)
        try:
            return _made(request, wanted)
        except NotFound as fault:
            return _said(said(fault.message), 404)
        except (StudioError, FramepackError) as fault:
            return _said(said(fault.message), 400)
        except OSError as fault:
            return _said(said(fault_message(fault)), 503)


def _wanted(request: Request) -> Wanted | None:
    """What is asked for; None for what there is not."""
    asked = request.query_params
    kind = next((one for one in KINDS if one == request.path_params["kind"]), None)
    paper: Paper | None = next((one for one in PAPERS if one == asked.get("paper", "A4")), None)
    panels = asked.get("panels", "6")
    known = {asked.get("upright", "0"), asked.get("pictures", "0")} <= {"0", "1"}
    if kind is None or paper is None or not (panels.isascii() and panels.isdecimal() and len(panels) < 4 and known):
        return None
    try:
        page = Page(paper, landscape=asked.get("upright") != "1", panels=int(panels))
    except FramepackError:
        return None
    return Wanted(kind, page, pictures=asked.get("pictures") == "1")


def _made(request: Request, wanted: Wanted) -> Response:
    made_for: Pass = next((one for one in _PASSES if one == request.query_params.get("pass")), "draft")
    with session() as opened:
        project_id, edition = str(request.path_params["id"]), _edition(opened, request)
        if edition is not None and edition.project_id != project_id:
            raise NotFound("edition", edition.id)
        storyboard = storyboard_of(session=opened, project_id=project_id, made_for=made_for, edition=edition)
    written = _WRITERS[wanted.kind]
    folder = tempfile.TemporaryDirectory(prefix="storyboard-", ignore_cleanup_errors=True)
    try:
        path = Path(folder.name) / f"document{written.ending}"
        written.write(storyboard, settings(), path, wanted)
    except BaseException:
        folder.cleanup()
        raise
    headers = {"cache-control": "no-store", **under_name(file_name(storyboard.name, written.ending))}
    return FileResponse(path, media_type=written.media_type, headers=headers, background=BackgroundTask(folder.cleanup))


def _edition(opened: Session, request: Request) -> Edition | None:
    wanted = request.query_params.get("edition", "")
    return get_edition(session=opened, edition_id=wanted) if wanted else None


def _pdf(storyboard: Storyboard, used: StudioSettings, out: Path, wanted: Wanted) -> None:
    write_pdf(storyboard, used, out, wanted.page, words("documents", DOCUMENT_WORDS))


def _sheet(storyboard: Storyboard, used: StudioSettings, out: Path, wanted: Wanted) -> None:
    write_sheet(storyboard, used, out, wanted.page, words("documents", DOCUMENT_WORDS))


def _csv(storyboard: Storyboard, used: StudioSettings, out: Path, wanted: Wanted) -> None:  # noqa: ARG001
    write_csv(storyboard, out, words("documents", DOCUMENT_WORDS))


def _xlsx(storyboard: Storyboard, used: StudioSettings, out: Path, wanted: Wanted) -> None:
    said_in = words("documents", DOCUMENT_WORDS)
    if wanted.pictures:
        write_xlsx_with_pictures(storyboard, used, out, said_in)
    else:
        write_xlsx(storyboard, out, said_in)


def _stills(storyboard: Storyboard, used: StudioSettings, out: Path, wanted: Wanted) -> None:  # noqa: ARG001
    write_stills(storyboard, used, out)


def _gif(storyboard: Storyboard, used: StudioSettings, out: Path, wanted: Wanted) -> None:  # noqa: ARG001
    write_gif(storyboard, used, out)


_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WRITERS: Mapping[DocumentKind, _Written] = MappingProxyType(
    {
        "pdf": _Written(".pdf", "application/pdf", _pdf),
        "sheet": _Written(".pdf", "application/pdf", _sheet),
        "csv": _Written(".csv", "text/csv; charset=utf-8", _csv),
        "xlsx": _Written(".xlsx", _WORKBOOK, _xlsx),
        "stills": _Written(".zip", "application/zip", _stills),
        "gif": _Written(".gif", "image/gif", _gif),
    }
)


def _said(sentence: str, status: int) -> Response:
    return PlainTextResponse(sentence, status_code=status, headers={"cache-control": "no-store"})
