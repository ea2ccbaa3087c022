"""What the project uses of libraries that their makers do not promise to keep: each by name, each called in one file.

A library's upgrade that takes one away, or changes what it is given, fails here first and says which.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants, file_download

ROOT = Path(__file__).parent.parent
ROOTS = ("framepack", "projects", "pages")

# (module, what is called, the names of what we pass, the file that calls it)
PRIVATE = (
    (
        "diffusers",
        "HunyuanVideoFramepackTransformer3DModel._pack_history_states",
        (
            *("self", "hidden_states", "latents_clean", "latents_history_2x", "latents_history_4x"),
            *("image_rotary_emb", "image_rotary_emb_clean"),
            *("image_rotary_emb_history_2x", "image_rotary_emb_history_4x", "height", "width"),
        ),
        "framepack/transformer/transformer.py",
    ),
    (
        "huggingface_hub",
        "file_download.http_get",
        ("url", "temp_file", "resume_size", "headers", "expected_size", "tqdm_class"),
        "framepack/fetching/download.py",
    ),
    ("torch.distributed", "distributed_c10d._abort_process_group", (), "framepack/parallel/group.py"),
    ("torch.distributed", "distributed_c10d._set_pg_timeout", ("timeout", "group"), "framepack/parallel/group.py"),
    ("huggingface_hub", "utils._http.default_client_factory", (), "framepack/fetching/hub.py"),
    (
        "streamlit.runtime.scriptrunner",
        "ScriptRunner._maybe_handle_execution_control_request",
        ("self",),
        "pages/serving/clicks.py",
    ),
    ("dbos", "DBOS._recover_pending_workflows", ("executor_ids",), "projects/generator/worker.py"),
    ("dbos", "_sys_db.retriable_sqlite_exception", ("e",), "projects/generator/workflows.py"),
    ("torch", "_dynamo.maybe_mark_dynamic", ("t", "index"), "framepack/ops/compiling.py"),
)
# Operators of torch without a promise: their schemas say what they take.
OPERATORS = (
    (
        "_scaled_mm.out",
        ("self", "mat2", "scale_a", "scale_b", "bias", "out_dtype", "use_fast_accum", "out"),
        "framepack/ops/linear.py",
    ),
    ("_addmm_activation", ("self", "mat1", "mat2", "use_gelu"), "framepack/ops/linear.py"),
)
CLASSES = (("torch._dynamo.exc", "TorchDynamoException", "framepack/ops/compiling.py"),)


@pytest.mark.parametrize(("module", "name", "passed", "file"), PRIVATE, ids=lambda value: str(value)[:60])
def test_a_private_function_is_there_and_takes_what_it_is_given(
    module: str, name: str, passed: tuple[str, ...], file: str
) -> None:
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    taken = tuple(inspect.signature(found).parameters)
    assert [one for one in passed if one not in taken] == [], f"{name} takes {taken} now"
    assert files_that_name(name.rsplit(".", 1)[1]) == [file]


def test_the_hubs_client_takes_pieces_of_the_size_that_it_is_told() -> None:
    assert isinstance(constants.DOWNLOAD_CHUNK_SIZE, int)
    assert "constants.DOWNLOAD_CHUNK_SIZE" in inspect.getsource(file_download.http_get)
    assert files_that_name("DOWNLOAD_CHUNK_SIZE") == ["projects/fetching/process.py"]


@pytest.mark.parametrize(("name", "passed", "file"), OPERATORS, ids=lambda value: str(value)[:60])
def test_an_operator_without_a_promise_is_there_and_takes_what_it_is_given(
    name: str, passed: tuple[str, ...], file: str
) -> None:
    operator, _, overload = name.partition(".")
    schema = getattr(getattr(torch.ops.aten, operator), overload or "default")._schema
    taken = {argument.name for argument in schema.arguments}
    assert [one for one in passed if one not in taken] == [], f"{name} takes {taken} now"
    assert files_that_name(operator) == [file]


@pytest.mark.parametrize(("module", "name", "file"), CLASSES)
def test_a_private_class_is_there(module: str, name: str, file: str) -> None:
    assert issubclass(getattr(importlib.import_module(module), name), Exception)
    assert files_that_name(name) == [file]


def test_no_other_private_function_of_a_library_is_called() -> None:
    known = {name.rsplit(".", 1)[-1] for _, name, _, _ in PRIVATE}
    known |= {name.split(".")[0] for name, _, _ in OPERATORS} | {"_dynamo", "_http"}
    # Python's own, and documented.
    known |= {"_exit"}
    strange = {
        f"{file.relative_to(ROOT)}: {ast.unparse(node)}"
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and isinstance(node.value, ast.Name)
        and node.value.id in imported(file)
        and node.attr not in known
    }
    assert strange == set()


def imported(file: Path) -> set[str]:
    """The names that a file imports from elsewhere than the project."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] not in ROOTS:
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def sources() -> list[Path]:
    return sorted(file for root in ROOTS for file in (ROOT / root).rglob("*.py"))


def files_that_name(attribute: str) -> list[str]:
    """The files in which something's ``attribute`` is used."""
    return [
        file.relative_to(ROOT).as_posix()
        for file in sources()
        if any(
            isinstance(node, ast.Attribute) and node.attr == attribute
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        )
    ]
