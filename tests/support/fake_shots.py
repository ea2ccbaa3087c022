"""A stand-in for the JSON interface of shots that does as it is told: answer, wait, or be out of order.

It keeps the rules of the real one (a change fits on what was there, or both are said) and notes what it heard. It runs
in the harness app's process; tests speak with it over HTTP (``tests/support/harness.py``).
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

PROJECT = "p" * 32
PROMPTS = ("The lamp goes out.", "A boat comes in.", "Morning.")


def _row(number: int) -> dict[str, Any]:
    return {
        "id": f"{number:032x}",
        "number": f"SH{number * 10:04d}",
        "name": "",
        "prompt": PROMPTS[number - 1],
        "seconds": 2.5,
        "dialogue": "",
        "notes": "",
        "beats": [],
        "seed": "7",
        "version": 1,
    }


class FakeShots:
    """Three shots, how the interface answers just now, and the bodies it was sent."""

    def __init__(self) -> None:
        self.held: list[object] = []  # requests that wait to be answered, in the order in which they came
        self.reset()

    def reset(self) -> None:
        """As new."""
        self.shots = {row["id"]: row for row in map(_row, (1, 2, 3))}
        self.deleted: set[str] = set()
        self.heard: list[dict[str, Any]] = []
        self.mode = "answer"

    async def ready(self) -> bool:
        """Whether it answers at all; while it is told to hold, requests wait here and go on in their order."""
        if self.mode == "hold":
            own = object()
            self.held.append(own)
            while self.mode == "hold" or self.held[0] is not own:
                await asyncio.sleep(0.01)
            self.held.pop(0)
        return self.mode != "fail"

    def edit(self, id: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Change a shot as somebody else would."""
        self.shots[id] = {**self.shots[id], **changes, "version": self.shots[id]["version"] + 1}
        return self.shots[id]


FAKE = FakeShots()


async def _patch(request: Request) -> JSONResponse:
    body = await request.json()
    if not await FAKE.ready():
        return _error("busy", "The database is busy.", 503)
    id = request.path_params["id"]
    FAKE.heard.append({"shot": id, **body})
    if id not in FAKE.shots:
        return _error("no-such-thing", "This shot is there no more.", 404)
    if id in FAKE.deleted:
        return _error("gone", "This shot was deleted.", 404)
    row, was, changes = FAKE.shots[id], body["was"], body["changes"]
    theirs = {field: row[field] for field, new in changes.items() if row[field] not in (was[field], new)}
    if theirs:
        told = {"error": "changed-meanwhile", "message": "It was changed.", "theirs": theirs, "version": row["version"]}
        return JSONResponse(told, status_code=409)
    if "forbidden" in str(changes.get("prompt", "")):
        return _error("refused", "A prompt may not say that.", 400, "prompt")
    row = FAKE.edit(id, changes)
    return JSONResponse({"shot": row, "version": row["version"]})


async def _restore(request: Request) -> JSONResponse:
    ids = set((await request.json())["ids"])
    if not ids <= set(FAKE.shots):
        return _error("no-such-thing", "This shot is there no more.", 404)
    FAKE.deleted -= ids
    return JSONResponse({"version": 1})


async def _told(request: Request) -> JSONResponse:
    """What a test wants: {"do": reset | mode | edit | delete | remove, ...}. Answers with all there is."""
    body = await request.json()
    if body["do"] == "reset":
        FAKE.reset()
    elif body["do"] == "mode":
        FAKE.mode = body["mode"]
    elif body["do"] == "edit":
        FAKE.edit(body["shot"], body["changes"])
    elif body["do"] == "delete":
        FAKE.deleted.add(body["shot"])
    elif body["do"] == "remove":
        del FAKE.shots[body["shot"]]
    return JSONResponse({"shots": FAKE.shots, "heard": FAKE.heard, "held": len(FAKE.held)})


def _error(error: str, message: str, status: int, field: str | None = None) -> JSONResponse:
    return JSONResponse({"error": error, "message": message, "field": field}, status_code=status)


def fake_routes() -> list[Route]:
    """The routes, for the harness app."""
    return [
        Route("/api/shots/{id}", _patch, methods=["PATCH"]),
        Route("/api/projects/{id}/shots/restore", _restore, methods=["POST"]),
        Route("/fake", _told, methods=["POST"]),
    ]
