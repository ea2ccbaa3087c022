"""Owns the folder of finished sections: one unit a key, published once and whole; knows nothing of how they are made.

    <root>/<first two letters of the key>/<key>/   one unit:
        latents.safetensors                        latents (1, 16, T, h, w) fp32, last_frame (H, W, 3) uint8
        frames.mp4                                 the section's frames
    <root>/.writing/                               units being written; what killed writers leave here is swept later

A unit published with ``publish_latents`` has no frames: what the original model has sampled but not yet decoded.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from framepack.errors import SectionMissing
from framepack.media.video import probe, read_frames, write_frames

_LATENTS = "latents.safetensors"
_FRAMES = "frames.mp4"
_ABANDONED_AFTER_SECONDS = 24 * 3600.0


class SectionStore:
    """The finished sections below ``root``. Several processes may read and publish at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._swept = False

    def has(self, key: str) -> bool:
        """Whether a unit is published under ``key``."""
        return (self._folder(key) / _LATENTS).is_file()

    def latents(self, key: str) -> NDArray[np.float32]:
        """The unit's latents, (1, 16, T, h, w) fp32. Raises SectionMissing."""
        return self._tensor(key, "latents").astype(np.float32, copy=False)

    def frame(self, key: str, number: int) -> NDArray[np.uint8]:
        """The unit's frame ``number`` (from 1), (H, W, 3) uint8 RGB: its last as it was before encoding, else as shown.

        Raises SectionMissing.
        """
        path = self.video(key)
        if number == probe(path).frames:
            return self._tensor(key, "last_frame").astype(np.uint8, copy=False)
        return next(islice(read_frames(path), number - 1, None))

    def video(self, key: str) -> Path:
        """The unit's video file. Raises SectionMissing."""
        path = self._folder(key) / _FRAMES
        if not path.is_file():
            raise SectionMissing(key)
        return path

    def publish(self, key: str, latents: NDArray[np.float32], frames: Iterable[NDArray[np.uint8]], fps: int) -> bool:
        """Write a unit aside, sync it and rename it into place, whole or not at all.

        ``frames`` are (H, W, 3) uint8 RGB, taken one at a time. Returns False where another was first: what is
        there then stays, and this one is thrown away.
        """
        aside = self._begin(key)
        try:
            last = _Last(frames)
            write_frames(aside / _FRAMES, last, fps)
            save_file({"latents": np.ascontiguousarray(latents), "last_frame": last.frame()}, aside / _LATENTS)
            return self._put_in_place(aside, key)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def publish_latents(self, key: str, latents: NDArray[np.float32]) -> bool:
        """Publish a unit of latents alone, (1, 16, T, h, w) fp32; as ``publish`` otherwise."""
        aside = self._begin(key)
        try:
            save_file({"latents": np.ascontiguousarray(latents)}, aside / _LATENTS)
            return self._put_in_place(aside, key)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def discard(self, key: str) -> None:
        """Take the unit away if it is there; only for units nobody builds upon."""
        if not self.has(key):
            return
        aside = self._begin(key)
        with suppress(FileNotFoundError):  # another has just taken it away
            self._folder(key).rename(aside / "discarded")
        shutil.rmtree(aside, ignore_errors=True)

    def _folder(self, key: str) -> Path:
        if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
            raise ValueError(f"{key!r} is not a section key")
        return self.root / key[:2] / key

    def _tensor(self, key: str, name: str) -> NDArray[np.generic]:
        path = self._folder(key) / _LATENTS
        if not path.is_file():
            raise SectionMissing(key)
        with safe_open(path, framework="numpy") as file:
            if name not in file.keys():  # noqa: SIM118 (this object has no __contains__)
                raise SectionMissing(key)
            tensor: NDArray[np.generic] = file.get_tensor(name)
            return tensor

    def _begin(self, key: str) -> Path:
        writing = self.root / ".writing"
        if not self._swept:
            _sweep(writing)
            self._swept = True
        aside = writing / f"{_host()}-{os.getpid()}-{key[:16]}-{uuid.uuid4().hex}"
        aside.mkdir(parents=True)
        return aside

    def _put_in_place(self, aside: Path, key: str) -> bool:
        for path in aside.iterdir():
            _sync(path)
        _sync(aside)
        folder = self._folder(key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.rename(folder)
        except OSError:
            if self.has(key):
                return False
            raise
        _sync(folder.parent)
        return True


class _Last:
    """Passes frames on and remembers the last one."""

    def __init__(self, frames: Iterable[NDArray[np.uint8]]) -> None:
        self._frames = frames
        self._frame: NDArray[np.uint8] | None = None

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        for frame in self._frames:
            self._frame = frame
            yield frame

    def frame(self) -> NDArray[np.uint8]:
        assert self._frame is not None, "write_frames refuses an empty video"
        return np.ascontiguousarray(self._frame)


def _host() -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in socket.gethostname())


def _sweep(writing: Path) -> None:
    """Remove what killed writers left: those of this computer that run no more, and all that is a day old."""
    if not writing.is_dir():
        return
    for left in writing.iterdir():
        host, _, rest = left.name.partition("-")
        pid = rest.partition("-")[0]
        dead = host == _host() and pid.isdigit() and not psutil.pid_exists(int(pid))
        try:
            old = time.time() - left.stat().st_mtime > _ABANDONED_AFTER_SECONDS
        except FileNotFoundError:
            continue
        if dead or old:
            shutil.rmtree(left, ignore_errors=True)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder; its rename is durable without
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
