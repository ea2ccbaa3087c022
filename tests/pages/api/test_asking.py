"""Who may ask and what may be sent: every refusal is one sentence in JSON, and nothing foreign changes anything."""

from __future__ import annotations

import logging

import pytest
from starlette.testclient import TestClient

from pages.api.asking import MOST_JSON_BYTES
from pages.session.database import session, settings
from projects.database.tables import Shot, Take
from projects.storage.pictures import add_picture
from projects.storage.places import take_path
from projects.storyboard.shots import attach_image
from tests.pages.api.conftest import Interface
from tests.support.plain_pictures import png

JSON = {"content-type": "application/json"}


def test_a_field_that_is_not_known_is_refused_by_its_name(api: Interface) -> None:
    assert api.post("/api/projects", {"name": "A", "colour": "red"}, 400) == {
        "error": "field-unknown",
        "message": "There is no “colour” here.",
        "field": "colour",
    }
    assert api.get("/api/projects", 400, sorted="yes")["error"] == "field-unknown"


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({}, "field-missing", "name"),
        ({"name": 3}, "has-to-be-text", "name"),
        ({"name": None}, "has-to-be-text", "name"),
        ({"name": "A" * 20_001}, "field-too-long", "name"),
        ([], "has-to-be-object", None),
        ("A", "has-to-be-object", None),
        ({"name": "  "}, "project-unnamed", None),
        ({"name": "A" * 201}, "project-name-too-long", None),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_a_sentence(
    api: Interface, body: object, error: str, field: str | None
) -> None:
    refused = api.post("/api/projects", body, 400)

    assert (refused["error"], refused["field"]) == (error, field)
    assert refused["message"].endswith(".")


@pytest.mark.parametrize("sent", [b"{", b'{"name": "A"', b"name=A", b'{"name": "\xff"}', b'{"name": "\\ud800"}'])
def test_what_is_no_json_is_refused(client: TestClient, sent: bytes) -> None:
    answer = client.post("/api/projects", content=sent, headers=JSON)

    assert (answer.status_code, answer.json()["error"]) == (400, "body-not-json")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_nothing_that_a_form_of_another_page_can_send_is_taken(client: TestClient, kind: str) -> None:
    sent = b'{"name": "A"}'

    assert client.post("/api/projects", content=sent, headers={"content-type": kind}).status_code == 415
    assert client.post("/api/pictures", content=sent, headers={"content-type": kind}).status_code == 415
    assert client.get("/api/projects").json() == []


def test_what_says_nothing_of_its_kind_is_not_taken(client: TestClient) -> None:
    answer = client.post("/api/projects/none/undo")

    assert (answer.status_code, answer.json()["error"]) == (415, "body-not-of-json")


def test_what_is_too_long_is_refused_also_where_its_length_is_not_said(client: TestClient) -> None:
    long = b'{"name": "' + b"A" * MOST_JSON_BYTES + b'"}'
    pieces = (long[place : place + 4096] for place in range(0, len(long), 4096))
    for answer in (
        client.post("/api/projects", content=long, headers=JSON),
        client.post("/api/projects", content=pieces, headers=JSON),
    ):
        assert (answer.status_code, answer.json()["error"]) == (413, "body-too-long")
        assert answer.json()["message"] == "What was sent is longer than 256 kB, the most that is taken."


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://else.example", "null"])
def test_a_page_of_another_origin_changes_nothing(client: TestClient, origin: str) -> None:
    answer = client.post("/api/projects", json={"name": "A"}, headers={"origin": origin})

    assert answer.status_code == 403
    assert client.get("/api/projects").json() == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", "whatever"])
def test_what_a_browser_says_comes_from_another_page_is_refused_reading_too(client: TestClient, site: str) -> None:
    headers = {"sec-fetch-site": site}

    assert client.get("/api/projects", headers=headers).json()["error"] == "not-own-page"
    assert client.post("/api/projects", json={"name": "A"}, headers=headers).status_code == 403
    assert client.get("/api/projects").json() == []


def test_the_studios_own_page_and_an_address_that_is_typed_are_answered(client: TestClient) -> None:
    own = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}

    assert client.post("/api/projects", json={"name": "A"}, headers=own).status_code == 201
    assert len(client.get("/api/projects", headers={"sec-fetch-site": "none"}).json()) == 1


def test_an_address_that_is_none_and_a_method_that_it_has_not_are_said_so_in_json(client: TestClient) -> None:
    nowhere = client.get("/api/nothing/here")
    put = client.put("/api/projects", json={})

    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "no-such-address")
    assert (put.status_code, put.json()["message"]) == (405, "This address does not take PUT.")


def test_what_was_never_there_is_not_found_and_what_was_deleted_can_come_back(api: Interface) -> None:
    made = api.post("/api/projects", {"name": "A"})["id"]
    api.post(f"/api/projects/{made}/delete")

    assert api.get(f"/api/projects/{'0' * 32}", 404)["error"] == "not-found"
    assert api.get(f"/api/projects/{made}", 404)["error"] == "gone"
    assert api.post(f"/api/projects/{made}/restore")["name"] == "A"


@pytest.fixture
def broken(api: Interface) -> str:
    """A project whose board cannot be read, since a take of its shot has keys that no version of the studio writes."""
    project = str(api.post("/api/projects", {"name": "A"})["id"])
    shot = api.post(f"/api/projects/{project}/shots", {"shots": [{"prompt": "Waves."}]})["shots"][0]["id"]
    with session() as opened:
        media = add_picture(session=opened, settings=settings(), data=png(64, 64), name="a.png").media
        attach_image(session=opened, shot_id=shot, media_id=media.id)
        take = Take(shot_id=shot, number=1, status="done", keys=[["only one"]], frames=9, width=64, height=64, fps=30)
        opened.add(take)
        opened.commit()
    take_path(settings(), take.id).write_bytes(b"a take")
    return shot


def test_a_fault_that_nobody_foresaw_is_answered_with_a_sentence_and_logged(
    api: Interface, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = api.get(f"/api/shots/{broken}", 500)

    assert answer["message"].startswith("Something unforeseen happened (ValueError).")
    assert "not enough values to unpack" in caplog.text


def test_nothing_is_kept_of_what_failed_halfway(api: Interface, broken: str) -> None:
    api.patch(f"/api/shots/{broken}", {"changes": {"prompt": "Storm."}}, 500)

    with session() as opened:
        assert opened.get_one(Shot, broken).prompt == "Waves."


def test_a_database_that_cannot_be_used_is_said_so(client: TestClient) -> None:
    client.get("/api/projects")
    settings().database_file.write_bytes(b"no database at all, but a text that is long enough to be looked at" * 99)
    answer = client.get("/api/projects")

    assert answer.status_code == 503
    assert "cannot be used" in answer.json()["message"]


def test_no_answer_is_kept_by_a_browser(client: TestClient) -> None:
    assert client.get("/api/projects").headers["cache-control"] == "no-store"
    assert client.get("/api/nothing").headers["cache-control"] == "no-store"
