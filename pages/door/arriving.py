"""Signing in with a provider that vouches for people: the way there and the way back, each begun here and once only."""

from __future__ import annotations

import functools
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from framepack.messages import Message
from pages.door.entering import leave
from pages.door.provider import Provider, provider_of
from projects.door.people import begin_persons_session, kept_client
from projects.errors import StudioError
from projects.settings import StudioSettings

# The browser has to show it to who sends it back from elsewhere, so it is another than that of the session.
COOKIE = "studio-arriving"
SECONDS_AWAY = 600
MOST_AWAY = 1000


@dataclass(frozen=True)
class _Away:
    """Somebody who is at the provider: what is kept of them, where in the studio they want to, and until when."""

    kept: dict[str, Any]
    to: str
    until: float


@functools.cache
def _away() -> OrderedDict[str, _Away]:
    return OrderedDict()


async def set_out(settings: StudioSettings, request: Request, *, back: str, to: str) -> tuple[str, str]:
    """Where to send somebody to sign in, and what their browser is to hold meanwhile. Raises StudioError."""
    address, kept = await _provider(settings).address_for(request, back)
    token, away = secrets.token_urlsafe(32), _away()
    away[token] = _Away(kept, to, time.monotonic() + SECONDS_AWAY)
    while len(away) > MOST_AWAY:
        away.popitem(last=False)
    return address, token


async def arrive(settings: StudioSettings, request: Request) -> tuple[str, str]:
    """Let in who comes back from the provider; returns what the browser is to hold, and where in the studio they go.

    Raises StudioError for who did not set out here, is back too late, or is not to come in.
    """
    found = _away().pop(request.cookies.get(COOKIE, ""), None)
    if found is None or time.monotonic() > found.until:
        raise StudioError(Message("oidc-too-late"))
    person = await _provider(settings).person_of(request, found.kept)
    return await run_in_threadpool(_enter, settings, request, person), found.to


def _enter(settings: StudioSettings, request: Request, person: str) -> str:
    client = kept_client(settings)
    if settings.sign_in is None or client is None:
        raise StudioError(Message("oidc-no-secret"))
    token = begin_persons_session(settings, settings.sign_in, client, person)
    leave(settings, request)
    return token


def _provider(settings: StudioSettings) -> Provider:
    client = kept_client(settings)
    if settings.sign_in is None or client is None:
        raise StudioError(Message("oidc-no-secret"))
    return provider_of(settings.sign_in, client)
