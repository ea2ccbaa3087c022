"""What holds for every answer of the server, Streamlit's own included: who may ask, and what a browser may do with it.

It knows no page and no file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

_READS_ONLY = ("GET", "HEAD", "OPTIONS")
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


class GuardHeaders:
    """Has browsers show the studio in no foreign page, give it to none, and load nothing into it from elsewhere.

    ``forms`` are the addresses that pages which send forms begin with.
    """

    def __init__(self, app: ASGIApp, *, forms: tuple[str, ...] = ()) -> None:
        self._forms = forms
        self._app = app
        self._headers = guard_headers("'none'")
        self._of_forms = guard_headers("'self'")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = self._of_forms if scope["path"].startswith(self._forms) else self._headers
                MutableHeaders(scope=message).update(own)
            await send(message)

        await self._app(scope, receive, send_guarded if scope["type"] == "http" else send)


class OwnOriginOnly:
    """Refuses connections and changes that a page of another origin asks for, be it another port of this computer.

    Reading is not refused: without leave a foreign page cannot see the answer. ``also`` are origins that are let in.
    """

    def __init__(self, app: ASGIApp, also: Collection[str] = ()) -> None:
        self._app = app
        self._also = frozenset(also)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket" and not self._is_own(scope):
            await WebSocketClose(code=1008, reason="This page is not the studio's own.")(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] not in _READS_ONLY and not self._is_own(scope):
            await PlainTextResponse("This page is not the studio's own.", status_code=403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        # A browser always names the origin here; what has none is no page.
        return origin is None or origin in self._also or urlsplit(origin).netloc == headers.get("host")


def guard_headers(forms_go_to: str) -> dict[str, str]:
    """The headers, by name; ``forms_go_to`` as a content security policy has it."""
    policy = {
        "default-src": "'none'",
        # The one script within Streamlit's page, and components, whose scripts come as blobs.
        "script-src": " ".join(["'self'", "blob:", *_inline_scripts()]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": forms_go_to,
        "frame-ancestors": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
    }


def _inline_scripts() -> list[str]:
    page = (Path(st.__file__).parent / "static" / "index.html").read_bytes()
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(page)
    ]
