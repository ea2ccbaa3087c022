"""The description of the interface: whole, valid, and of exactly what is served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from pages.api.routes import api_routes, operations


@pytest.fixture
def document(client: TestClient) -> Any:
    return client.get("/api/openapi.json").json()


def values_of(key: str, within: Any) -> Iterator[Any]:
    """Everything that stands under ``key``, however deep."""
    if isinstance(within, dict):
        for name, value in within.items():
            if name == key:
                yield value
            yield from values_of(key, value)
    elif isinstance(within, list):
        for value in within:
            yield from values_of(key, value)


def test_everything_that_is_served_is_described_and_the_other_way_round(document: Any) -> None:
    described = {(method.upper(), path) for path, of in document["paths"].items() for method in of}
    served = {route.path for route in api_routes()} - {"/api/openapi.json", "/api/{rest:path}"}

    assert described == {(operation.method, operation.path) for operation in operations()}
    assert {path for _, path in described} == served


def test_every_operation_says_what_it_does_under_a_name_of_its_own(document: Any) -> None:
    described = [operation for of in document["paths"].values() for operation in of.values()]
    names = [operation["operationId"] for operation in described]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
    assert all(operation["summary"].endswith(".") for operation in described)


def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: Any) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert set(values_of("$ref", document)) <= known
    for schema in (*values_of("schema", document), *document["components"]["schemas"].values()):
        Draft202012Validator.check_schema(schema)


def test_every_place_in_an_address_is_described(document: Any) -> None:
    for path, of in document["paths"].items():
        for operation in of.values():
            places = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert places == set(re.findall(r"{(\w+)}", path))


def test_what_changes_something_says_what_it_takes_and_how_it_is_refused(document: Any) -> None:
    for of in document["paths"].values():
        for method, operation in of.items():
            assert ("requestBody" in operation) == (method != "get")
            assert {"400", "403", "404", "500", "503"} <= set(operation["responses"])
            assert {"413", "415"} <= set(operation["responses"]) or method == "get"


def test_what_is_described_is_there(client: TestClient) -> None:
    for operation in operations():
        path = operation.path.replace("{id}", "0" * 32)
        kind = "application/octet-stream" if operation.body is bytes else "application/json"
        sent = b"" if operation.method == "GET" else b"{}"
        answer = client.request(operation.method, path, content=sent, headers={"content-type": kind})

        assert answer.status_code in (200, 400, 404), path
        if answer.status_code == 200 and operation.kind != "application/json":
            continue
        found = answer.json()
        assert isinstance(found, list) or found.get("error") != "no-such-address", path
