"""Which language a request is answered in."""

from __future__ import annotations

from starlette.requests import Request


def language_of(request: Request) -> str:  # noqa: ARG001 (there is one language)
    """The language of an answer: the one that ``?lang=`` or the browser asks for, as far as the studio speaks it."""
    return "en"
