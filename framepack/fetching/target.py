"""Owns where fetched files go, meanwhile and afterwards, and which of them are there. It fetches nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache
from huggingface_hub.file_download import repo_folder_name

from framepack.checkpoints.kept_commit import kept_commit
from framepack.checkpoints.table import Checkpoint
from framepack.fetching.hub import HubOptions
from framepack.fetching.progress import Report

_HASHED_AT_ONCE = 2**22
_PART_ENDING = ".framepack-part"


@dataclass(frozen=True)
class RepositoryFile:
    """A file of a repository: its size in bytes, and its SHA-256 where it is a large one."""

    name: str
    size: int
    sha256: str | None


@dataclass(frozen=True)
class Target:
    """Where files go, how the hub is reached, and who is told."""

    checkpoint: Checkpoint
    models: Path | None
    hub: HubOptions
    report: Report

    def folder(self, repository: str) -> Path:
        """The folder of a repository: one's own, or that of the hub's cache."""
        if self.models is not None:
            return self.models / repository
        return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repository, repo_type="model")

    def place(self, repository: str, file: RepositoryFile) -> Path:
        """Where a large file is to lie."""
        folder = self.folder(repository)
        return folder / file.name if self.models is not None else folder / "blobs" / str(file.sha256)

    def part(self, repository: str, file: RepositoryFile) -> Path:
        """Where it lies while it is fetched."""
        return self.folder(repository) / ".framepack-download" / f"{file.sha256}{_PART_ENDING}"

    def has(self, repository: str, file: RepositoryFile, commit: str) -> bool:
        """Whether the file is there as it is at ``commit``."""
        if self.models is None:
            return isinstance(try_to_load_from_cache(repository, file.name, revision=commit), str)
        path = self.models / repository / file.name
        if not path.is_file() or path.stat().st_size != file.size:
            return False
        if kept_commit(repository, self.models) == commit:
            return True
        return file.sha256 is not None and sha256_of(path) == file.sha256


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, which is too large to be read at once."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASHED_AT_ONCE):
            found.update(block)
    return found.hexdigest()
