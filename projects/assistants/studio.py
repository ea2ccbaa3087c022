"""Asks the studio that runs on this computer, through its JSON interface, as its own pages do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx2

from framepack.messages import Message
from projects.assistants.tools import Request
from projects.errors import StudioError

DESCRIPTION = "/api/openapi.json"
# Drawing a project of 500 shots for the first time, on a busy computer.
SECONDS_TO_ANSWER = 120.0


class StudioAway(StudioError):
    """No studio answers at the address."""

    def __init__(self, url: str) -> None:
        super().__init__(Message("mcp-no-studio", {"url": url}))
        self.url = url


@dataclass(frozen=True)
class Answer:
    """What was answered: ``kind`` is a media type; ``failed`` where it was refused."""

    kind: str
    content: bytes
    failed: bool

    @property
    def said(self) -> str:
        """It as a text: the sentence, where it was refused with one."""
        text = self.content.decode("utf-8", errors="replace")
        if not self.failed:
            return text
        try:
            return str(json.loads(text)["message"])
        except (ValueError, KeyError, TypeError):
            return text


class Studio:
    """A studio at ``url`` on the loopback; ``token`` lets programs into one that is shared."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._own = {"accept-language": "en"} | ({} if token is None else {"authorization": f"Bearer {token}"})
        # No proxy stands between two programs of one computer.
        self._client = httpx2.AsyncClient(base_url=url, timeout=SECONDS_TO_ANSWER, trust_env=False)

    async def description(self) -> dict[str, Any]:
        """What its interface does (OpenAPI). Raises StudioAway, also where another program answers."""
        answer = await self.ask(Request("GET", DESCRIPTION, {}, None))
        try:
            document: dict[str, Any] = json.loads(answer.content)
            if not answer.failed and document["info"]["title"] == "FramePack studio":
                return document
        except (ValueError, KeyError, TypeError):
            pass  # no studio answers so
        raise StudioAway(self._url)

    async def ask(self, request: Request) -> Answer:
        """What is answered to ``request``. Raises StudioAway."""
        sent = None if request.body is None else json.dumps(request.body).encode()
        headers = self._own | ({} if sent is None else {"content-type": "application/json"})
        try:
            got = await self._client.request(
                request.method, request.path, params=request.query, content=sent, headers=headers
            )
        except httpx2.TransportError:
            raise StudioAway(self._url) from None
        kind = got.headers.get("content-type", "").split(";")[0].strip()
        return Answer(kind, got.content, got.status_code >= httpx2.codes.BAD_REQUEST)

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()
