"""What is imported is named in the requirements, and what is named is imported or says why it is there."""

from __future__ import annotations

import ast
import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = {"framepack", "projects", "pages", "training", "tests", "studio_app", "turns", "examples", "docs", "benchmarks"}
# What libraries load by themselves where it is installed, and what waits for its feature.
UNIMPORTED = {
    "otio-fcp-adapter": "OpenTimelineIO opens with it what the studio wrote, in tests",
    "otio-cmx3600-adapter": "the same",
    "otio-fcpx-xml-adapter": "the same",
    "accelerate": "diffusers and transformers load weights with it",
    "sentencepiece": "transformers reads some published tokenizers with it",
    "tokenizers": "transformers' fast tokenizers",
    "imageio-ffmpeg": "the ffmpeg that moviepy runs",
    "uharfbuzz": "fpdf2 shapes text with it",
    "uvicorn": "the server Streamlit's application runs on",
    "pytest-timeout": "pytest loads it",
    "pytest-xdist": "pytest loads it",
    "ruff": "a command",
    "mypy": "a command",
    "scipy": "the flow scorer's filters",
}
# What is there for a person who enlarges films, and only where it is installed from its own list.
FURTHER = "requirements-enlarging.txt"
# Packages for some cards only, which a person installs by name; they are imported where they are there.
BY_HAND = {"flash_attn", "flash_attn_interface", "fa3_fwd_interface", "cudnn", "triton", "psycopg", "moto"}


def named(file: str) -> set[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[=<>;\[ ]", line)[0].lower().replace("_", "-") for line in lines if line and line[0] not in "#-"}


def imported() -> set[str]:
    found: set[str] = set()
    for file in ROOT.rglob("*.py"):
        if set(file.relative_to(ROOT).parts) & {".venv", "golden"}:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - OURS


def packages_of(modules: set[str]) -> set[str]:
    known = metadata.packages_distributions()
    return {name.lower().replace("_", "-") for module in modules for name in known.get(module, [module])}


def test_the_lock_pins_what_is_required_with_the_sum_of_each_file() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    form = re.compile(r"([a-z0-9.-]+)==(\S+)( --hash=sha256:[0-9a-f]{64})+")
    locked = dict(form.fullmatch(line).groups()[:2] for line in lines[1:])
    required = (ROOT / "requirements.txt").read_text(encoding="utf-8").lower().replace("_", "-").splitlines()
    pins = dict(line.split(";")[0].strip().split("==") for line in required if "==" in line)
    # Which build of it is right depends on the computer.
    del pins["torch"]
    assert pins.items() <= locked.items()


def test_every_package_that_is_imported_is_named() -> None:
    known = named("requirements.txt") | named("requirements-dev.txt") | named(FURTHER)
    assert not packages_of(imported() - BY_HAND) - known


def test_every_package_that_is_named_is_imported_or_says_why_it_is_there() -> None:
    both = named("requirements.txt") | named("requirements-dev.txt")
    assert both - packages_of(imported()) <= set(UNIMPORTED)


def test_every_package_is_pinned() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", FURTHER):
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        assert all("==" in line for line in lines if line and line[0] not in "#-"), file
