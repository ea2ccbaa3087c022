"""Imports go pages -> projects -> framepack and never back, and what serves pages never loads torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TORCH_FREE = {
    *(
        "checkpoints",
        "errors",
        "identity",
        "keys",
        "memory",
        "pictures",
        "presets",
        "process_environment",
        "request",
        "section_store",
        "sections",
        "video",
    )
}
ONLY_IN_THE_WORKER = {"worker", "workflows"}
WEB = {"streamlit", "starlette", "uvicorn"}


def imports_of(file: Path) -> set[str]:
    """The dotted names of all that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files_of(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def roots(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("file", files_of("framepack"), ids=lambda file: file.name)
def test_the_engine_knows_nothing_of_projects_pages_or_databases(file: Path) -> None:
    assert not roots(imports_of(file)) & ({"projects", "pages", "studio_app", "sqlmodel", "sqlalchemy", "dbos"} | WEB)


@pytest.mark.parametrize("file", files_of("projects"), ids=lambda file: file.name)
def test_the_domain_knows_nothing_of_pages(file: Path) -> None:
    assert not roots(imports_of(file)) & ({"pages", "studio_app"} | WEB)


@pytest.mark.parametrize("file", files_of("projects"), ids=lambda file: file.name)
def test_the_domain_takes_only_torch_free_parts_of_the_engine_outside_the_worker(file: Path) -> None:
    if file.stem in ONLY_IN_THE_WORKER:
        return
    parts = {name.split(".")[1] for name in imports_of(file) if name.startswith("framepack.")}
    assert parts <= TORCH_FREE
    assert not roots(imports_of(file)) & {"torch", "diffusers", "transformers", "accelerate"}


@pytest.mark.parametrize("file", [*files_of("pages"), ROOT / "studio_app.py"], ids=lambda file: file.name)
def test_pages_load_nothing_of_the_engine_but_its_torch_free_parts(file: Path) -> None:
    parts = {name.split(".")[1] for name in imports_of(file) if name.startswith("framepack.")}
    assert parts <= TORCH_FREE
    assert not roots(imports_of(file)) & {"torch", "diffusers", "transformers", "accelerate"}


def test_loading_the_domain_and_the_torch_free_parts_of_the_engine_leaves_torch_unloaded() -> None:
    modules = [f"framepack.{name}" for name in sorted(TORCH_FREE)]
    modules += [f"projects.{file.stem}" for file in sorted((ROOT / "projects").glob("[a-z]*.py"))]
    modules = [name for name in modules if name.split(".")[1] not in ONLY_IN_THE_WORKER]
    program = "import sys\n" + "".join(f"import {name}\n" for name in modules)
    program += "sys.exit(1 if {'torch', 'diffusers', 'transformers', 'streamlit'} & set(sys.modules) else 0)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
