"""In which language a request is answered. The endpoint speaks it: ``with speaking(language_of(request))``."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from pages.look.language import ASKED, COOKIE, ENGLISH, Language, accepted, preferred


def language_of(request: HTTPConnection) -> Language:
    """The one its address asks for (``?lang=zh_TW``), else the reader's choice, else the first of the browser's own."""
    asked = [request.query_params.get(ASKED, ""), request.cookies.get(COOKIE, "")]
    return preferred([*asked, *accepted(request.headers.get("accept-language", ""))]) or ENGLISH
