"""The layout's rules: which room may use which, which files may load torch, and what only one file may touch."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# The rooms of each package from the lowest to the highest: a room uses only rooms that stand before it.
ROOMS = {
    "framepack": (
        *("", "files", "formats", "picture_formats", "checkpoints", "fetching", "shots", "media", "store"),
        *("ops", "attention"),
        *(
            "device",
            "enlarging",
            "stills",
            "parallel",
            "weights",
            "context",
            "conditioning",
            "transformer",
            "vae",
            "sampling",
            "engine",
        ),
        *("benchmark", "commands"),
    ),
    "projects": (
        *(
            *("", "logs", "database", "cutting", "storyboard", "storage", "loras", "takes", "stories", "films"),
            *("sound", "timelines", "door", "guests"),
        ),
        "forecast",
        *("frames", "words"),
        "fetching",
        *("composing", "interchange", "scripts", "documents", "queue", "upkeep", "archive", "delivery", "imaging"),
        "rewriting",
        *("generator", "serving", "safekeeping", "assistants", "reporting", "commands"),
    ),
    "pages": (
        *("languages", "look", "session", "serving", "board", "player", "cutting", "orders", "loras", "writing"),
        *("door", "guests", "pictures", "inspector", "weights"),
        *("finishing", "api", "parts", "filming", "handing", ""),
    ),
}
ENTRANCES = {"framepack/__main__.py", "projects/__main__.py"}  # they stand at the root and call the highest room
MOST_FILES = {
    **{"pages/parts": 12, "pages/api": 21, "projects/storyboard": 16, "projects/takes": 11, "projects/composing": 12},
    **{"projects/queue": 13, "framepack/checkpoints": 11, "pages/session": 12},
    **{"projects/interchange": 12, "projects/timelines": 15},
    **{"projects/sound": 11, "pages/inspector": 16, "projects/generator": 16, "projects/commands": 21},
    **{"framepack/weights": 13, "framepack/ops": 11},
}
USUAL_FILES = 10

# What may be had of the engine without loading torch.
TORCH_FREE = ("", "files", "formats", "picture_formats", "checkpoints", "fetching", "shots", "media", "store")
TORCH_FREE_FILES = (
    "framepack.device.memory_plan",
    "framepack.device.faults",
    "framepack.device.cards_measured",
    "framepack.device.shares",
    "framepack.enlarging.files",
    "framepack.stills.models",
    "framepack.conditioning.names",
)
TORCH = {"torch", "diffusers", "transformers", "accelerate"}
WEB = {"streamlit", "starlette", "uvicorn"}
DATABASE = {"sqlmodel", "sqlalchemy", "dbos", "alembic"}
# The only files of the domain that compute by torch, and they import that inside their functions.
HOLD_THE_ENGINE = (
    *("projects/generator/engine_holder.py", "projects/composing/enlarging.py"),
    "projects/imaging/making.py",
)

# (rooms, rooms they know nothing of) beyond what the order says.
STRANGERS = (
    ("framepack/ops", {"framepack.weights", "framepack.transformer"}),
    ("framepack/attention", {"framepack.weights", "framepack.transformer"}),
    ("framepack/weights", {"framepack.ops.linear", "framepack.ops.modulate", "framepack.ops.qk_norm_rope"}),
    ("framepack/transformer", {"framepack.store", "framepack.media", "framepack.weights.loading"}),
    ("framepack/sampling", {"framepack.media", "framepack.store", "framepack.vae"}),
    ("projects/films", {"projects.queue", "projects.generator"}),
    ("projects/interchange", {"projects.queue", "projects.generator"}),
    ("pages/look", {"projects.database.opening"}),
)
# The leader of several cards and the processes that it starts itself, over pipes that nobody else has.
TALK_TO_THEIR_OWN = ("framepack/engine/crew.py", "framepack/engine/rank_process.py")
# Of the engine, only these files use the store.
USE_THE_STORE = {"render.py"}


@cache
def imports_of(file: Path) -> frozenset[str]:
    """The modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # Names imported from a package may be modules.
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name for name in whole if _is_module(name)} or {node.module}
    return frozenset(names)


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def files_of(*packages: str) -> list[Path]:
    return sorted(file for package in packages for file in (ROOT / package).rglob("*.py"))


