"""Owns fetching a published checkpoint from the hub: only the folders and kinds of files that are used.

Large files are fetched by the hub's client into a file of our own beside their place, so that what was interrupted goes
on where it stopped, also another day; only what has the published checksum is put into place. The client then enters it
into its cache, or its notes on a folder. Always the commit that was fetched first is fetched, until the person updates.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from filelock import FileLock
from huggingface_hub import (
    HfApi,
    constants,
    file_download,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
    utils,
)
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.file_download import repo_folder_name

from framepack.checkpoints.folders import PART_FILES, find_part
from framepack.checkpoints.kept_commit import found_commit, keep_commit, kept_commit
from framepack.checkpoints.table import Checkpoint, Part
from framepack.errors import FramepackError, InvalidRequest, WeightsMissing
from framepack.fetching.hub import HubOptions, hub_client
from framepack.fetching.progress import Progress, Report, bar_class
from framepack.files.atomic import sync
from framepack.files.filesystem import is_disk_full
from framepack.messages import Message, Value, as_message

# What is left on the disk for everything else.
RESERVE_BYTES = 2**30
_HASHED_AT_ONCE = 2**22
_PART_ENDING = ".framepack-part"


class DownloadFailed(FramepackError):
    """A repository could not be fetched; what arrived of it is kept, and fetching again goes on from there."""

    def __init__(self, repository: str, reason: Message) -> None:
        super().__init__(Message("download-failed", {"repository": repository, "reason": reason}))
        self.repository = repository


@dataclass(frozen=True)
class _File:
    """A file of a repository: its size in bytes, and its SHA-256 where it is a large one."""

    name: str
    size: int
    sha256: str | None


def download(
    checkpoint: Checkpoint, models: Path | None, hub: HubOptions, report: Report = lambda _: None
) -> Iterator[str]:
    """Fetch what is missing of ``checkpoint``, giving the name of each repository when it is complete.

    Into ``models`` (``<models>/<owner>/<name>/``), or into the hub's cache where that is None. ``report`` is told how
    far each file is. What lies elsewhere as a single file is not fetched. Raises DownloadFailed, and InvalidRequest for
    a checkpoint that comes with the program.
    """
    for repository, revision, patterns in _wanted(checkpoint, models):
        known = kept_commit(repository, models) or found_commit(repository, revision, models)
        yield _fetch(repository, known, revision, patterns, _Target(checkpoint, models, hub, report))


def update(
    checkpoint: Checkpoint, models: Path | None, hub: HubOptions, report: Report = lambda _: None
) -> Iterator[str]:
    """As ``download``, but of the newest commit there is, which takes the place of the one that was used so far.

    What was rendered with the weights before stays; shots are out of date where the weights differ.
    """
    for repository, revision, patterns in _wanted(checkpoint, models):
        yield _fetch(repository, None, revision, patterns, _Target(checkpoint, models, hub, report))


@dataclass(frozen=True)
class _Target:
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

    def place(self, repository: str, file: _File) -> Path:
        """Where a large file is to lie."""
        folder = self.folder(repository)
        return folder / file.name if self.models is not None else folder / "blobs" / str(file.sha256)

    def part(self, repository: str, file: _File) -> Path:
        """Where it lies while it is fetched."""
        return self.folder(repository) / ".framepack-download" / f"{file.sha256}{_PART_ENDING}"

    def has(self, repository: str, file: _File, commit: str) -> bool:
        """Whether the file is there as it is at ``commit``."""
        if self.models is None:
            return isinstance(try_to_load_from_cache(repository, file.name, revision=commit), str)
        path = self.models / repository / file.name
        if not path.is_file() or path.stat().st_size != file.size:
            return False
        if kept_commit(repository, self.models) == commit:
            return True
        return file.sha256 is not None and _sha256(path) == file.sha256


def _fetch(repository: str, commit: str | None, revision: str, patterns: Sequence[str], to: _Target) -> str:
    """Fetch ``commit`` of a repository, else the newest of ``revision``, and use it from now on."""
    if to.hub.offline:
        _refuse_offline(repository, to)
        return repository
    try:
        with hub_client(to.hub):
            found = HfApi(endpoint=to.hub.endpoint).model_info(
                repository, revision=commit or revision, files_metadata=True
            )
            assert found.sha is not None, "the hub knows the commit of a revision"
            files = [
                _File(one.rfilename, one.size or 0, one.lfs.sha256 if one.lfs else None)
                for one in found.siblings or ()
                if any(fnmatch(one.rfilename, pattern) for pattern in patterns)
            ]
            _fetch_files(repository, found.sha, files, to)
        keep_commit(repository, to.models, found.sha)
    except GatedRepoError:
        raise DownloadFailed(repository, Message("hub-gated", {"repository": repository})) from None
    except RepositoryNotFoundError:
        raise DownloadFailed(repository, Message("hub-unknown")) from None
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, httpx2.TransportError):
        raise DownloadFailed(repository, Message("hub-unreachable")) from None
    except (HfHubHTTPError, httpx2.HTTPError) as error:
        raise DownloadFailed(repository, Message("hub-answered", {"answer": _first_line(error)})) from error
    except OSError as error:
        full = Message("download-disk-full") if is_disk_full(error) else None
        raise DownloadFailed(repository, full or as_message(error.strerror or _first_line(error))) from error
    return repository


def _fetch_files(repository: str, commit: str, files: Sequence[_File], to: _Target) -> None:
    missing = [file for file in files if not to.has(repository, file, commit)]
    _refuse_without_room(repository, missing, to)
    for number, file in enumerate(missing, start=1):
        progress = Progress(repository, file.name, file.size, number, len(missing), to.report)
        if file.sha256 is not None:
            place = to.place(repository, file)
            _fetch_large(repository, commit, file, to, progress)
        entered = hf_hub_download(
            repository,
            file.name,
            revision=commit,
            local_dir=to.folder(repository) if to.models is not None else None,
            endpoint=to.hub.endpoint,
            tqdm_class=bar_class(progress),
        )
        if file.sha256 is not None and to.models is None and not Path(entered).is_symlink():
            # Where there are no links the client has made a copy.
            place.unlink(missing_ok=True)
        progress.finish()


def _fetch_large(repository: str, commit: str, file: _File, to: _Target, progress: Progress) -> None:
    """Fetch a large file into its place, going on with what there is of it."""
    place, part = to.place(repository, file), to.part(repository, file)
    if to.models is None and place.exists():
        return  # other commits have the same file
    part.parent.mkdir(parents=True, exist_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(part.with_suffix(".lock")):
        url = hf_hub_url(repository, file.name, revision=commit, endpoint=to.hub.endpoint)
        facts = get_hf_file_metadata(url, endpoint=to.hub.endpoint)
        headers = utils.build_hf_headers()  # type: ignore[attr-defined]
        if urlsplit(facts.location).netloc != urlsplit(url).netloc:
            # Who one is is the hub's to know, not that of the servers its files lie on.
            headers.pop("authorization", None)
        with part.open("ab") as written:
            here = written.tell()
            if here > file.size:
                written.truncate(0)
                here = 0
            file_download.http_get(
                facts.location,
                written,
                resume_size=here,
                headers=headers,
                expected_size=file.size,
                tqdm_class=bar_class(progress),
            )
        if _sha256(part) != file.sha256:
            part.unlink()
            raise DownloadFailed(repository, Message("download-damaged", {"file": file.name}))
        sync(part)
        part.replace(place)


def _refuse_without_room(repository: str, missing: Sequence[_File], to: _Target) -> None:
    needed = 0
    for file in missing:
        part = to.part(repository, file)
        needed += file.size - (part.stat().st_size if file.sha256 and part.is_file() else 0)
    folder = to.folder(repository)
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    free = shutil.disk_usage(there).free
    if needed and free < needed + RESERVE_BYTES:
        values: dict[str, Value] = {"free": free / 1e9, "needed": (needed + RESERVE_BYTES) / 1e9, "folder": str(there)}
        raise DownloadFailed(repository, Message("download-no-room", values))


def _refuse_offline(repository: str, to: _Target) -> None:
    """Raise DownloadFailed unless all that is used of a repository is there."""
    for part, source in to.checkpoint.sources.items():
        if source.repository == repository:
            try:
                find_part(to.checkpoint, part, to.models)
            except WeightsMissing:
                raise DownloadFailed(repository, Message("hub-offline")) from None


def _wanted(checkpoint: Checkpoint, models: Path | None) -> list[tuple[str, str, list[str]]]:
    """(repository, revision, the patterns of the files that are needed from it)."""
    if checkpoint.embedded:
        raise InvalidRequest("model", Message("nothing-to-download", {"checkpoint": checkpoint.name}))
    wanted: dict[tuple[str, str], list[str]] = {}
    part: Part
    for part, source in checkpoint.sources.items():
        if _is_single(checkpoint, part, models):
            continue
        patterns = wanted.setdefault((source.repository, source.revision), [])
        patterns += [f"{source.subfolder}/{name}" if source.subfolder else name for name in PART_FILES[part]]
    return [(repository, revision, patterns) for (repository, revision), patterns in wanted.items()]


def _is_single(checkpoint: Checkpoint, part: Part, models: Path | None) -> bool:
    """Whether ``part`` lies somewhere as a single file already."""
    try:
        return find_part(checkpoint, part, models).single is not None
    except FramepackError:
        return False


def _sha256(path: Path) -> str:
    """The SHA-256 of a file, which is too large to be read at once."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASHED_AT_ONCE):
            found.update(block)
    return found.hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
