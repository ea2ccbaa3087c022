"""Owns which commit of a hub repository is used on this computer: the one fetched first, until the person updates it.

It is kept with the weights: in the hub's cache as another name of the commit beside "main", which other programs move,
and in a folder of one's own as a file in the repository's folder.
"""

from __future__ import annotations

import re
from pathlib import Path

from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name

from framepack.files.atomic import in_place

_NAME = "framepack"
_COMMIT = re.compile(r"[0-9a-f]{40}")


def kept_commit(repository: str, models: Path | None) -> str | None:
    """The commit of ``repository`` that is to be used, None where none was fetched by this program yet.

    ``models`` is the folder that stands in for the hub's cache, or None.
    """
    return _read(_kept_in(repository, models))


def found_commit(repository: str, revision: str, models: Path | None) -> str | None:
    """The commit at which files of ``repository`` were fetched by whatever program, None where there are none."""
    if models is None:
        return _read(_references(repository) / revision)
    noted = (models / repository / ".cache" / "huggingface" / "download").rglob("*.metadata")
    return next(filter(None, map(_read, sorted(noted))), None)


def keep_commit(repository: str, models: Path | None, commit: str) -> None:
    """Use ``commit`` of ``repository`` from now on."""
    path = _kept_in(repository, models)
    path.parent.mkdir(parents=True, exist_ok=True)
    with in_place(path) as aside:
        aside.write_text(commit, encoding="utf-8")


def _kept_in(repository: str, models: Path | None) -> Path:
    return _references(repository) / _NAME if models is None else models / repository / f".{_NAME}-commit"


def _references(repository: str) -> Path:
    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repository, repo_type="model") / "refs"


def _read(path: Path) -> str | None:
    if not path.is_file():
        return None
    first = (path.read_text(encoding="utf-8", errors="replace").split() or [""])[0]
    return first if _COMMIT.fullmatch(first) else None
