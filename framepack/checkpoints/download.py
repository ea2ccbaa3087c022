"""Owns fetching a published checkpoint from the hub: only the folders and kinds of files that are used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, XetDownloadError

from framepack.checkpoints.folders import PART_FILES
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
    not fetched again, and a fetch that was interrupted goes on. Raises DownloadFailed, and InvalidRequest for a
    checkpoint that comes with the program.
    """
    if checkpoint.embedded:
        raise InvalidRequest("model", Message("nothing-to-download", {"checkpoint": checkpoint.name}))
    for (repository, revision), patterns in _wanted(checkpoint).items():
        try:
            snapshot_download(
                repository,
                revision=revision,
                allow_patterns=patterns,
                local_dir=models / repository if models else None,
            )
        except LocalEntryNotFoundError:
            raise DownloadFailed(repository, Message("hub-unreachable")) from None
        except (HfHubHTTPError, XetDownloadError, httpx2.HTTPError) as error:
            raise DownloadFailed(repository, Message("hub-answered", {"answer": _first_line(error)})) from error
        except OSError as error:
            raise DownloadFailed(repository, as_message(error.strerror or _first_line(error))) from error
        yield repository


def _wanted(checkpoint: Checkpoint) -> dict[tuple[str, str], list[str]]:
    """(repository, revision) -> the patterns of the files that are needed from it."""
    wanted: dict[tuple[str, str], list[str]] = {}
    part: Part
    for part, source in checkpoint.sources.items():
        patterns = wanted.setdefault((source.repository, source.revision), [])
        patterns += [f"{source.subfolder}/{name}" if source.subfolder else name for name in PART_FILES[part]]
    return wanted


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
