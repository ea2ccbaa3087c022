"""Owns the folder of a film's pieces: one video file a name, published once and whole. It knows no film.

<root>/<first two letters of the name>/<name>/   one piece:
    piece.mp4                                    its pictures; the ending is its container's
    manifest.json                                what the file should be like, written last
<root>/.writing/                                 pieces being written; what killed writers leave is swept later
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from framepack.files.atomic import sync
from framepack.files.damaged import put_aside
from framepack.files.manifest import NAME, NotWhole, check_sums, describe, read_manifest, write_manifest
from framepack.messages import Message

_FILE = "piece"
_ABANDONED_AFTER_SECONDS = 24 * 3600.0


class PieceStore:
    """The pieces below ``root``. Several processes may read and publish at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, name: str, ending: str) -> Path | None:
        """The file of a piece, None where there is none that is whole.

        It is read for that, once a process while it stays as it is. One that is damaged is put aside, with a sentence
        in the log.
        """
        folder = self._folder(name)
        if not folder.is_dir():
            return None
        try:
            manifest = read_manifest(folder / NAME)
            if manifest is None:
                raise NotWhole(Message("file-gone", {"name": NAME}))
            check_sums(folder, manifest)
        except NotWhole as fault:
            put_aside(folder, self.root.parent / "damaged", fault.message)
            return None
        return folder / f"{_FILE}{ending}"

    def publish(self, name: str, ending: str, write: Callable[[Path], int]) -> Path:
        """The file of a piece that ``write`` makes: it is given where to, and returns the number of frames.

        It is written aside, synced and renamed into place, whole or not at all. Where another was first, that one
        stays.
        """
        aside = self._writing() / uuid.uuid4().hex
        aside.mkdir()
        try:
            file = aside / f"{_FILE}{ending}"
            frames = write(file)
            sync(file)
            write_manifest(aside / NAME, describe([file], frames=frames))
            folder = self._folder(name)
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                aside.rename(folder)
            except OSError:
                # What another has published meanwhile is as good; what is there and not whole was put aside just now.
                if self.find(name, ending) is None:
                    aside.rename(folder)
            sync(folder.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return folder / file.name

    def _folder(self, name: str) -> Path:
        return self.root / name[:2] / name

    def _writing(self) -> Path:
        folder = self.root / ".writing"
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():
            try:
                abandoned = time.time() - left.stat().st_mtime > _ABANDONED_AFTER_SECONDS
            except FileNotFoundError:
                continue
            if abandoned:
                shutil.rmtree(left, ignore_errors=True)
        return folder
