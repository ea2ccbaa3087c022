"""Whatever stands where an id does in an address, and whatever a program sends, nothing but a refusal comes of it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from pages.api.routes import operations
from pages.serving.documents import document_routes
from pages.serving.files import file_routes
from pages.session.database import settings

IDS = (
    *("..%2f..%2fstudio.db", "%2e%2e", "..%5c..%5cstudio.db", "%2fetc%2fpasswd", "%00", "a%0d%0ab: c"),
    *("' OR 1=1 --", "%25s", "C:%5cx", "x" * 5000, "%ed%a0%80", "file:%2f%2f%2fetc%2fpasswd", "0" * 32, "0" * 64),
)
FILES = sorted({route.path for route in file_routes() if "{id}" in route.path})


@pytest.mark.parametrize("path", FILES)
def test_no_file_is_had_by_another_name_than_its_id(client: TestClient, path: str) -> None:
    (settings().home / "secret.txt").write_text("secret", encoding="utf-8")
    for id in IDS:
        answer = client.get(path.replace("{id}", id))
        if path == "/files/loras/{id}" and id == "0" * 64:
            assert answer.headers["content-type"] == "image/svg+xml"  # what stands for any LoRA without a picture
            continue
        assert answer.status_code == 404, (path, id)
        assert "secret" not in answer.text
        assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("operation", [one for one in operations() if "{id}" in one.path], ids=lambda one: one.path)
def test_no_id_makes_the_interface_do_or_show_anything(client: TestClient, operation: object) -> None:
    method, path = operation.method, operation.path  # type: ignore[attr-defined]
    for id in IDS:
        sent = {} if method == "GET" else {"content": b"{}", "headers": {"content-type": "application/json"}}
        answer = client.request(method, path.replace("{id}", id), **sent)
        assert 400 <= answer.status_code < 500, (method, path, id, answer.text)
        assert "Traceback" not in answer.text
        assert "sqlite" not in answer.text.lower()


def test_documents_are_made_for_projects_only() -> None:
    assert [route.path for route in document_routes()] == ["/files/projects/{id}/documents/{kind}"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"name": ' + b"9" * 5000 + b"}",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
        b"\xff\xfe{}",
        b'{"name": "a", "__proto__": {}, "name": "b"}',
    ],
    ids=["brackets", "objects", "digits", "nan", "half a letter", "nothing", "utf-16", "stranger"],
)
def test_no_json_brings_it_down(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/projects", content=body, headers={"content-type": "application/json"})
    assert answer.status_code < 500, answer.text
    assert client.get("/api/projects").status_code == 200
