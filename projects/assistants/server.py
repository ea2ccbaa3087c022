"""Speaks the Model Context Protocol on standard input and output: lists the studio's verbs as tools, and calls them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from projects.assistants.studio import Answer, Studio, StudioAway
from projects.assistants.tools import StudioTool, tools_of
from projects.messages import in_english

NAME = "framepack-studio"
_ABOUT = (
    "A storyboard studio on this computer: projects of shots, each with a picture, a sentence and a length, are "
    "rendered to takes and joined to films. Begin with get_projects; a project's board has its shots and what is out "
    "of date."
)


def serve_tools(url: str, token: str | None, *, allow_changes: bool) -> None:
    """Serve the tools of the studio at ``url`` until standard input ends. Raises StudioAway where none answers.

    ``token`` is what a studio that is shared lets programs in by.
    """
    anyio.run(_serve, url, token, allow_changes)


async def _serve(url: str, token: str | None, allow_changes: bool) -> None:
    studio = Studio(url, token)
    try:
        tools = tools_of(await studio.description(), allow_changes=allow_changes)
        server = _server(studio, tools)
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())
    finally:
        await studio.close()


def _server(studio: Studio, tools: Sequence[StudioTool]) -> Server[Any]:
    by_name = {tool.name: tool for tool in tools}

    async def list_tools(
        context: ServerRequestContext[Any],  # noqa: ARG001
        params: PaginatedRequestParams | None,  # noqa: ARG001
    ) -> ListToolsResult:
        return ListToolsResult(tools=[_listed(tool) for tool in tools])

    async def call_tool(
        context: ServerRequestContext[Any],  # noqa: ARG001
        params: CallToolRequestParams,
    ) -> CallToolResult:
        tool = by_name.get(params.name)
        if tool is None:
            return _refused(f"There is no tool '{params.name}' here; what changes something needs --allow-changes.")
        try:
            return _result(await studio.ask(tool.request(params.arguments or {})))
        except ValueError as wrong:
            return _refused(f"{tool.name}: {wrong}.")
        except StudioAway as away:
            return _refused(in_english(away.message))

    return Server(NAME, instructions=_ABOUT, on_list_tools=list_tools, on_call_tool=call_tool)


def _listed(tool: StudioTool) -> Tool:
    hints = ToolAnnotations(
        read_only_hint=not tool.changes, destructive_hint=tool.removes if tool.changes else False, open_world_hint=False
    )
    return Tool(name=tool.name, description=tool.description, input_schema=tool.input_schema, annotations=hints)


def _result(answer: Answer) -> CallToolResult:
    if answer.failed:
        return _refused(answer.said)
    if answer.kind.startswith("image/"):
        picture = base64.b64encode(answer.content).decode("ascii")
        return CallToolResult(content=[ImageContent(data=picture, mime_type=answer.kind)])
    said = answer.said
    values = json.loads(said)
    # Clients that read more than text take an object only.
    structured = values if isinstance(values, dict) else {"result": values}
    return CallToolResult(content=[TextContent(text=said)], structured_content=structured)


def _refused(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=sentence)], is_error=True)
