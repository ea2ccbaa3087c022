"""What is asked of an OpenID Connect provider: where to send somebody who wants to sign in, and who came back.

Authlib does it: discovery, PKCE, state, nonce, the exchange of the code, and the ID token's signature and claims.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from typing import Any

import httpx2
from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.starlette_client import OAuth, OAuthError
from starlette.requests import Request

from framepack.messages import Message
from projects.door.people import Client
from projects.errors import StudioError
from projects.sign_in import SignIn, is_safe_address

SECONDS_TO_ANSWER = 10.0
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

_log = logging.getLogger(__name__)


class Provider:
    """A provider and what the studio is to it; what it says of itself is asked once."""

    def __init__(self, sign_in: SignIn, client: Client) -> None:
        self._sign_in = sign_in
        self._app: Any = OAuth().register(
            "studio",
            client_id=sign_in.client_id,
            client_secret=client.secret,
            server_metadata_url=f"{sign_in.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email",
                "code_challenge_method": "S256",
                "timeout": SECONDS_TO_ANSWER,
                "trust_env": False,
            },
        )

    async def address_for(self, request: Request, back: str) -> tuple[str, dict[str, Any]]:
        """Where to send somebody, who comes back to the address ``back``, and what to keep until then.

        Raises StudioError.
        """
        asking = _with(request, {})
        try:
            await self._known()
            answer = await self._app.authorize_redirect(asking, back)
        except Exception as fault:
            raise self._told(fault) from fault
        return str(answer.headers["location"]), asking.session

    async def person_of(self, request: Request, kept: dict[str, Any]) -> str:
        """The e-mail address of who came back by ``request``, in small letters. Raises StudioError."""
        try:
            await self._known()
            wanted = {"iss": {"values": [self._sign_in.issuer]}, "aud": {"values": [self._sign_in.client_id]}}
            token = await self._app.authorize_access_token(_with(request, kept), claims_options=wanted)
            said = token["userinfo"]
            if "email" not in said and "userinfo_endpoint" in self._app.server_metadata:
                more = await self._app.userinfo(token=token)
                said = more if more["sub"] == said["sub"] else said
        except Exception as fault:
            raise self._told(fault) from fault
        return self._verified(said)

    def _verified(self, said: Mapping[str, object]) -> str:
        person = str(said.get("email", "")).lower()
        if said.get("email_verified") is not True or person.count("@") != 1 or not person.isprintable():
            raise StudioError(Message("oidc-unverified", {"host": self._sign_in.host}))
        return person

    async def _known(self) -> None:
        """Have the provider say where it is asked what. Raises ValueError where it is not the one that is named."""
        said = await self._app.load_server_metadata()
        if said["issuer"] != self._sign_in.issuer or not all(is_safe_address(said[name]) for name in _ENDPOINTS):
            raise ValueError("it names another issuer, or an address that is not encrypted")
        known = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" not in known and "client_secret_post" in known:
            self._app.client_kwargs["token_endpoint_auth_method"] = "client_secret_post"

    def _told(self, fault: Exception) -> StudioError:
        values = {"host": self._sign_in.host}
        if isinstance(fault, MismatchingStateError):
            return StudioError(Message("oidc-too-late"))
        if isinstance(fault, OAuthError) and fault.error == "access_denied":
            return StudioError(Message("oidc-denied", values))
        # What it says may hold codes and tokens, which are for no log.
        _log.warning(
            "Signing in with %s failed: %s.", self._sign_in.host, getattr(fault, "error", type(fault).__name__)
        )
        if isinstance(fault, httpx2.HTTPError | OSError):
            return StudioError(Message("oidc-away", values))
        return StudioError(Message("oidc-wrong", values))


def _with(request: Request, kept: dict[str, Any]) -> Request:
    """The same request with a session that Authlib keeps things in; Streamlit's own would go into a cookie."""
    return Request({**request.scope, "session": kept})


@functools.cache
def provider_of(sign_in: SignIn, client: Client) -> Provider:
    """The one provider of the settings."""
    return Provider(sign_in, client)
