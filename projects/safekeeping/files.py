"""The files of a backup, each named by the SHA-256 of its bytes and put there whole. It knows nothing of a studio."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from framepack.files.atomic import sync
from framepack.files.manifest import FileFacts
from framepack.messages import Message
from projects.errors import StudioError

# Is told how many more bytes have been read.
Watch = Callable[[int], None]
_AT_ONCE = 4 * 2**20
_NAME = re.compile(r"[0-9a-f]{64}|\..+\.[0-9a-f]{32}\.part")
# What is wrong with one file, and not with the program or the disk that is written to.
_OF_THE_FILE = (errno.EIO, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENXIO)


class CannotBeRead(StudioError):
    """A file is there and cannot be read, or is no plain file; ``message`` is the reason."""


class BackupFiles:
    """The files below ``root``, by their sums."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the file with this sum lies, or would lie."""
        return self.root / sha256[:2] / sha256

    def has(self, sha256: str, size: int) -> bool:
        """Whether it is there, as far as its size shows."""
        return plain_size(self.path(sha256)) == size

    def take(self, source: Path, expected: str | None, watch: Watch) -> FileFacts | None:
        """Keep a copy of ``source``; None where it is not what was ``expected``, and nothing is kept.

        Raises CannotBeRead, and FileNotFoundError where it is gone.
        """
        with self.aside() as aside:
            facts = copy_file(source, aside, watch)
            if expected is not None and facts.sha256 != expected:
                return None
            self.keep(aside, facts)
        return facts

    def keep(self, aside: Path, facts: FileFacts) -> None:
        """Put a file that was written ``aside`` in its place."""
        path = self.path(facts.sha256)
        path.parent.mkdir(exist_ok=True)
        aside.replace(path)
        sync(path.parent)

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """A name for a file that is being written; it is gone at the end if it was not kept."""
        self.root.mkdir(exist_ok=True)
        aside = self.root / f".new.{uuid.uuid4().hex}.part"
        try:
            yield aside
        finally:
            aside.unlink(missing_ok=True)

    def remove_others(self, needed: Collection[str]) -> int:
        """Remove all files but the ``needed``, and what killed writers left. Returns how many they were."""
        removed = 0
        for path in [*self.root.glob("[0-9a-f][0-9a-f]/*"), *self.root.glob(".new.*.part")]:
            if _NAME.fullmatch(path.name) and path.name not in needed and plain_size(path) is not None:
                path.unlink()
                removed += 1
        return removed


def plain_size(path: Path) -> int | None:
    """The bytes of a plain file; None where there is none, or something else. No link is followed."""
    try:
        state = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state.st_size if stat.S_ISREG(state.st_mode) else None


def facts_of(path: Path, watch: Watch) -> FileFacts:
    """Size and sum of a plain file. Raises CannotBeRead and FileNotFoundError."""
    sum, size = hashlib.sha256(), 0
    for part in _parts(path):
        sum.update(part)
        size += len(part)
        watch(len(part))
    return FileFacts(size, sum.hexdigest())


def copy_file(path: Path, to: Path, watch: Watch) -> FileFacts:
    """Copy a plain file to ``to``, where nothing is yet, down to the disk. Raises as ``facts_of``."""
    sum, size = hashlib.sha256(), 0
    with to.open("xb") as out:
        for part in _parts(path):
            out.write(part)
            sum.update(part)
            size += len(part)
            watch(len(part))
        out.flush()
        os.fsync(out.fileno())
    return FileFacts(size, sum.hexdigest())


def _parts(path: Path) -> Iterator[bytes]:
    # Neither a link that took a file's place is followed, nor a pipe waited for. Windows has neither flag.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with _faults_of(path):
        handle = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise CannotBeRead(Message("file-not-plain"))
        while True:
            with _faults_of(path):
                part = os.read(handle, _AT_ONCE)
            if not part:
                return
            yield part
    finally:
        os.close(handle)


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_THE_FILE:
            raise
        said = error.strerror or type(error).__name__
        raise CannotBeRead(Message("of-file", {"file": path.name, "reason": said})) from error
