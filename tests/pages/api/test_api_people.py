"""The interface as a person asks it: somebody else's is as what never was, and the keeper's is refused."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.api.asking import Operation
from pages.api.routes import api_routes, operations
from pages.serving.documents import document_routes
from pages.serving.files import file_routes
from pages.session.database import session, settings
from projects.database.tables import Film, Project, Render, Stored, Take
from projects.database.viewers import viewing
from projects.films.editions import create_edition
from projects.guests.links import NewLink, make_link
from projects.guests.notes import NewNote, add_note
from projects.queue.orders import add_order
from projects.sound.files import add_sound
from projects.storage.pictures import add_picture
from projects.storage.places import preview_path, take_path
from projects.storyboard.journal import journaled
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.page_driver import png, use_studio
from tests.support.sounds import tone, write_sound
from tests.support.waiting_pictures import waiting_pictures

ANN, BOB = "ann@example.org", "bob@example.org"
# What is not of a project: models, whose names everybody knows, and LoRAs, which all may use.
OF_THE_STUDIO = ("/api/models/{id}", "/api/loras/{id}")
KEEPERS = {
    *("GET /api/report", "POST /api/queue/pause", "POST /api/queue/resume", "POST /api/loras"),
    *("PATCH /api/loras/{id}", "POST /api/loras/{id}/delete", "POST /api/loras/{id}/restore"),
    *("POST /api/models/{id}/download", "POST /api/models/{id}/cancel"),
}


class As:
    """What the door does for whoever has signed in: here a header says who that is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        person = dict(scope.get("headers", [])).get(b"x-person", b"").decode() or None
        with viewing(person):
            await self._app(scope, receive, send)


@dataclass(frozen=True)
class Owned:
    """One project of a person, with one of each that belongs to it, by what stands before its id in addresses."""

    ids: dict[str, str]

    def asked(self, client: TestClient, operation: Operation[Any, Any], id: str, person: str) -> Any:
        """What an operation says of ``id``; its body, where it takes one, is one that can be."""
        headers = {"x-person": person}
        address = operation.path.replace("{id}", id)
        if operation.method == "GET":
            return client.get(address, headers=headers)
        if operation.takes_file:
            return client.post(address, content=b"x", headers=headers | {"content-type": "application/octet-stream"})
        return client.request(operation.method, address, json=self._body(operation), headers=headers)

    def _body(self, operation: Operation[Any, Any]) -> dict[str, Any]:
        known = {
            **{"name": "x", "changes": {}, "ended": True, "done": True, "shots": [{"prompt": "x"}], "words": "x"},
            **{"text": "x", "ids": [self.ids["shots"]], "say": "begin", "seconds": 1.0, "at": 0.5, "n": 0},
            **{"to": self.ids["shots"], "shot": self.ids["shots"]},
        }
        needed = operation.body.model_json_schema().get("required", [])
        return {name: known[name] for name in needed}


def owned_by(person: str, folder: Path, hertz: float) -> Owned:
    used = settings()
    with viewing(person), session() as opened:
        project = create_project(session=opened, name=f"of {person}")
        with journaled(session=opened, project_id=project.id, kind="add-shots"):
            (shot,) = add_shots(session=opened, project_id=project.id, new=[NewShot(prompt="The sea.")])
        sound = add_sound(session=opened, settings=used, file=write_sound(folder / "a.wav", tone(1, hertz)), name="a")
        render = add_order(session=opened, render=Render(project_id=project.id, shot_ids=[shot.id]))
        facts = {"frames": 5, "width": 64, "height": 64, "fps": 30, "status": "done", "keys": [["a" * 64, 5]]}
        take = Take(shot_id=shot.id, number=1, **facts)
        film = Film(project_id=project.id, name="x", status="done")
        opened.add_all([take, film])
        edition = create_edition(session=opened, project_id=project.id, name="x")
        link, _ = make_link(session=opened, project_id=project.id, wanted=NewLink("x", 7, may_note=True))
        note = add_note(session=opened, link=link, wanted=NewNote(shot.id, "x", "x"))
        pictures = waiting_pictures(opened, shot)
        picture = add_picture(session=opened, settings=used, data=png(64, 48 + int(hertz) % 9), name="x").media
        opened.commit()
        for file in (preview_path(used, render.id), take_path(used, take.id)):
            file.write_bytes(b"x")
        return Owned(
            {
                **{"projects": project.id, "shots": shot.id, "takes": take.id, "editions": edition.id},
                **{"renders": render.id, "films": film.id, "sounds": sound.id, "pictures": pictures},
                **{"guest-links": link.id, "guest-notes": note.id, "media": picture.id},
            }
        )


@dataclass(frozen=True)
class People:
    client: TestClient
    ann: Owned
    bob: Owned


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[People]:
    use_studio(tmp_path, monkeypatch)
    settings().make_folders()
    routes = [*document_routes(), *file_routes(), *api_routes()]
    with TestClient(Starlette(routes=routes, middleware=[Middleware(As)]), raise_server_exceptions=False) as client:
        yield People(client, owned_by(ANN, tmp_path, 440.0), owned_by(BOB, tmp_path, 880.0))


def kind_of(path: str) -> str:
    return path.split("/")[2]


@functools.cache
def of_one() -> tuple[Operation[Any, Any], ...]:
    return tuple(one for one in operations() if "{id}" in one.path and not one.path.startswith(OF_THE_STUDIO))


def rows_of_ann() -> list[tuple[object, ...]]:
    with session() as opened:
        tables = [mapper.local_table for mapper in Stored._sa_registry.mappers]
        return [tuple(row) for table in tables for row in opened.execute(sa.select(table))]


