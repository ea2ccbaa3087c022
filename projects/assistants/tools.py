"""Turns the description of the JSON interface into tools, so that both have the same verbs. It asks nobody anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_JSON = "application/json"
_COMPONENTS, _DEFINITIONS = "#/components/schemas/", "#/$defs/"
_BODY = "body"
# The language of what is said comes with the connection.
_NOT_ASKED_FOR = ("lang",)


@dataclass(frozen=True)
class Request:
    """What is asked of the interface: ``body`` is None where nothing is sent."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass(frozen=True)
class StudioTool:
    """One verb: ``input_schema`` is the JSON schema of its arguments; ``changes`` says whether it changes anything."""

    name: str
    description: str
    input_schema: dict[str, Any]
    method: str
    path: str

    @property
    def changes(self) -> bool:
        """Whether it changes anything, or orders something."""
        return self.method != "GET"

    @property
    def removes(self) -> bool:
        """Whether something is gone afterwards, though it can be brought back."""
        return self.path.endswith(("/delete", "/clear", "/cancel"))

    def request(self, arguments: Mapping[str, Any]) -> Request:
        """What ``arguments`` come to. Raises ValueError, naming what is not known or lacks."""
        known = self.input_schema["properties"]
        if unknown := [name for name in arguments if name not in known]:
            raise ValueError(f"there is no argument '{unknown[0]}'; there is: {', '.join(known) or 'none'}")
        if lacking := [name for name in self.input_schema["required"] if name not in arguments]:
            raise ValueError(f"the argument '{lacking[0]}' is missing")
        path, query = self.path, {}
        for name, value in arguments.items():
            if name == _BODY:
                continue
            text = str(value).lower() if isinstance(value, bool) else str(value)
            place = f"{{{name}}}"
            if place in path:
                path = path.replace(place, quote(text, safe=""))
            elif value is not None:
                query[name] = text
        return Request(self.method, path, query, arguments.get(_BODY, {}) if self.changes else None)


def tools_of(document: Mapping[str, Any], *, allow_changes: bool) -> list[StudioTool]:
    """The tools that the interface of ``document`` (OpenAPI) comes to; without ``allow_changes`` those that only read.

    What takes or gives a file is left out but for pictures, which can be looked at.
    """
    schemas = document["components"]["schemas"]
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {})
            if (method == "get" or allow_changes) and (not body or _JSON in body):
                schema = _input_schema(operation, body.get(_JSON, {}).get("schema"), schemas)
                name, summary = operation["operationId"], operation["summary"]
                found.append(StudioTool(name, summary, schema, method.upper(), path))
    return found


def _input_schema(operation: Mapping[str, Any], body: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    for parameter in operation["parameters"]:
        if parameter["name"] in _NOT_ASKED_FOR:
            continue
        about = {"description": parameter["description"]} if parameter.get("description") else {}
        properties[parameter["name"]] = {**parameter["schema"], **about}
        if parameter["required"]:
            required.append(parameter["name"])
    if body is not None:
        properties[_BODY] = body
        if operation["requestBody"]["required"]:
            required.append(_BODY)
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    needed = _needed(schema, schemas)
    if needed:
        schema["$defs"] = {name: schemas[name] for name in needed}
    located: dict[str, Any] = _relocated(schema)
    return located


def _needed(schema: Any, schemas: Mapping[str, Any]) -> list[str]:
    """The names of the shared schemas that ``schema`` leads to, through others, too."""
    found: dict[str, None] = {}
    ahead = [schema]
    while ahead:
        for name in _referred(ahead.pop()):
            if name not in found:
                found[name] = None
                ahead.append(schemas[name])
    return list(found)


def _referred(within: Any) -> Iterator[str]:
    if isinstance(within, Mapping):
        for name, value in within.items():
            if name == "$ref" and isinstance(value, str):
                yield value.removeprefix(_COMPONENTS)
            else:
                yield from _referred(value)
    elif isinstance(within, list):
        for value in within:
            yield from _referred(value)


def _relocated(within: Any) -> Any:
    """``within`` with its references to shared schemas leading into it itself."""
    if isinstance(within, Mapping):
        return {
            name: value.replace(_COMPONENTS, _DEFINITIONS) if name == "$ref" else _relocated(value)
            for name, value in within.items()
        }
    return [_relocated(value) for value in within] if isinstance(within, list) else within
