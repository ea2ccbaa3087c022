"""The interface as a person asks it: somebody else's is as what never was, and the keeper's is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.api.asking import Operation
from pages.api.routes import api_routes, operations
from pages.serving.documents import document_routes
from pages.serving.files import file_routes
from pages.session.database import session, settings
from projects.database.tables import (
    Edit,
    Edition,
    Film,
    GuestLink,
    GuestNote,
    Media,
    PictureOrder,
    Project,
    Render,
    Shot,
    Stored,
    Take,
    Worker,
    new_id,
)
from projects.database.viewers import claim_media, viewing
from projects.queue.orders import add_order
from projects.storage.places import preview_path, take_path
from tests.support.page_driver import use_studio

ANN, BOB = "ann@example.org", "bob@example.org"
# What is not of a project: models, whose names everybody knows, and LoRAs, which all may use.
OF_THE_STUDIO = ("/api/models/{id}", "/api/loras/{id}")
KEEPERS = {
    *("GET /api/report", "POST /api/queue/pause", "POST /api/queue/resume", "POST /api/loras"),
    *("PATCH /api/loras/{id}", "POST /api/loras/{id}/delete", "POST /api/loras/{id}/restore"),
    *("POST /api/models/{id}/download", "POST /api/models/{id}/cancel"),
}
# By what stands before an id in addresses.
Ids = dict[str, str]


class People:
    """Ann and Bob, each with one project and one of each that belongs to it, and how Bob asks."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.ann, self.bob = client, owned_by(ANN), owned_by(BOB)

    def ask(self, method: str, address: str, body: object = None, person: str = BOB) -> Any:
        return self.client.request(method, address, json=body, headers={"x-person": person})

    def asked(self, operation: Operation[Any, Any], id: str, person: str = BOB) -> Any:
        """What an operation says of ``id``, asked with a body that can be."""
        shot = self.bob["shots"]
        known = {"name": "x", "changes": {}, "ended": True, "done": True, "shots": [{"prompt": "x"}], "words": "x"}
        known |= {"text": "x", "ids": [shot], "say": "begin", "seconds": 1.0, "at": 0.5, "n": 0, "to": shot}
        needed = [] if operation.takes_file else operation.body.model_json_schema().get("required", [])
        body = {name: known.get(name, shot) for name in needed} if operation.writes else None
        return self.ask(operation.method, operation.path.replace("{id}", id), body, person)


def owned_by(person: str) -> Ids:
    kinds = ("projects", "shots", "takes", "editions", "films", "renders", "guest-links", "guest-notes", "pictures")
    ids = {kind: new_id() for kind in kinds} | {kind: new_id() * 2 for kind in ("sounds", "media")}
    of, size = {"project_id": ids["projects"]}, {"height": 64, "width": 64}
    with viewing(person), session() as opened:
        opened.add(Project(id=ids["projects"], name=f"of {person}"))
        opened.flush()
        opened.add(Shot(id=ids["shots"], number=1, position=0, **of))
        opened.add(GuestLink(id=ids["guest-links"], name="x", word_hash=new_id(), may_note=True, **of))
        add_order(session=opened, render=Render(id=ids["renders"], shot_ids=[ids["shots"]], **of))
        take = {"shot_id": ids["shots"], "number": 1, "frames": 5, "fps": 30, "status": "done", **size}
        order = {"shot_id": ids["shots"], "model": "x", "prompt": "x", "count": 1, "seed": 1, **size}
        rows = [Take(id=ids["takes"], **take), Film(id=ids["films"], name="x", status="done", **of)]
        rows += [PictureOrder(id=ids["pictures"], **order, **of), Edition(id=ids["editions"], name="x", **of)]
        rows += [GuestNote(id=ids["guest-notes"], link_id=ids["guest-links"], author="x", text="x", **of)]
        rows += [Edit(number=1, kind="x", **of)]
        for medium, id in (("sound", ids["sounds"]), ("picture", ids["media"])):
            claim_media(opened, id)
            rows += [Media(id=id, name="x", kind="x/x", medium=medium, size_bytes=1, **size)]
        opened.add_all(rows)
        opened.commit()
    for path in (preview_path(settings(), ids["renders"]), take_path(settings(), ids["takes"])):
        path.write_bytes(b"x")
    return ids


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[People]:
    use_studio(tmp_path, monkeypatch)
    settings().make_folders()

    class Signed:
        """What the door does for whoever has signed in: here a header says who that is."""

        def __init__(self, app: ASGIApp) -> None:
            self._app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            with viewing(dict(scope.get("headers", [])).get(b"x-person", b"").decode() or None):
                await self._app(scope, receive, send)

    routes = [*document_routes(), *file_routes(), *api_routes()]
    with TestClient(Starlette(routes=routes, middleware=[Middleware(Signed)])) as client:
        yield People(client)


def all_rows() -> list[tuple[object, ...]]:
    with session() as opened:
        tables = [mapper.local_table for mapper in Stored._sa_registry.mappers]
        return [tuple(row) for table in tables for row in opened.execute(sa.select(table))]


