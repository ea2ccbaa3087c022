"""The verbs of the JSON interface as tools."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pages.api.openapi import description
from pages.api.routes import operations
from projects.assistants.tools import Request, StudioTool, tools_of


@functools.cache
def document() -> Any:
    return description(operations())


def tool(name: str) -> StudioTool:
    return next(one for one in tools_of(document(), allow_changes=True) if one.name == name)


def test_without_leave_there_are_only_tools_that_read() -> None:
    reading = tools_of(document(), allow_changes=False)
    names = {one.name for one in reading}
    assert names > {"get_projects", "get_projects_board", "get_projects_guest_notes", "get_queue", "get_takes_frame"}
    assert not any(one.changes for one in reading)


def test_with_leave_there_is_every_verb_that_takes_no_file() -> None:
    without_files = [one for one in operations() if not one.takes_file]
    assert len(tools_of(document(), allow_changes=True)) == len(without_files)


@pytest.mark.parametrize("one", tools_of(document(), allow_changes=True), ids=lambda one: one.name)
def test_every_schema_stands_by_itself(one: StudioTool) -> None:
    Draft202012Validator.check_schema(one.input_schema)
    # A reference that leads nowhere is an error only once it is followed.
    for name in one.input_schema.get("$defs", {}):
        schema = {"$defs": one.input_schema["$defs"], "$ref": f"#/$defs/{name}"}
        assert isinstance(Draft202012Validator(schema).is_valid({}), bool)
    assert "#/components" not in str(one.input_schema)


def test_arguments_become_a_request() -> None:
    assert tool("get_projects_board").request({"id": "a/b", "pass": "real"}) == Request(
        "GET", "/api/projects/a%2Fb/board", {"pass": "real"}, None
    )
    assert tool("get_projects").request({"archived": True}) == Request(
        "GET", "/api/projects", {"archived": "true"}, None
    )
    assert tool("post_projects_undo").request({"id": "x"}) == Request("POST", "/api/projects/x/undo", {}, {})


def test_arguments_that_are_wrong_are_named() -> None:
    with pytest.raises(ValueError, match="there is no argument 'nmae'"):
        tool("get_projects").request({"nmae": 1})
    with pytest.raises(ValueError, match="'id' is missing"):
        tool("get_projects_board").request({})
