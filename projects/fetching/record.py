"""What is known of a download: how far it is or how it ended, as a small file that every process can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from framepack.fetching.progress import FileProgress
from framepack.files.atomic import replacing
from framepack.messages import Message
from projects.settings import StudioSettings

# "working" is kept while a process is at it; where none is, it was interrupted.
Status = Literal["working", "interrupted", "cancelled", "failed", "done"]


@dataclass(frozen=True)
class FetchedFile:
    """A file that is in its place: whose it is, what it is called there, and its bytes."""

    repository: str
    file: str
    size: int


@dataclass(frozen=True)
class Download:
    """One download: ``current`` is the file it is at, ``finished`` those that it has put into place.

    ``problem`` says why it failed.
    """

    checkpoint: str
    status: Status
    current: FileProgress | None = None
    finished: tuple[FetchedFile, ...] = ()
    problem: Message | None = None

    @property
    def seconds_left(self) -> float | None:
        """How long all of it still takes at the speed it has; None where that is not known."""
        at = self.current
        return (at.all_size - at.all_received) / at.speed if at is not None and at.speed else None

    def at(self, progress: FileProgress) -> Download:
        """This, so far as ``progress`` says; a file that another one follows is finished."""
        before = self.current
        finished = self.finished
        if before is not None and (before.repository, before.file) != (progress.repository, progress.file):
            finished = (*finished, FetchedFile(before.repository, before.file, before.size))
        return replace(self, current=progress, finished=finished)

    def ended(self, status: Status, problem: Message | None = None) -> Download:
        """This, at its end."""
        return replace(self, status=status, problem=problem)


def keep(settings: StudioSettings, download: Download) -> None:
    """Write ``download`` down."""
    path = _record_path(settings, download.checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as aside:
        aside.write_text(json.dumps(_to_json(download), ensure_ascii=False), encoding="utf-8")


def kept(settings: StudioSettings, checkpoint: str) -> Download | None:
    """What was written down last of the download of ``checkpoint``; None where nothing was, or nothing readable."""
    try:
        return _from_json(json.loads(_record_path(settings, checkpoint).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # it is written anew by the next download, and holds nothing that cannot be asked for again


def work_lock(settings: StudioSettings, checkpoint: str) -> FileLock:
    """What the process that fetches ``checkpoint`` holds meanwhile."""
    folder = settings.downloads_dir
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{checkpoint}.lock")


def is_at_work(settings: StudioSettings, checkpoint: str) -> bool:
    """Whether some process fetches ``checkpoint`` now."""
    lock = work_lock(settings, checkpoint)
    try:
        with lock.acquire(blocking=False):
            return False
    except Timeout:
        return True


def call_path(settings: StudioSettings, checkpoint: str) -> Path:
    """The file that calls the download of ``checkpoint`` off by being there."""
    return settings.downloads_dir / f"{checkpoint}.cancel"


def _record_path(settings: StudioSettings, checkpoint: str) -> Path:
    return settings.downloads_dir / f"{checkpoint}.json"


def _to_json(download: Download) -> dict[str, Any]:
    return {
        "checkpoint": download.checkpoint,
        "status": download.status,
        "current": asdict(download.current) if download.current else None,
        "finished": [asdict(file) for file in download.finished],
        "problem": download.problem.to_json() if download.problem else None,
    }


def _from_json(kept: Mapping[str, Any]) -> Download:
    return Download(
        checkpoint=kept["checkpoint"],
        status=kept["status"],
        current=FileProgress(**kept["current"]) if kept["current"] else None,
        finished=tuple(FetchedFile(**file) for file in kept["finished"]),
        problem=Message.from_json(kept["problem"]) if kept["problem"] else None,
    )
