"""From a request to a verb and back: who may ask, how much is read, the check of what was sent, one commit.

What an operation does is a plain function; it is run in a thread, so that a slow disk does not hold up the pages.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import anyio
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from framepack.messages import Message
from pages.api.problems import Refused, problem_of
from pages.look.language import language, speaking
from pages.serving.languages import language_of
from pages.session.database import session, settings
from projects.database.viewers import viewer
from projects.storage.aside import aside_path

MOST_JSON_BYTES = 256_000
# So much more than is allowed is read and thrown away: a browser shows no answer that comes while it still sends.
_THROWN_AWAY_BYTES = 256 * 2**20
JSON = "application/json"
# What a form of another page can send without asking first.
_OF_FORMS = ("", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")

Method = Literal["GET", "POST", "PATCH"]


class Query(BaseModel):
    """What may stand behind the ``?`` of an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lang: str | None = Field(default=None, description="The language of sentences; else the browser's.", max_length=64)


class Nothing(BaseModel):
    """No body, or an empty object."""

    model_config = ConfigDict(extra="forbid", frozen=True)


B = TypeVar("B", bound=BaseModel | bytes | Path)
Q = TypeVar("Q", bound=Query)


@dataclass(frozen=True)
class Asked(Generic[B, Q]):
    """One request, checked: the id in its address, what stands behind the ``?``, its body, and a session to use."""

    session: Session
    id: str
    query: Q
    body: B
    language: str
    etag: str | None


@dataclass(frozen=True)
class Operation(Generic[B, Q]):
    """One thing that the interface does, as the table of routes and its description hold it.

    ``answers`` is what ``do`` gives, unless it gives a response itself, and ``kind`` its media type; ``body`` is bytes
    where a small file is sent, and a path where a large one is, which lies there until the answer. ``conflicts`` is
    what is answered where somebody else changed the same meanwhile. What is ``keepers`` is refused to a person.
    """

    method: Method
    path: str
    do: Callable[[Asked[B, Q]], object]
    answers: Any
    body: type[B]
    query: type[Q]
    status: int = 200
    most_bytes: int = MOST_JSON_BYTES
    kind: str = JSON
    conflicts: Any = None
    keepers: bool = False

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return (self.do.__doc__ or "").splitlines()[0]

    @property
    def takes_file(self) -> bool:
        """Whether a file is sent to it."""
        return issubclass(self.body, bytes | Path)

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"

    @functools.cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """What turns an answer into JSON."""
        return TypeAdapter(self.answers)


def answering(operations: Sequence[Operation[Any, Any]]) -> Callable[[Request], Any]:
    """The endpoint of one address, whose ``operations`` differ in their methods."""
    by_method = {operation.method: operation for operation in operations}

    async def answer(request: Request) -> Response:
        operation = by_method.get("GET" if request.method == "HEAD" else request.method)  # type: ignore[call-overload]
        try:
            _check_page(request)
            if operation is None:
                raise Refused(405, Message("no-such-method", {"method": request.method}))
            if operation.keepers and viewer() is not None:
                raise Refused(403, Message("keepers-only"))
            _check_kind(request, operation)
            if operation.body is Path:
                return await _with_file(request, operation)
            data = await _body_of(request, operation) if operation.writes else b""
        except Refused as refused:
            with speaking(language_of(request)):
                return refused.problem.answer()
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        return await run_in_threadpool(_carried_out, operation, request, data)

    return answer


async def _with_file(request: Request, operation: Operation[Any, Any]) -> Response:
    """The answer to a large file, which is never in memory as a whole."""
    path = aside_path(settings())
    try:
        async with await anyio.open_file(path, "wb") as file:
            async for part in _parts_of(request, operation):
                await file.write(part)
        return await run_in_threadpool(_carried_out, operation, request, path)
    except OSError as fault:
        return await run_in_threadpool(_refused, request, fault)
    finally:
        path.unlink(missing_ok=True)


def _refused(request: Request, fault: Exception) -> Response:
    with speaking(language_of(request)):
        return problem_of(fault).answer()


def _carried_out(operation: Operation[Any, Any], request: Request, data: bytes | Path) -> Response:
    with speaking(language_of(request)):
        return _spoken(operation, request, data)


def _spoken(operation: Operation[Any, Any], request: Request, data: bytes | Path) -> Response:
    try:
        query = operation.query.model_validate(dict(request.query_params))
        body = data if operation.takes_file else operation.body.model_validate_json(data or b"{}")
        with session() as opened:
            asked = Asked(
                session=opened,
                id=str(request.path_params.get("id", "")),
                query=query,
                body=body,
                language=language().code,
                etag=request.headers.get("if-none-match"),
            )
            given = operation.do(asked)
            if operation.writes:
                opened.commit()
        return given if isinstance(given, Response) else as_json(operation, given)
    except Exception as error:
        return problem_of(error).answer()


def as_json(operation: Operation[Any, Any], given: object) -> Response:
    """What an operation gives, as its answer."""
    return Response(
        operation.adapter.dump_json(given, by_alias=True),
        status_code=operation.status,
        media_type=JSON,
        headers={"cache-control": "no-store"},
    )


def _check_page(request: Request) -> None:
    """Refuse what a browser says comes from another page, be it a link or a picture on it."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Refused(403, Message("not-own-page"))


def _check_kind(request: Request, operation: Operation[Any, Any]) -> None:
    """Refuse a body of another kind than the operation takes."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if operation.takes_file and kind in _OF_FORMS:
        raise Refused(415, Message("body-not-file"))
    if operation.writes and not operation.takes_file and kind != JSON:
        raise Refused(415, Message("body-not-of-json"))


async def _body_of(request: Request, operation: Operation[Any, Any]) -> bytes:
    return b"".join([part async for part in _parts_of(request, operation)])


async def _parts_of(request: Request, operation: Operation[Any, Any]) -> AsyncIterator[bytes]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= operation.most_bytes:
            yield part
        elif size > operation.most_bytes + _THROWN_AWAY_BYTES:
            break
    if size > operation.most_bytes:
        if operation.takes_file:
            raise Refused(413, Message("file-too-long", {"most": operation.most_bytes // 2**20}))
        raise Refused(413, Message("body-too-long", {"most": operation.most_bytes // 1000}))
