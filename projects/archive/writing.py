"""Writing the archive of a project: a ZIP file of its files as they are, with a list of what each should be like."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from framepack.files.atomic import in_place
from framepack.files.packed import pack
from framepack.messages import Message
from projects.archive.content import MANIFEST, MEDIA, ROWS, ProjectContent
from projects.archive.rows import to_json
from projects.errors import ArchiveProblem

KIND = "framepack-studio-project"
# Raised where what is in an archive means something else than before.
VERSION = 1


def write_archive(content: ProjectContent, out: Path, watch: Callable[[float], None] = lambda _: None) -> None:
    """Write the archive ``out``, whole or not at all, a piece of a file at a time.

    ``watch`` is told before each file which share is done, 0 to 1, and may raise to give up. Raises ArchiveProblem
    where there is no room for it, or a picture or sound is not what it was.
    """
    needed, done = _check_room(content, out), 0
    rows = json.dumps(to_json(content.rows), ensure_ascii=False, indent=1).encode()
    facts: dict[str, dict[str, object]] = {}
    with in_place(out) as aside:
        listed = aside.with_name(f"{aside.name}.json")
        try:
            listed.write_bytes(rows)
            with zipfile.ZipFile(aside, "w") as bundle:
                for name, path in {ROWS: listed, **content.files}.items():
                    watch(done / max(1, needed))
                    try:
                        size, sum = pack(bundle, path, name)
                    except FileNotFoundError:
                        raise _lacks(content, name) from None
                    if name.startswith(f"{MEDIA}/") and name != f"{MEDIA}/{sum}":
                        raise _lacks(content, name)
                    done += size if path != listed else 0
                    facts[name] = {"size": size, "sha256": sum}
                manifest = {"kind": KIND, "version": VERSION, "files": facts}
                # The last one, as it is known only now.
                bundle.writestr(zipfile.ZipInfo(MANIFEST), json.dumps(manifest, indent=1))
        finally:
            listed.unlink(missing_ok=True)


def _check_room(content: ProjectContent, out: Path) -> int:
    """The bytes that its files have together."""
    needed = sum(path.stat().st_size for path in content.files.values() if path.is_file())
    free = shutil.disk_usage(out.absolute().parent).free
    if needed > free:
        raise ArchiveProblem(Message("archive-no-room", {"needed": needed / 10**9, "free": free / 10**9}))
    return needed


def _lacks(content: ProjectContent, name: str) -> ArchiveProblem:
    called = {f"{MEDIA}/{one.id}": one.name for one in content.rows.media}
    return ArchiveProblem(Message("archive-lacks", {"name": called.get(name, name)}))
