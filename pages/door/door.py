"""The one place that everything passes which is asked of the server: who may come in, and from where.

A studio that is not shared answers this computer only, wherever its server listens. One that is shared answers whoever
has signed in, programs that say the password or the token, and guests, who come no farther than the page of their link.
What a person asks for, whom a provider vouched for, is looked at with their eyes (see ``projects.database.viewers``).
It knows no page, and no route but its own.
"""

from __future__ import annotations

import logging
import math
import os
import time
import urllib.parse

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from framepack.errors import FramepackError
from framepack.messages import Message as Said
from pages.door.entering import Try, session_of, try_program
from pages.look.language import speaking
from pages.look.text import said
from pages.serving.languages import language_of
from projects.database.viewers import viewing
from projects.door.password import token_path
from projects.door.sharing import EVERY_ADDRESS, is_loopback, refusal, who_comes_in
from projects.errors import StudioError
from projects.failures import message_for
from projects.guests.links import LOOK
from projects.messages import in_english
from projects.settings import StudioSettings

DOOR, LEAVING = "/door", "/door/leave"
# To the provider that vouches for people, and back from it.
OUT, BACK = "/door/out", "/door/back"
# It says "ok", to whoever watches over the server.
HEALTH = "/_stcore/health"
# Where programs may come in without a browser.
_FOR_PROGRAMS = ("/api/", "/files/")
_SECONDS_BETWEEN_LOOKS = 1.0
_REFUSED = 1008

_log = logging.getLogger(__name__)


class Door:
    """Lets through who may come in. ``address`` is where the server was told to listen, ``names`` what it answers to.

    ``encrypted``: it was given a certificate.
    """

    def __init__(self, app: ASGIApp, *, address: str | None, names: list[str], encrypted: bool) -> None:
        self._app = app
        self._address = address or EVERY_ADDRESS[0]
        self._names = names
        self._encrypted = encrypted
        self._refusal: Said | None = None
        self._settings: StudioSettings | None = None
        try:
            self._settings = StudioSettings.from_environment(os.environ)
            self._refusal = refusal(self._settings, self._address)
        except (StudioError, FramepackError) as fault:
            # Pages say it, to this computer; nobody else is let in on settings that cannot be read.
            if not is_loopback(self._address) or os.environ.get("STUDIO_SHARE"):
                self._refusal = message_for(fault)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or refuse it."""
        if scope["type"] == "lifespan":
            await self._begin(scope, receive, send)
        elif self._refusal is not None:
            await _refuse(scope, receive, send, self._refusal, 503)
        elif self._settings is None or not self._settings.share:
            if _is_of_this_computer(scope):
                await self._app(scope, receive, send)
            else:
                await _refuse(scope, receive, send, Said("share-undecided", {"address": str(scope["server"][0])}), 403)
        else:
            await self._of_those_who_may(scope, receive, send, self._settings)

    async def _begin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say at the start what is shared; a server that must not listen where it does ends with one sentence."""
        if self._refusal is not None:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": in_english(self._refusal)})
            return
        if self._settings is not None and self._settings.share:
            _log.warning("%s", in_english(self._what_is_shared(self._settings)))
        await self._app(scope, receive, send)

    def _what_is_shared(self, settings: StudioSettings) -> Said:
        return Said(
            "share-begins",
            {
                "address": self._address,
                "who": who_comes_in(settings),
                "connection": Said("share-encrypted" if self._encrypted else "share-not-encrypted"),
                "names": ", ".join(self._names),
                "token": str(token_path(settings)),
            },
        )

    async def _of_those_who_may(self, scope: Scope, receive: Receive, send: Send, settings: StudioSettings) -> None:
        asking = HTTPConnection(scope)
        path = scope["path"]
        if scope["type"] == "http" and (path in (DOOR, LEAVING, OUT, BACK) or path.startswith(LOOK)):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and path == HEALTH and scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        try:
            entered = session_of(settings, asking)
            if entered is not None:
                with viewing(entered.person):
                    if scope["type"] == "websocket":
                        watched = _Watched(settings, asking, receive, send)
                        await self._app(scope, watched.receive, watched.send)
                    else:
                        await self._app(scope, receive, send)
                return
            for_programs = scope["type"] == "http" and path.startswith(_FOR_PROGRAMS)
            tried = await try_program(settings, asking) if for_programs else Try(right=False)
        except (StudioError, OSError) as fault:
            await _refuse(scope, receive, send, message_for(fault), 503)
            return
        if tried.right:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=_REFUSED, reason="Sign in first.")(scope, receive, send)
        else:
            await _unknown(asking, scope, tried)(scope, receive, send)


class _Watched:
    """A websocket that ends with the session it was opened in; it is looked at once a second at most."""

    def __init__(self, settings: StudioSettings, asking: HTTPConnection, receive: Receive, send: Send) -> None:
        self._settings = settings
        self._asking = asking
        self._receive = receive
        self._send = send
        self._looked = time.monotonic()
        self._over = False

    async def receive(self) -> Message:
        """What the browser says; that it has gone, once the session is over."""
        message = await self._receive()
        if message["type"] == "websocket.receive" and await self._is_over():
            return {"type": "websocket.disconnect", "code": _REFUSED}
        return message

    async def send(self, message: Message) -> None:
        """Say something to the browser, unless the session is over."""
        if message["type"] != "websocket.send" or not await self._is_over():
            await self._send(message)

    async def _is_over(self) -> bool:
        if self._over or time.monotonic() - self._looked < _SECONDS_BETWEEN_LOOKS:
            return self._over
        self._looked = time.monotonic()
        try:
            self._over = session_of(self._settings, self._asking) is None
        except (StudioError, OSError):
            self._over = True
        if self._over:
            await self._send({"type": "websocket.close", "code": _REFUSED, "reason": "The session has ended."})
        return self._over


def _is_of_this_computer(scope: Scope) -> bool:
    """Whether the connection came in at an address that only this computer reaches; a socket file has no port."""
    host, port = scope.get("server") or ("", 0)
    return port is None or is_loopback(host)


def _unknown(asking: HTTPConnection, scope: Scope, tried: Try) -> Response:
    """What is answered to who has not signed in: a page goes to the door, anything else is told."""
    headers = {"cache-control": "no-store"}
    path = scope["path"]
    if tried.wait > 0:
        headers["retry-after"] = str(math.ceil(tried.wait))
    elif not path.startswith("/api/") and scope["method"] == "GET" and "text/html" in asking.headers.get("accept", ""):
        asked = f"{path}?{scope['query_string'].decode('latin-1')}".rstrip("?")
        return RedirectResponse(f"{DOOR}?{urllib.parse.urlencode({'to': asked})}", 303, headers)
    message = Said("door-slowed", {"seconds": math.ceil(tried.wait)}) if tried.wait > 0 else Said("door-closed")
    status = 429 if tried.wait > 0 else 401
    with speaking(language_of(asking)):
        if path.startswith("/api/"):
            answer = {"error": message.id, "message": said(message), "field": None}
            return JSONResponse(answer, status, headers)
        return PlainTextResponse(said(message), status, headers)


async def _refuse(scope: Scope, receive: Receive, send: Send, message: Said, status: int) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose(code=_REFUSED)(scope, receive, send)
        return
    with speaking(language_of(HTTPConnection(scope))):
        answer = PlainTextResponse(said(message), status, {"cache-control": "no-store"})
    await answer(scope, receive, send)
