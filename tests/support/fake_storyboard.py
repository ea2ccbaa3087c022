"""A storyboard in memory that answers as the studio's JSON interface does, so that the board is tested by itself.

It knows no page and no database. What a test changes in it counts from the next request on.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import io
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from PIL import Image, ImageDraw
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from projects.errors import StoryboardProblem
from projects.interchange.shot_lines import shots_from_text, text_of_file
from projects.messages import in_english

Row = dict[str, Any]
PROJECT = "p1"
SENTENCES = (
    "The lighthouse stands above the sea at dusk, and its lamp begins to turn.",
    "Waves break on the rocks. The camera moves slowly to the left.",
    "海邊的燈塔在黃昏時亮了起來，鏡頭慢慢靠近。",
    "A boat with a red sail comes around the cape.",
    "The keeper climbs the winding stairs with a lantern in his hand.",
    "Fog rolls in from the west until only the light can be seen. 🌫️",
)
STATES = (
    ("done", "good", "Ready", []),
    ("done", "good", "Ready", []),
    ("stale", "warn", "Out of date", ["Its text changed."]),
    ("never", "quiet", "Not rendered", []),
    ("done", "good", "Ready", []),
    ("failed", "bad", "Failed", ["The graphics card ran out of memory."]),
)


def row_of(index: int) -> Row:
    """The shot at a place, the same for the same place; each third and fourth of six continue the one before."""
    kind, tone, state, why = STATES[index % len(STATES)]
    joined = index % 6 in (1, 2)
    has_take = kind in ("done", "stale")
    return {
        "id": f"s{index + 1}",
        "number": f"SH{(index + 1) * 10:04d}",
        "name": "The lamp" if index % 6 == 0 else "",
        "prompt": SENTENCES[index % len(SENTENCES)],
        "seconds": 4.0 if index % 3 else 2.5,
        "start": "continue" if joined else "cut",
        "joined": joined,
        "transition": "dissolve" if index % 6 == 3 else "cut",
        "transition_seconds": 0.5,
        "dialogue": "",
        "notes": "",
        "beats": [],
        "media": None if joined else f"m{index + 1}",
        "place": [500, 500, 1000],
        "take": f"t{index + 1}" if has_take else None,
        "take_ratio": "16 / 9",
        "takes": (index % 4) + 1 if has_take else 0,
        "tone": tone,
        "state": state,
        "kind": kind,
        "why": why,
        "version": 1,
        "seed": "768",
        "picture_name": None if joined else f"sea {index + 1}.png",
        "shows": "take" if has_take else "none" if joined else "picture",
        "frame": f"/files/frames/{index + 1}" if has_take or not joined else None,
    }


@dataclass
class FakeStoryboard:
    """One project. ``asked`` are the changing requests in their order; ``refusal`` is said to the next one."""

    rows: list[Row]
    name: str = "Lighthouse"
    has_real: bool = False
    render: dict[str, Any] | None = None
    silent: bool = False
    refusal: tuple[int, dict[str, Any]] | None = None
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    looks: int = 0
    passes: list[str] = field(default_factory=list)
    version: int = 1
    gone: dict[str, tuple[int, Row]] = field(default_factory=dict)
    before: list[list[Row]] = field(default_factory=list)
    undone: list[list[Row]] = field(default_factory=list)
    made: int = 0
    lasts: float = 45.0
    lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, count: int) -> FakeStoryboard:
        """A project of that many shots."""
        return cls([row_of(index) for index in range(count)])

    def order(self) -> list[str]:
        """The shots' ids in their order."""
        return [row["id"] for row in self.rows]

    def row(self, shot_id: str) -> Row:
        """A shot that is there."""
        return next(row for row in self.rows if row["id"] == shot_id)

    def edit(self, shot_id: str, **changes: object) -> None:
        """What another browser changes."""
        row = self.row(shot_id)
        row.update(changes)
        row["version"] += 1
        self.version += 1

    def calls(self, ending: str) -> list[Any]:
        """The bodies of the requests whose address ends so."""
        return [body for _, path, body in self.asked if path.endswith(ending)]

    # --- the interface ---

    def routes(self) -> list[Route]:
        """All addresses the board asks."""
        shots = f"/api/projects/{PROJECT}/shots"
        return [
            Route(f"/api/projects/{PROJECT}/board", self._board),
            Route("/api/pictures", self._writing(self._picture, raw=True), methods=["POST"]),
            Route("/api/lines", self._lines, methods=["POST"]),
            Route(shots, self._writing(self._add), methods=["POST"]),
            Route(shots, self._writing(self._edit_several), methods=["PATCH"]),
            Route(f"{shots}/{{verb}}", self._writing(self._several), methods=["POST"]),
            Route("/api/shots/{id}", self._writing(self._edit), methods=["PATCH"]),
            Route(f"/api/projects/{PROJECT}/undo", self._writing(self._undo), methods=["POST"]),
            Route(f"/api/projects/{PROJECT}/redo", self._writing(self._redo), methods=["POST"]),
            Route(f"/api/projects/{PROJECT}/forecast", self._forecast),
            Route(f"/api/projects/{PROJECT}/renders", self._writing(self._render), methods=["POST"]),
            Route("/api/renders/{id}/cancel", self._writing(self._cancel), methods=["POST"]),
            Route("/files/frames/{id}", _frame),
        ]

    def _board(self, request: Request) -> Response:
        with self.lock:
            self.looks += 1
            self.passes.append(request.query_params["pass"])
            if self.silent:
                return JSONResponse({"error": "busy", "message": "The database is busy."}, status_code=503)
            body = json.dumps(self._data(request.query_params["pass"]), ensure_ascii=False).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        return Response(body, media_type="application/json", headers={"etag": etag})

    def _forecast(self, request: Request) -> Response:
        """An order takes ``lasts`` seconds, and less the less is asked for; the quick one is done in time."""
        shares = {"exact": 1.0, "balanced": 0.8, "quick": 0.4}
        done = "2026-11-28T18:00:00Z"
        presets = [
            {"preset": name, "title": name.title(), "lasts": f"{self.lasts * share:.0f} s", "done_to": done}
            for name, share in shares.items()
        ]
        found = {
            "words": "3 shots, 6 sections to make, 2 found: about 20 min.",
            **{"seconds_high": self.lasts, "done_to": done},
            "presets": presets if "presets" in request.query_params else [],
            "best": "quick" if "by" in request.query_params else None,
        }
        return JSONResponse(found)

    async def _lines(self, request: Request) -> Response:
        name = request.query_params.get("name", "text")
        try:
            text = text_of_file(await request.body(), name)
            return JSONResponse({"text": text, "shots": [asdict(shot) for shot in shots_from_text(text)]})
        except StoryboardProblem as problem:
            return JSONResponse({"error": problem.message.id, "message": in_english(problem.message)}, status_code=400)

    def _data(self, shown_pass: str) -> dict[str, Any]:
        waiting = [row for row in self.rows if row["kind"] in ("stale", "never", "failed")]
        return {
            "project": {
                **{"id": PROJECT, "name": self.name, "version": self.version, "width": 256, "height": 144},
                **{"ratio": "16 / 9", "fit": "fill", "pass": shown_pass, "has_real": self.has_real},
                "seconds": sum(row["seconds"] for row in self.rows),
                "shots": len(self.rows),
                "can_undo": bool(self.before),
                "can_redo": bool(self.undone),
            },
            "shots": self.rows,
            "render": self.render,
            "to_render": 0 if self.render else len(waiting),
            "problem": None,
            "words_version": "1",
        }

    def _writing(
        self, verb: Callable[[Request, Any], dict[str, Any]], *, raw: bool = False
    ) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            data = await request.body()
            body = data if raw else json.loads(data or b"{}")
            with self.lock:
                self.asked.append((request.method, request.url.path, body))
                if self.refusal is not None:
                    (status, said), self.refusal = self.refusal, None
                    return JSONResponse(said, status_code=status)
                try:
                    return JSONResponse(verb(request, body))
                except _Refused as refused:
                    return JSONResponse(refused.said, status_code=refused.status)

        return answer

    def _keep(self) -> None:
        self.before.append(copy.deepcopy(self.rows))
        self.undone.clear()
        self.version += 1

    def _join(self) -> None:
        for place, row in enumerate(self.rows):
            row["joined"] = place > 0 and row["start"] == "continue"

    def _edit(self, request: Request, body: Any) -> dict[str, Any]:
        shot_id = request.path_params["id"]
        if shot_id not in self.order():
            raise _Refused(404, {"error": "gone", "message": "This shot was deleted meanwhile."})
        row = self.row(shot_id)
        theirs = {
            name: row[name]
            for name, value in body["changes"].items()
            if name in row and row[name] not in (body["was"].get(name), value)
        }
        if theirs:
            sentence = "Somebody else changed this shot meanwhile. Their text is kept."
            said = {"error": "changed-meanwhile", "message": sentence, "theirs": theirs, "version": self.version}
            raise _Refused(409, said)
        self._keep()
        row.update(body["changes"])
        row["version"] += 1
        self._join()
        return {"shot": row, "version": self.version}

    def _edit_several(self, request: Request, body: Any) -> dict[str, Any]:  # noqa: ARG002
        self._keep()
        for shot_id in body["ids"]:
            self.row(shot_id).update(body["changes"])
        self._join()
        return {"version": self.version}

    def _several(self, request: Request, body: Any) -> dict[str, Any]:
        self._keep()
        ids = body.get("ids", [])
        chosen = [row for row in self.rows if row["id"] in ids]
        others = [row for row in self.rows if row["id"] not in ids]
        made: list[Row] = []
        match request.path_params["verb"]:
            case "move":
                at = len(others) if body["before"] is None else [row["id"] for row in others].index(body["before"])
                self.rows = [*others[:at], *chosen, *others[at:]]
            case "delete":
                self.gone |= {row["id"]: (self.rows.index(row), row) for row in chosen}
                self.rows = others
            case "restore":
                for shot_id in ids:
                    place, row = self.gone.pop(shot_id)
                    self.rows.insert(place, row)
            case "duplicate":
                made = [self._new(**{**row, "take": None, "takes": 0}) for row in chosen]
                at = self.rows.index(chosen[-1]) + 1
                self.rows[at:at] = made
        self._join()
        return {"shots": made, "version": self.version}

    def _add(self, request: Request, body: Any) -> dict[str, Any]:  # noqa: ARG002
        self._keep()
        made = [self._new(**{name: said for name, said in shot.items() if said is not None}) for shot in body["shots"]]
        at = len(self.rows) if body["after"] is None else self.order().index(body["after"]) + 1
        self.rows[at:at] = made
        self._join()
        return {"shots": made, "version": self.version}

    def _new(self, **given: Any) -> Row:
        self.made += 1
        media = given.pop("media_id", None)
        fresh = {**row_of(3), "media": media, "shows": "picture" if media else "none", "name": "", **given}
        return {**fresh, "id": f"new{self.made}", "number": f"SH9{self.made:03d}"}

    def _undo(self, request: Request, body: Any) -> dict[str, Any]:  # noqa: ARG002
        return self._go_to(self.before, self.undone)

    def _redo(self, request: Request, body: Any) -> dict[str, Any]:  # noqa: ARG002
        return self._go_to(self.undone, self.before)

    def _go_to(self, source: list[list[Row]], target: list[list[Row]]) -> dict[str, Any]:
        if not source:
            raise _Refused(400, {"error": "nothing-to-undo", "message": "There is nothing to undo."})
        target.append(copy.deepcopy(self.rows))
        self.rows = source.pop()
        self.version += 1
        return {"kind": "edit-shot", "shot_ids": [], "version": self.version}

    def _render(self, request: Request, body: Any) -> dict[str, Any]:  # noqa: ARG002
        ids = body["shots"] or [row["id"] for row in self.rows if row["kind"] in ("stale", "never", "failed")]
        self.working(ids[0], 0.0)
        return {"id": "r1"}

    def _cancel(self, request: Request, body: Any) -> dict[str, Any]:  # noqa: ARG002
        self.render = None
        return {}

    def _picture(self, request: Request, body: bytes) -> dict[str, Any]:
        name = request.query_params["name"]
        if not body.startswith(b"\x89PNG"):
            raise _Refused(415, {"error": "no-picture", "message": "It is not a picture."})
        return {"media_id": f"sent {name}", "width": 64, "height": 64, "name": name, "remarks": []}

    def working(self, shot_id: str, share: float) -> None:
        """The generator is at a shot."""
        words = f"Rendering {self.row(shot_id)['number']}, step 3 of 12"
        self.render = {"id": "r1", "shot_id": shot_id, "phase": "sampling", "share": share, "left": "about 40 s"}
        self.render |= {"words": words, "preview": "/files/frames/4"}


class _Refused(Exception):
    def __init__(self, status: int, said: dict[str, Any]) -> None:
        super().__init__(said["message"])
        self.status = status
        self.said = said


def _frame(request: Request) -> Response:
    body = _painted(int(request.path_params["id"]))
    return Response(body, media_type="image/webp", headers={"cache-control": "max-age=3600"})


@functools.cache
def _painted(number: int) -> bytes:
    hue = number * 47 % 256
    sky = Image.linear_gradient("L").resize((320, 180))
    strength, light = sky.point(lambda v: 60 + v // 3), sky.point(lambda v: 240 - v // 2)
    picture = Image.merge("HSV", (Image.new("L", sky.size, hue), strength, light)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((210, 30, 250, 70), fill=(255, 244, 214))
    edge = 96 + number * 13 % 40
    hills = [(0, 180), (0, edge + 30), (90, edge), (170, edge + 44), (260, edge + 12), (320, 140), (320, 180)]
    draw.polygon(hills, fill=(24, 34, 46))
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=80)
    return file.getvalue()
