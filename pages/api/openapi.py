"""The description of the interface for other programs (OpenAPI 3.1), made from the table of what it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from pages.api.answers import Problem
from pages.api.asking import Operation

ADDRESS = "/api/openapi.json"
VERSION = "1"
_ABOUT = (
    "Projects, shots, takes, renders and films of the studio on this computer: everything that its own pages do. "
    "Whatever changes something is sent as application/json, also where nothing but {} is to be sent. Every edit of a "
    "project is kept in its journal and can be undone."
)
_PLACE = re.compile(r"{(\w+)}")
_REFUSALS = {
    400: "It cannot be done as it was asked.",
    403: "The request comes from another page, or a person asks for what only the keeper of the studio may do.",
    404: "There is no such thing, or it was deleted.",
    413: "What was sent is too long.",
    415: "What was sent is not of the kind that is needed.",
    500: "Something unforeseen happened.",
    503: "The database, or the disk, cannot be used at the moment.",
}


def description(operations: Sequence[Operation[Any, Any]]) -> dict[str, Any]:
    """The whole document."""
    adapters = {(name, mode): adapter for name, mode, adapter in _used(operations)}
    inputs = [(name, mode, adapter) for (name, mode), adapter in adapters.items()]
    schemas, shared = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "FramePack studio", "version": VERSION, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": shared.get("$defs", {})},
    }


def _used(operations: Iterable[Operation[Any, Any]]) -> Iterator[tuple[str, JsonSchemaMode, TypeAdapter[Any]]]:
    yield "problem", "serialization", TypeAdapter(Problem)
    for operation in operations:
        name = _name(operation)
        yield name, "serialization", operation.adapter
        if operation.conflicts is not None:
            yield f"{name} conflict", "serialization", TypeAdapter(operation.conflicts)
        if not operation.takes_file:
            yield name, "validation", TypeAdapter(operation.body)


def _described(operation: Operation[Any, Any], schemas: dict[tuple[str, JsonSchemaMode], Any]) -> dict[str, Any]:
    name = _name(operation)
    problem = _json(schemas["problem", "serialization"])
    refusals = {str(status): {"description": text, "content": problem} for status, text in _REFUSALS.items()}
    if not operation.writes:
        refusals = {status: refusals[status] for status in ("400", "403", "404", "500", "503")}
    done = {"description": "It was done." if operation.writes else "What was asked for."}
    answer: dict[str, Any] = {**done, "content": _content(operation, schemas[name, "serialization"])}
    described: dict[str, Any] = {
        "operationId": name,
        "summary": operation.summary,
        "parameters": [*_places(operation), *_questions(operation.query)],
        "responses": {str(operation.status): answer, **refusals},
    }
    if operation.conflicts is not None:
        conflict = _json(schemas[f"{name} conflict", "serialization"])
        described["responses"]["409"] = {"description": "Somebody changed the same meanwhile.", "content": conflict}
    if operation.takes_file:
        file = {"type": "string", "format": "binary"}
        described["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": file}}}
    elif operation.writes:
        needed = bool(operation.body.model_json_schema().get("required"))
        described["requestBody"] = {"required": needed, "content": _json(schemas[name, "validation"])}
    return described


def _content(operation: Operation[Any, Any], schema: Any) -> dict[str, Any]:
    if operation.answers is bytes:
        return {operation.kind: {"schema": {"type": "string", "format": "binary"}}}
    return _json(schema)


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _name(operation: Operation[Any, Any]) -> str:
    """``GET /api/shots/{id}/takes`` is "get_shots_takes"."""
    steps = [step for step in operation.path.split("/")[2:] if not _PLACE.fullmatch(step)]
    one = "_of_one" if operation.path.endswith("}") else ""
    return "_".join([operation.method.lower(), *steps]).replace("-", "_") + one


def _places(operation: Operation[Any, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PLACE.findall(operation.path)
    ]


def _questions(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema()
    asked = []
    for name, of in cast("dict[str, dict[str, Any]]", schema["properties"]).items():
        about = of.pop("description", "")
        asked.append({"name": name, "in": "query", "required": False, "description": about, "schema": of})
    return asked
