"""Whether a file that is asked for can be written, told before the work for it is done. It leaves nothing behind."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Collection, Iterable
from pathlib import Path

from framepack.messages import Message, as_message

# Less room than this is none: a short film has some megabytes, and what it is made of as much again.
LEAST_ROOM = 64 * 2**20


def output_problem(
    path: Path, *, inputs: Iterable[tuple[str, Path]] = (), endings: Collection[str] = ()
) -> Message | None:
    """Why ``path`` cannot be written, None where it can.

    ``inputs`` are the files that must not be replaced, each with the id of the message that says so; they are known
    under any name: through links, and however the file system takes their spelling. ``endings`` are those a name may
    have; none means any.
    """
    try:
        if path.is_dir():
            return Message("is-folder", {"path": str(path)})
        folder = path.absolute().parent
        if not folder.is_dir():
            return Message("no-folder", {"path": str(folder)})
        for replaced, one in inputs:
            if is_same_file(path, one):
                return Message(replaced, {"path": str(one)})
        if path.exists() and not path.is_file():
            return Message("is-no-file", {"path": str(path)})
        if endings and path.suffix.lower() not in endings:
            return Message("wrong-ending", {"path": path.name, "endings": ", ".join(endings)})
        _try_to_write(path)
        return room_problem(folder)
    except PermissionError:
        return Message("folder-not-writable", {"path": str(path.absolute().parent)})
    except OSError as problem:
        reason = as_message(problem.strerror or type(problem).__name__)
        return Message("cannot-be-written", {"path": _short(str(path)), "reason": reason})


def room_problem(folder: Path) -> Message | None:
    """The message that there is no room left in ``folder``, None where there is."""
    free = shutil.disk_usage(folder).free
    if free >= LEAST_ROOM:
        return None
    return Message("no-room", {"path": str(folder), "free": free // 2**20, "least": LEAST_ROOM // 2**20})


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, whichever way."""
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def _try_to_write(path: Path) -> None:
    aside = path.with_name(f".{path.name[:60]}.{uuid.uuid4().hex}.part")
    try:
        aside.touch(exist_ok=False)
    finally:
        aside.unlink(missing_ok=True)


def _short(path: str) -> str:
    return path if len(path) <= 200 else f"{path[:100]}…{path[-60:]}"