def test_what_is_somebody_elses_is_as_what_never_was(people: People) -> None:
    before = all_rows()
    for operation in operations():
        path = operation.path
        if "{id}" not in path or path.startswith(OF_THE_STUDIO):
            continue
        id = people.ann[path.split("/")[2]]
        foreign, never = people.asked(operation, id), people.asked(operation, "0" * len(id))
        assert foreign.status_code == never.status_code == 404, (operation.method, path, foreign.text)
        assert foreign.text.replace(id, "0" * len(id)) == never.text, path
        if operation.method == "GET" and not path.endswith(("/frame", "/waveform", "/beats")):
            assert people.asked(operation, id, ANN).status_code != 404, path
    assert all_rows() == before


def test_what_is_the_keepers_is_refused_in_a_sentence(people: People) -> None:
    asked = {f"{one.method} {one.path}": people.asked(one, "0" * 64) for one in operations()}
    refused = {name: answer.json()["error"] for name, answer in asked.items() if answer.status_code == 403}
    assert refused == dict.fromkeys(KEEPERS, "keepers-only")


def test_lists_hold_what_is_ones_own(people: People) -> None:
    with session() as opened:
        at = {"render_id": people.ann["renders"], "shot_id": people.ann["shots"]}
        opened.exec(sa.update(Render).where(col(Render.id) == at["render_id"]).values(status="running"))
        opened.add(Worker(executor_id="w", device="cpu", pid=1, host="here", **at))
        opened.commit()
    (card,) = people.ask("GET", "/api/projects").json()
    assert card["id"] == people.bob["projects"]
    queue = people.ask("GET", "/api/queue").json()
    assert [one["id"] for one in queue["orders"] + queue["pictures"]] == [people.bob["renders"], people.bob["pictures"]]
    assert queue["others"] == 2
    assert [(one["order_id"], one["shot"], one["for_others"]) for one in queue["workers"]] == [(None, "", True)]
    assert people.ann["projects"] not in str(queue)
    everything = people.client.get("/api/queue").json()
    assert (len(everything["orders"]), everything["others"]) == (2, 0)


def test_ids_of_others_in_what_is_sent_are_as_those_that_never_were(people: People) -> None:
    mine, theirs = people.bob, people.ann
    project, shot, edition = (f"/api/{name}/{mine[name]}" for name in ("projects", "shots", "editions"))
    sent: list[tuple[str, str, object]] = [
        ("PATCH", shot, {"changes": {"media_id": theirs["media"]}}),
        ("PATCH", shot, {"changes": {"sounds": [{"media_id": theirs["sounds"]}]}}),
        ("POST", f"/api/takes/{mine['takes']}/frame", {"n": 0, "to": theirs["shots"]}),
        ("POST", f"{project}/renders", {"shots": [theirs["shots"]]}),
        ("POST", f"{project}/shots/delete", {"ids": [theirs["shots"]]}),
        ("POST", f"{project}/films", {"edition": theirs["editions"]}),
        ("PATCH", f"{edition}/shots", {"shot": theirs["shots"]}),
        ("GET", f"{edition}/differences?other={theirs['editions']}", None),
        ("POST", f"/api/renders/{mine['renders']}/move", {"before": theirs["renders"]}),
    ]
    for method, address, body in sent:
        (id,) = (one for one in theirs.values() if one in f"{address}{body}")
        never = (method, *(json.loads(json.dumps(said).replace(id, "0" * len(id))) for said in (address, body)))
        first, second = people.ask(*never), people.ask(method, address, body)
        assert first.status_code == second.status_code < 500, (address, first.text, second.text)
        assert second.status_code >= 400 or id not in second.text, second.text


@pytest.mark.parametrize("route", [*file_routes()[:-2], *document_routes()], ids=lambda route: route.path)
def test_files_of_others_are_not_there(people: People, route: Any) -> None:
    kind = route.path.split("/")[2]
    address = route.path.replace("{kind}", "csv") + ("?size=480" if kind == "media" else "")
    id = people.ann[kind]
    foreign, never = (people.ask("GET", address.replace("{id}", one)) for one in (id, "0" * len(id)))
    assert foreign.status_code == never.status_code == 404
    assert foreign.text.replace(id, "0" * len(id)) == never.text
    if route.path in ("/files/takes/{id}", "/files/renders/{id}/preview"):
        assert people.ask("GET", address.replace("{id}", id), person=ANN).status_code == 200


def test_who_moves_an_order_does_not_overtake_others(people: People) -> None:
    with viewing(ANN), session() as opened:
        render = Render(project_id=people.ann["projects"], shot_ids=[people.ann["shots"]])
        last = add_order(session=opened, render=render).id
        opened.commit()
    moved = people.ask("POST", f"/api/renders/{last}/move", {"before": people.ann["renders"]}, ANN)
    assert moved.status_code == 200
    found = [one["id"] for one in people.client.get("/api/queue").json()["orders"]]
    assert found == [last, people.bob["renders"], people.ann["renders"]]