def test_what_is_somebody_elses_is_as_what_never_was(people: People) -> None:
    before = rows_of_ann()
    for operation in of_one():
        kind = kind_of(operation.path)
        missing = "0" * (64 if kind == "sounds" else 32)
        foreign = people.bob.asked(people.client, operation, people.ann.ids[kind], BOB)
        never = people.bob.asked(people.client, operation, missing, BOB)
        assert foreign.status_code == never.status_code == 404, (operation.method, operation.path, foreign.text)
        assert foreign.text.replace(people.ann.ids[kind], missing) == never.text, operation.path
    assert rows_of_ann() == before


def test_who_owns_it_is_answered_otherwise(people: People) -> None:
    for operation in of_one():
        if operation.method == "GET":
            answer = people.ann.asked(people.client, operation, people.ann.ids[kind_of(operation.path)], ANN)
            assert answer.status_code != 404 or "/frame" in operation.path, (operation.path, answer.text)


def test_what_is_the_keepers_is_refused_in_a_sentence(people: People) -> None:
    refused = set()
    for operation in operations():
        answer = people.bob.asked(people.client, operation, "0" * 64, BOB)
        if answer.status_code == 403:
            assert answer.json()["error"] == "keepers-only"
            assert answer.json()["message"].startswith("Only whoever runs this studio ")
            refused.add(f"{operation.method} {operation.path}")
    assert refused == KEEPERS


def test_lists_hold_what_is_ones_own(people: People) -> None:
    asked = {"headers": {"x-person": BOB}}
    (card,) = people.client.get("/api/projects", **asked).json()
    assert card["id"] == people.bob.ids["projects"]
    queue = people.client.get("/api/queue", **asked).json()
    assert [one["id"] for one in queue["orders"]] == [people.bob.ids["renders"]]
    assert [one["id"] for one in queue["pictures"]] == [people.bob.ids["pictures"]]
    assert queue["others"] == 2
    assert people.ann.ids["projects"] not in str(queue)
    everything = people.client.get("/api/queue").json()
    assert (len(everything["orders"]), everything["others"]) == (2, 0)
    assert len(people.client.get("/api/projects").json()) == 2


def test_ids_of_others_in_what_is_sent_are_as_those_that_never_were(people: People) -> None:
    mine, theirs = people.bob.ids, people.ann.ids
    sent = [
        ("PATCH", f"/api/shots/{mine['shots']}", {"changes": {"media_id": theirs["media"]}}),
        ("PATCH", f"/api/shots/{mine['shots']}", {"changes": {"sounds": [{"media_id": theirs["sounds"]}]}}),
        ("POST", f"/api/takes/{mine['takes']}/frame", {"n": 0, "to": theirs["shots"]}),
        ("POST", f"/api/projects/{mine['projects']}/renders", {"shots": [theirs["shots"]]}),
        ("POST", f"/api/projects/{mine['projects']}/shots/delete", {"ids": [theirs["shots"]]}),
        ("POST", f"/api/projects/{mine['projects']}/films", {"edition": theirs["editions"]}),
        ("PATCH", f"/api/editions/{mine['editions']}/shots", {"shot": theirs["shots"]}),
        ("POST", f"/api/renders/{mine['renders']}/move", {"before": theirs["renders"]}),
    ]
    sent += [("GET", f"/api/editions/{mine['editions']}/differences?other={theirs['editions']}", {})]
    for method, address, body in sent:
        (id,) = (one for one in theirs.values() if one in f"{address}{body}")
        missing = "0" * len(id)
        never = json.loads(json.dumps(body).replace(id, missing))
        asked = {"headers": {"x-person": BOB}}
        first = people.client.request(method, address.replace(id, missing), json=never, **asked)
        second = people.client.request(method, address, json=body, **asked)
        assert first.status_code == second.status_code, (address, first.text, second.text)
        assert first.status_code < 500, first.text
        assert second.status_code >= 400 or id not in second.text, second.text


@pytest.mark.parametrize("route", [*file_routes()[:-2], *document_routes()], ids=lambda route: route.path)
def test_files_of_others_are_not_there(people: People, route: Any) -> None:
    path = route.path.replace("{kind}", "csv")
    kind = path.split("/")[2]
    sizes = "?size=480" if kind == "media" or path.endswith("/frame") else ""
    foreign, never = (
        people.client.get(f"{path.replace('{id}', id)}{sizes}", headers={"x-person": BOB})
        for id in (people.ann.ids[kind], "0" * len(people.ann.ids[kind]))
    )
    assert foreign.status_code == never.status_code == 404
    assert foreign.text.replace(people.ann.ids[kind], "0" * len(people.ann.ids[kind])) == never.text
    if path in ("/files/takes/{id}", "/files/renders/{id}/preview", "/files/media/{id}"):
        own = people.client.get(f"{path.replace('{id}', people.ann.ids[kind])}{sizes}", headers={"x-person": ANN})
        assert own.status_code == 200


def test_a_person_that_moves_an_order_does_not_overtake_others(people: People) -> None:
    with viewing(ANN), session() as opened:
        project = opened.get_one(Project, people.ann.ids["projects"])
        last = add_order(session=opened, render=Render(project_id=project.id, shot_ids=[people.ann.ids["shots"]]))
        opened.commit()
    sent = {"json": {"before": people.ann.ids["renders"]}, "headers": {"x-person": ANN}}
    assert people.client.post(f"/api/renders/{last.id}/move", **sent).status_code == 200
    found = [one["id"] for one in people.client.get("/api/queue").json()["orders"]]
    assert found == [last.id, people.bob.ids["renders"], people.ann.ids["renders"]]
