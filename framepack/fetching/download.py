"""Owns fetching a published checkpoint from the hub: only the folders and kinds of files that are used.

Large files are fetched by the hub's client into a file of our own beside their place, so that what was interrupted goes
on where it stopped, also another day; only what has the published checksum is put into place. The client then enters it
into its cache, or its notes on a folder. Always the commit that was fetched first is fetched, until the person updates.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from filelock import FileLock
from huggingface_hub import (
    HfApi,
    file_download,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    utils,
)
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from framepack.checkpoints.folders import PART_FILES, find_part
from framepack.checkpoints.kept_commit import found_commit, keep_commit, kept_commit
from framepack.checkpoints.table import Checkpoint, Part
from framepack.errors import FramepackError, InvalidRequest, WeightsMissing
from framepack.fetching.hub import HubOptions, hub_client
from framepack.fetching.progress import Progress, Report, bar_class
from framepack.fetching.target import RepositoryFile, Target, sha256_of
from framepack.files.atomic import sync
from framepack.files.filesystem import is_disk_full
from framepack.messages import Message, Value, as_message

# What is left on the disk for everything else.
RESERVE_BYTES = 2**30


class DownloadFailed(FramepackError):
    """A repository could not be fetched; what arrived of it is kept, and fetching again goes on from there."""

    def __init__(self, repository: str, reason: Message) -> None:
        super().__init__(Message("download-failed", {"repository": repository, "reason": reason}))
        self.repository = repository


def download(
    checkpoint: Checkpoint, models: Path | None, hub: HubOptions, report: Report = lambda _: None
) -> Iterator[str]:
    """Fetch what is missing of ``checkpoint``, giving the name of each repository when it is complete.

    Into ``models`` (``<models>/<owner>/<name>/``), or into the hub's cache where that is None. ``report`` is told how
    far each file is. What lies elsewhere as a single file is not fetched. Raises DownloadFailed, and InvalidRequest for
    a checkpoint that comes with the program.
    """
    to = Target(checkpoint, models, hub, report)
    wanted = _wanted(checkpoint, models)
    yield from _fetch(
        [
            (repository, kept_commit(repository, models) or found_commit(repository, revision, models), revision, files)
            for repository, revision, files in wanted
        ],
        to,
    )


def update(
    checkpoint: Checkpoint, models: Path | None, hub: HubOptions, report: Report = lambda _: None
) -> Iterator[str]:
    """As ``download``, but of the newest commit there is, which takes the place of the one that was used so far.

    What was rendered with the weights before stays; shots are out of date where the weights differ.
    """
    to = Target(checkpoint, models, hub, report)
    yield from _fetch([(name, None, revision, files) for name, revision, files in _wanted(checkpoint, models)], to)


@dataclass(frozen=True)
class _Planned:
    """What is to be fetched of a repository at a commit."""

    repository: str
    commit: str
    missing: tuple[RepositoryFile, ...]


def _fetch(wanted: Sequence[tuple[str, str | None, str, Sequence[str]]], to: Target) -> Iterator[str]:
    """Fetch what is missing of each (repository, commit, revision, patterns), and use it from now on.

    Without a commit the newest of the revision is fetched. All is asked for before anything is fetched, so that what
    cannot be had, or has no room, is said at once and not after hours.
    """
    if to.hub.offline:
        for repository, *_ in wanted:
            _refuse_offline(repository, to)
            yield repository
        return
    planned = []
    for repository, commit, revision, patterns in wanted:
        with _faults_of(repository):
            planned.append(_plan(repository, commit, revision, patterns, to))
    _refuse_without_room(planned, to)
    all_size = sum(file.size for one in planned for file in one.missing)
    before = 0
    for one in planned:
        with _faults_of(one.repository):
            _fetch_files(one, to, before, all_size)
            keep_commit(one.repository, to.models, one.commit)
        before += sum(file.size for file in one.missing)
        yield one.repository


@contextmanager
def _faults_of(repository: str) -> Iterator[None]:
    """Raise as DownloadFailed what the client, the network or the disk says meanwhile."""
    try:
        yield
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


def _plan(repository: str, commit: str | None, revision: str, patterns: Sequence[str], to: Target) -> _Planned:
    with hub_client(to.hub):
        found = HfApi(endpoint=to.hub.endpoint).model_info(repository, revision=commit or revision, files_metadata=True)
    assert found.sha is not None, "the hub knows the commit of a revision"
    files = [
        RepositoryFile(one.rfilename, one.size or 0, one.lfs.sha256 if one.lfs else None)
        for one in found.siblings or ()
        if any(fnmatch(one.rfilename, pattern) for pattern in patterns)
    ]
    return _Planned(repository, found.sha, tuple(file for file in files if not to.has(repository, file, found.sha)))


def _fetch_files(one: _Planned, to: Target, before: int, all_size: int) -> None:
    """Fetch a repository's files; ``before`` are the bytes of other repositories among the ``all_size`` in all."""
    repository, commit = one.repository, one.commit
    with hub_client(to.hub):
        for number, file in enumerate(one.missing, start=1):
            progress = Progress(repository, file.name, file.size, number, len(one.missing), to.report)
            progress.place_among(before, all_size)
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
            before += file.size


def _fetch_large(repository: str, commit: str, file: RepositoryFile, to: Target, progress: Progress) -> None:
    """Fetch a large file into its place, going on with what there is of it."""
    place, part = to.place(repository, file), to.part(repository, file)
    part.parent.mkdir(parents=True, exist_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(part.with_suffix(".lock")):
        if to.models is None and place.exists():
            return  # other commits have the same file, or another process has just fetched it
        if place.is_file() and place.stat().st_size == file.size and sha256_of(place) == file.sha256:
            return
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
        if sha256_of(part) != file.sha256:
            part.unlink()
            raise DownloadFailed(repository, Message("download-damaged", {"file": file.name}))
        sync(part)
        part.replace(place)


def _refuse_without_room(planned: Sequence[_Planned], to: Target) -> None:
    """Raise DownloadFailed, naming the largest repository, unless there is room for all that is missing together."""
    needed: dict[str, int] = {}
    for one in planned:
        for file in one.missing:
            part = to.part(one.repository, file)
            there = part.stat().st_size if file.sha256 and part.is_file() else 0
            needed[one.repository] = needed.get(one.repository, 0) + file.size - there
    if not any(needed.values()):
        return
    largest = max(needed, key=lambda name: needed[name])
    folder = to.folder(largest)
    place = next(one for one in (folder, *folder.parents) if one.is_dir())
    free, wanted = shutil.disk_usage(place).free, sum(needed.values()) + RESERVE_BYTES
    if free < wanted:
        values: dict[str, Value] = {"free": free / 1e9, "needed": wanted / 1e9, "folder": str(place)}
        raise DownloadFailed(largest, Message("download-no-room", values))


def _refuse_offline(repository: str, to: Target) -> None:
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


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