def named(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def roots(names: frozenset[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def room_of(module: str) -> tuple[str, str]:
    """The package and the room of a module of ours; the room is "" for files at a package's root."""
    package, *rest = module.split(".")
    folder = rest[0] if rest and (ROOT / package / rest[0]).is_dir() else ""
    return package, folder


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


OURS = files_of(*ROOMS)


@pytest.mark.parametrize("file", OURS, ids=named)
def test_a_room_uses_only_rooms_below_it(file: Path) -> None:
    package, room = room_of(module_of(file))
    if named(file) in ENTRANCES or "migrations" in file.parts:
        return
    order = ROOMS[package]
    above = set(order[order.index(room) + 1 :])
    used = {room_of(name) for name in imports_of(file) if name.split(".")[0] == package}
    assert not {there for of, there in used if of == package and there in above}


def test_every_folder_is_a_room_of_the_table_and_holds_a_handful_of_files() -> None:
    for package, rooms in ROOMS.items():
        folders = {file.parent.relative_to(ROOT / package).as_posix() for file in files_of(package)}
        known = {room or "." for room in rooms} | {"database/migrations", "database/migrations/versions"}
        assert folders <= known
        for room in rooms:
            files = [file for file in (ROOT / package / room).glob("*.py") if file.name != "__init__.py"]
            assert len(files) <= MOST_FILES.get(f"{package}/{room}", USUAL_FILES), room


@pytest.mark.parametrize("file", files_of("framepack"), ids=named)
def test_the_engine_knows_nothing_of_projects_pages_or_databases(file: Path) -> None:
    assert not roots(imports_of(file)) & ({"projects", "pages", "studio_app"} | DATABASE | WEB)


@pytest.mark.parametrize("file", files_of("projects"), ids=named)
def test_the_domain_knows_nothing_of_pages(file: Path) -> None:
    assert not roots(imports_of(file)) & ({"pages", "studio_app"} | WEB)


@pytest.mark.parametrize("file", [*files_of("projects", "pages"), ROOT / "studio_app.py"], ids=named)
def test_domain_and_pages_take_only_the_torch_free_parts_of_the_engine(file: Path) -> None:
    if named(file) in HOLD_THE_ENGINE:
        return
    parts = {name for name in imports_of(file) if name.split(".")[0] == "framepack"}
    assert {name for name in parts if room_of(name)[1] not in TORCH_FREE} <= set(TORCH_FREE_FILES)
    assert not roots(imports_of(file)) & TORCH


@pytest.mark.parametrize("file", HOLD_THE_ENGINE)
def test_the_files_that_hold_the_engine_import_it_inside_their_functions_only(file: str) -> None:
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    modules = [node.module or "" for node in body if isinstance(node, ast.ImportFrom)]
    rooms = ROOMS["framepack"]
    engine = rooms[rooms.index("parallel") :]
    assert not [name for name in modules if name.split(".")[0] in TORCH or room_of(name)[1] in engine]


@pytest.mark.parametrize(("room", "strangers"), STRANGERS, ids=lambda value: value if isinstance(value, str) else "")
def test_some_rooms_know_nothing_of_others(room: str, strangers: set[str]) -> None:
    for file in files_of(room):
        known = imports_of(file)
        assert not [name for name in known for other in strangers if f"{name}.".startswith(f"{other}.")], named(file)


def test_only_rendering_uses_the_store_in_the_engine() -> None:
    users = {
        file.name
        for file in files_of("framepack/engine")
        if any(name.startswith("framepack.store") for name in imports_of(file))
    }
    assert users <= USE_THE_STORE


@pytest.mark.parametrize("file", files_of("framepack", "projects", "pages"), ids=named)
def test_triton_is_imported_by_its_own_files_only(file: Path) -> None:
    if not file.name.endswith("_triton.py"):
        assert "triton" not in roots(imports_of(file))


@pytest.mark.parametrize("file", [*OURS, ROOT / "studio_app.py"], ids=named)
def test_no_file_can_run_a_program_by_being_opened(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if named(file) not in TALK_TO_THEIR_OWN:
        assert not roots(imports_of(file)) & {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml"}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = ast.unparse(call.func)
        given = {word.arg: ast.unparse(word.value) for word in call.keywords}
        assert called not in ("eval", "exec", "compile", "__import__", "os.system", "torch.load", "torch.jit.load")
        assert given.get("trust_remote_code", "False") == "False"
        assert given.get("allow_pickle", "False") == "False"
        assert given.get("shell", "False") == "False"


@pytest.mark.parametrize("file", [file for file in OURS if file.name == "__init__.py"], ids=named)
def test_a_room_exports_nothing_again(file: Path) -> None:
    assert not imports_of(file)


def test_there_is_no_circle_between_files() -> None:
    known = {module_of(file): file for file in OURS}
    graph = {name: {other for other in imports_of(file) if other in known} for name, file in known.items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*way, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_loading_the_domain_and_the_torch_free_parts_of_the_engine_leaves_torch_unloaded() -> None:
    free = [module_of(file) for file in files_of("framepack") if room_of(module_of(file))[1] in TORCH_FREE]
    domain = [module_of(file) for file in files_of("projects") if "migrations" not in file.parts]
    modules = [name for name in (*free, *TORCH_FREE_FILES, *domain) if not name.endswith("__main__")]
    program = "import sys\n" + "".join(f"import {name}\n" for name in modules)
    program += "sys.exit(1 if {'torch', 'diffusers', 'transformers', 'streamlit'} & set(sys.modules) else 0)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_the_table_of_rooms_names_no_room_twice() -> None:
    for rooms in ROOMS.values():
        assert all(one != other for one, other in pairwise(sorted(rooms)))
