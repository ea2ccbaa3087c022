"""Signing in with an OpenID Connect provider that vouches for people: the way there, and the way back from it.

Authlib does what the protocol asks: discovery, PKCE, state, nonce, the exchange of the code, the check of the ID token.
"""

from __future__ import annotations

import functools
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.starlette_client import OAuth, OAuthError
from starlette.requests import Request

from framepack.messages import Message
from pages.door.entering import ARRIVING, SECONDS_AWAY
from projects.door.people import Client, begin_persons_session, kept_client
from projects.errors import StudioError
from projects.settings import StudioSettings
from projects.sign_in import SignIn, is_safe_address

MOST_AWAY = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Away:
    """Somebody who is at the provider: what Authlib keeps of them, where in the studio they want to, until when."""

    kept: dict[str, Any]
    to: str
    until: float


@functools.cache
def _away() -> OrderedDict[str, _Away]:
    return OrderedDict()


@functools.cache
def _app(sign_in: SignIn, client: Client) -> Any:
    asked = {"scope": "openid email", "code_challenge_method": "S256", "timeout": 10.0, "trust_env": False}
    return OAuth().register(
        "studio",
        client_id=sign_in.client_id,
        client_secret=client.secret,
        server_metadata_url=f"{sign_in.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs=asked,
    )


async def set_out(settings: StudioSettings, request: Request, *, back: str, to: str) -> tuple[str, str]:
    """Where to send somebody to sign in, and what their browser is to hold meanwhile. Raises StudioError."""
    sign_in, client = _needed(settings)
    asking, token, away = _with(request, {}), secrets.token_urlsafe(32), _away()
    with _faults_of(sign_in):
        app = await _known(sign_in, client)
        address = str((await app.authorize_redirect(asking, back)).headers["location"])
    away[token] = _Away(asking.session, to, time.monotonic() + SECONDS_AWAY)
    while len(away) > MOST_AWAY:
        away.popitem(last=False)
    return address, token


async def arrive(settings: StudioSettings, request: Request) -> tuple[str, str]:
    """Let in who comes back; returns what their browser is to hold, and where in the studio they want to.

    Raises StudioError for who did not set out here, comes too late or once more, or is not to come in.
    """
    sign_in, client = _needed(settings)
    found = _away().pop(request.cookies.get(ARRIVING, ""), None)
    if found is None or time.monotonic() > found.until:
        raise StudioError(Message("oidc-too-late"))
    with _faults_of(sign_in):
        app = await _known(sign_in, client)
        wanted = {"iss": {"values": [sign_in.issuer]}, "aud": {"values": [sign_in.client_id]}}
        token = await app.authorize_access_token(_with(request, found.kept), claims_options=wanted)
        said = token["userinfo"]
        if "email" not in said and "userinfo_endpoint" in app.server_metadata:
            more = await app.userinfo(token=token)
            said = more if more["sub"] == said["sub"] else said
    person = str(said.get("email", "")).lower()
    if said.get("email_verified") is not True or person.count("@") != 1 or not person.isprintable():
        raise StudioError(Message("oidc-unverified", {"host": sign_in.host}))
    return begin_persons_session(settings, sign_in, client, person), found.to


def _needed(settings: StudioSettings) -> tuple[SignIn, Client]:
    client = kept_client(settings)
    if settings.sign_in is None or client is None:
        raise StudioError(Message("oidc-no-secret"))
    return settings.sign_in, client


async def _known(sign_in: SignIn, client: Client) -> Any:
    """The provider, once it said where it is asked what. Raises ValueError where it is not the one that is named."""
    app = _app(sign_in, client)
    said = await app.load_server_metadata()
    addresses = [said[name] for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    if said["issuer"] != sign_in.issuer or not all(map(is_safe_address, addresses)):
        raise ValueError
    ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" not in ways and "client_secret_post" in ways:
        app.client_kwargs["token_endpoint_auth_method"] = "client_secret_post"
    return app


def _with(request: Request, kept: dict[str, Any]) -> Request:
    """The same request with a session for Authlib; Streamlit's own would go into a cookie."""
    return Request({**request.scope, "session": kept})


@contextmanager
def _faults_of(sign_in: SignIn) -> Iterator[None]:
    """Say in a sentence what goes wrong with a provider. Codes and tokens, which it may name, are for no log."""
    try:
        yield
    except MismatchingStateError:
        raise StudioError(Message("oidc-too-late")) from None
    except Exception as fault:
        _log.warning("Signing in with %s failed: %s.", sign_in.host, getattr(fault, "error", type(fault).__name__))
        id = "oidc-away" if isinstance(fault, httpx2.HTTPError | OSError) else "oidc-wrong"
        if isinstance(fault, OAuthError) and fault.error == "access_denied":
            id = "oidc-denied"
        raise StudioError(Message(id, {"host": sign_in.host})) from None
