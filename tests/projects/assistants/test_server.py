"""The tools over real standard input and output, by the protocol's own client, on a running studio."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from mcp import Client, StdioServerParameters

from projects.settings import CHECKOUT
from tests.support.running_studio import Studio, free_port, running_studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running_studio(tmp_path_factory.mktemp("home")) as one:
        yield one


def on_a_thread_of_its_own(talk: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What ``talk`` gives; on this thread a browser of another test may have a loop that runs."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(anyio.run, talk).result()


def assistant(studio: Studio, *further: str) -> StdioServerParameters:
    port = str(urlsplit(studio.url).port)
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "projects", "mcp", "--port", port, *further],
        cwd=CHECKOUT,
        env={**os.environ, "STUDIO_HOME": str(studio.settings.home)},
    )


def test_an_assistant_reads_the_studio_and_changes_nothing(studio: Studio) -> None:
    async def talk() -> tuple[list[Any], Any, Any, Any]:
        async with Client(assistant(studio)) as client:
            tools = (await client.list_tools()).tools
            projects = await client.call_tool("get_projects", {})
            made = await client.call_tool("post_projects", {"body": {"name": "Mine"}})
            missing = await client.call_tool("get_projects_board", {"id": "nothing"})
            return tools, projects, made, missing

    tools, projects, made, missing = on_a_thread_of_its_own(talk)
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert "get_projects_board" in {tool.name for tool in tools}
    (example,) = projects.structured_content["result"]
    assert example["name"]
    assert made.is_error
    assert "--allow-changes" in made.content[0].text
    assert missing.is_error
    assert "no such project" in missing.content[0].text.lower()


def test_with_leave_it_makes_a_project_and_a_shot_that_can_be_undone(studio: Studio) -> None:
    async def talk() -> tuple[Any, Any, Any]:
        async with Client(assistant(studio, "--allow-changes")) as client:
            made = (await client.call_tool("post_projects", {"body": {"name": "Tides"}})).structured_content
            shots = {"shots": [{"prompt": "A wave."}]}
            added = await client.call_tool("post_projects_shots", {"id": made["id"], "body": shots})
            undone = await client.call_tool("post_projects_undo", {"id": made["id"]})
            return made, added, undone

    made, added, undone = on_a_thread_of_its_own(talk)
    assert made["name"] == "Tides"
    assert not added.is_error, added.content
    assert not undone.is_error


def test_without_a_studio_it_says_how_to_start_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "projects", "mcp", "--port", str(free_port())]
    environment = {**os.environ, "STUDIO_HOME": str(tmp_path)}
    ended = subprocess.run(
        command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "serve start --background" in ended.stderr
