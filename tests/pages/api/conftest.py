"""The interface on a studio of the test's own; every answer is held against its description."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from pages.api.openapi import description
from pages.api.routes import api_routes, operations
from pages.serving.files import file_routes
from pages.serving.guard import OwnOriginOnly
from pages.session.database import settings
from tests.support.page_driver import use_studio


@functools.cache
def document() -> Any:
    """The description of the interface."""
    return description(operations())


class Interface:
    """Asks as another program does."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._document = document()
        self._templates = [(operation, operation.path.split("/")) for operation in operations()]

    def get(self, path: str, status: int = 200, **query: object) -> Any:
        """What is answered to a question."""
        return self._ask("GET", path, status, params=query)

    def post(self, path: str, body: object = None, status: int | None = None, **query: object) -> Any:
        """What is answered to an order; ``status`` is the one that its description has unless it is given."""
        return self._ask("POST", path, status, json={} if body is None else body, params=query)

    def patch(self, path: str, body: object, status: int | None = None, **query: object) -> Any:
        """What is answered to a change."""
        return self._ask("PATCH", path, status, json=body, params=query)

    def _ask(self, method: str, path: str, status: int | None, **asked: Any) -> Any:
        answer = self.client.request(method, path, **asked)
        described = self._described(method, path)
        if status is None:
            status = next(int(one) for one in described["responses"] if one < "300")
        assert answer.status_code == status, answer.text
        content = described["responses"][str(status)]["content"]["application/json"]["schema"]
        schema = {**content, "components": self._document["components"]}
        Draft202012Validator(schema).validate(answer.json())
        return answer.json()

    def _described(self, method: str, path: str) -> Any:
        steps = path.split("/")
        for operation, template in self._templates:
            same = len(steps) == len(template) and all(
                one == other or other == "{id}" for one, other in zip(steps, template, strict=True)
            )
            if same and operation.method == method:
                return self._document["paths"][operation.path][method.lower()]
        raise AssertionError(f"{method} {path} is not described")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser, or a program, at the interface."""
    use_studio(tmp_path, monkeypatch)
    settings().make_folders()
    routes = [*file_routes(), *api_routes()]
    with TestClient(
        Starlette(routes=routes, middleware=[Middleware(OwnOriginOnly)]), raise_server_exceptions=False
    ) as opened:
        yield opened


@pytest.fixture
def api(client: TestClient) -> Interface:
    """The interface as another program uses it."""
    return Interface(client)
