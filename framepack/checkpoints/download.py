"""Owns fetching a published checkpoint from the hub: only the folders and kinds of files that are used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, XetDownloadError

from framepack.checkpoints.folders import PART_FILES
from framepack.checkpoints.kept_commit import found_commit, keep_commit, kept_commit
from framepack.checkpoints.table import Checkpoint, Part
from framepack.errors import FramepackError, InvalidRequest
from framepack.messages import Message, as_message


class DownloadFailed(FramepackError):
    """A repository could not be fetched."""

    def __init__(self, repository: str, reason: Message) -> None:
        super().__init__(Message("download-failed", {"repository": repository, "reason": reason}))
        self.repository = repository


def download(checkpoint: Checkpoint, models: Path | None) -> Iterator[str]:
    """Fetch what is missing of ``checkpoint``, giving the name of each repository when it is complete.

    Into ``models`` (``<models>/<owner>/<name>/``), or into the hub's cache where that is None. What is there already is
    not fetched again, and a fetch that was interrupted goes on: always the commit that was fetched first. Raises
    DownloadFailed, and InvalidRequest for a checkpoint that comes with the program.
    """
    for repository, revision, patterns in _wanted(checkpoint):
        known = kept_commit(repository, models) or found_commit(repository, revision, models)
        yield _fetch(repository, known, revision, patterns, models)


def update(checkpoint: Checkpoint, models: Path | None) -> Iterator[str]:
    """As ``download``, but of the newest commit there is, which takes the place of the one that was used so far.

    What was rendered with the weights before stays; shots are out of date where the weights differ.
    """
    for repository, revision, patterns in _wanted(checkpoint):
        yield _fetch(repository, None, revision, patterns, models)


def _fetch(repository: str, commit: str | None, revision: str, patterns: list[str], models: Path | None) -> str:
    """Fetch ``commit`` of a repository, else the newest of ``revision``, and use it from now on."""
    try:
        commit = commit or HfApi().model_info(repository, revision=revision).sha
        assert commit is not None, "the hub knows the commit of a revision"
        snapshot_download(
            repository,
            revision=commit,
            allow_patterns=patterns,
            local_dir=models / repository if models else None,
        )
        keep_commit(repository, models, commit)
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, httpx2.TransportError):
        raise DownloadFailed(repository, Message("hub-unreachable")) from None
    except (HfHubHTTPError, XetDownloadError, httpx2.HTTPError) as error:
        raise DownloadFailed(repository, Message("hub-answered", {"answer": _first_line(error)})) from error
    except OSError as error:
        raise DownloadFailed(repository, as_message(error.strerror or _first_line(error))) from error
    return repository


def _wanted(checkpoint: Checkpoint) -> list[tuple[str, str, list[str]]]:
    """(repository, revision, the patterns of the files that are needed from it)."""
    if checkpoint.embedded:
        raise InvalidRequest("model", Message("nothing-to-download", {"checkpoint": checkpoint.name}))
    wanted: dict[tuple[str, str], list[str]] = {}
    part: Part
    for part, source in checkpoint.sources.items():
        patterns = wanted.setdefault((source.repository, source.revision), [])
        patterns += [f"{source.subfolder}/{name}" if source.subfolder else name for name in PART_FILES[part]]
    return [(repository, revision, patterns) for (repository, revision), patterns in wanted.items()]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
