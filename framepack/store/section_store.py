"""Owns the folder of finished sections: one unit a key, published once and whole; knows nothing of how they are made.

    <root>/<first two letters of the key>/<key>/   one unit:
        latents.safetensors                        latents (1, 16, T, h, w) fp32, last_frame (H, W, 3) uint8
        frames.mp4                                 the section's frames
        manifest.json                              what both should be like, written last: with it the unit is finished
        quality.json                               what the frames look like; not in the manifest, and it may be missing
    <root>/.uncompared/                            names of units whose likeness is not known yet (see ``uncompared``)
    <root>/.writing/                               units being written; what killed writers leave here is swept later
    <root>/../damaged/                             units that were found not to be whole

A unit published with ``publish_latents`` has no frames: what the original model has sampled but not yet decoded.
Units made before there were manifests have none; each is read whole at its first use and then gets one.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from framepack.errors import SectionMissing
from framepack.files.atomic import sync
from framepack.files.damaged import put_aside
from framepack.files.manifest import (
    NAME,
    Manifest,
    NotWhole,
    check_sizes,
    check_sums,
    describe,
    read_manifest,
    write_manifest,
)
from framepack.media.quality import Moment, Watched, measure
from framepack.media.video import read_frames, write_frames
from framepack.messages import Message
from framepack.store.quality_file import read_quality, write_quality
from framepack.store.unit_reading import read_unit, shape_of

LATENTS = "latents.safetensors"
FRAMES = "frames.mp4"
QUALITY = "quality.json"
UNCOMPARED = ".uncompared"
_ABANDONED_AFTER_SECONDS = 24 * 3600.0


class SectionStore:
    """The finished sections below ``root``. Several processes may read and publish at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._swept = False

    def has(self, key: str) -> bool:
        """Whether a finished unit lies under ``key``, as far as the sizes of its files show: cheap, for mere counting.

        Of one without a manifest only its files are looked for.
        """
        folder = self._folder(key)
        try:
            manifest = read_manifest(folder / NAME)
            if manifest is not None:
                check_sizes(folder, manifest)
        except NotWhole:
            return False
        return manifest is not None or (folder / LATENTS).is_file()

    def is_whole(self, key: str) -> bool:
        """Whether the unit under ``key`` is what it was when it was finished, so that it may be built upon.

        Its files are read for that, once a process while they stay as they are. One that is not whole is put aside,
        with a sentence in the log, and is not there any more.
        """
        return self._checked(key) is not None

    def fault(self, key: str) -> NotWhole | None:
        """What is wrong with the unit whose folder is there, None where it is whole. Nothing is put aside."""
        try:
            _check(self._folder(key))
        except NotWhole as fault:
            return fault
        return None

    def put_aside(self, key: str, fault: NotWhole) -> None:
        """Put the unit aside because of ``fault``, with a sentence in the log."""
        put_aside(self._folder(key), self.root.parent / "damaged", fault.message)

    def keys(self) -> Iterator[str]:
        """The keys of all units that have a folder, finished or not."""
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]/*")):
            if _is_key(folder.name):
                yield folder.name

    def latents(self, key: str) -> NDArray[np.float32]:
        """The unit's latents, (1, 16, T, h, w) fp32. Raises SectionMissing."""
        self._whole(key)
        return self._tensor(key, "latents").astype(np.float32, copy=False)

    def frame(self, key: str, number: int) -> NDArray[np.uint8]:
        """The unit's frame ``number`` (from 1), (H, W, 3) uint8 RGB: its last as it was before encoding, else as shown.

        Raises SectionMissing.
        """
        path = self.video(key)
        if number == self._whole(key).frames:
            return self._tensor(key, "last_frame").astype(np.uint8, copy=False)
        return next(islice(read_frames(path), number - 1, None))

    def last_frame(self, key: str) -> NDArray[np.uint8]:
        """The unit's last frame as it was before encoding, (H, W, 3) uint8 RGB. Raises SectionMissing."""
        self.video(key)
        return self._tensor(key, "last_frame").astype(np.uint8, copy=False)

    def video(self, key: str) -> Path:
        """The unit's video file. Raises SectionMissing."""
        if FRAMES not in self._whole(key).files:
            raise SectionMissing(key)
        return self._folder(key) / FRAMES

    def quality(self, key: str) -> tuple[Moment, ...] | None:
        """What the unit's frames look like; None where that was not measured when it was made."""
        return read_quality(self.quality_file(key))

    def quality_file(self, key: str) -> Path:
        """The file of ``quality``, which may be missing."""
        return self._folder(key) / QUALITY

    def measure(self, key: str) -> tuple[Moment, ...]:
        """As ``quality``; where it is not known, the unit's video is decoded and measured. Raises SectionMissing."""
        known = self.quality(key)
        if known is None:
            known = measure(read_frames(self.video(key)))
            write_quality(self.quality_file(key), known)
        return known

    def note_likeness(self, key: str, likeness: float) -> None:
        """Add to the unit's ``quality`` how like its last frame is to its picture. Raises SectionMissing."""
        *before, last = self.measure(key)
        write_quality(self.quality_file(key), [*before, replace(last, likeness=likeness)])

    def files(self, key: str) -> tuple[Path, ...]:
        """The files of the unit, with its manifest. Raises SectionMissing."""
        return tuple(self._folder(key) / name for name in (*self._whole(key).files, NAME))

    def publish(self, key: str, latents: NDArray[np.float32], frames: Iterable[NDArray[np.uint8]], fps: int) -> bool:
        """Write a unit aside, sync it and rename it into place, whole or not at all.

        ``frames`` are (H, W, 3) uint8 RGB, taken one at a time. Returns False where another was first: what is
        there then stays, and this one is thrown away. What is there and not whole is put aside.
        """
        aside = self._begin(key)
        try:
            watched = Watched(frames)
            count = write_frames(aside / FRAMES, watched, fps)
            save_file({"latents": np.ascontiguousarray(latents), "last_frame": watched.last}, aside / LATENTS)
            write_quality(aside / QUALITY, watched.moments)
            _finish(aside, frames=count, shape=latents.shape)
            return self._put_in_place(aside, key)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def publish_latents(self, key: str, latents: NDArray[np.float32]) -> bool:
        """Publish a unit of latents alone, (1, 16, T, h, w) fp32; as ``publish`` otherwise."""
        aside = self._begin(key)
        try:
            save_file({"latents": np.ascontiguousarray(latents)}, aside / LATENTS)
            _finish(aside, frames=None, shape=latents.shape)
            return self._put_in_place(aside, key)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def receive(self, key: str, files: Iterable[Path]) -> bool:
        """Publish a unit that was made elsewhere, whose ``files`` (see ``files``) are moved from where they lie.

        Returns False as ``publish``. Raises NotWhole where it is not what its manifest says.
        """
        aside = self._begin(key)
        try:
            for path in files:
                path.replace(aside / path.name)
            check_unit(aside)
            return self._put_in_place(aside, key)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def share(self, key: str) -> None:
        """Have others who share these sections find the unit, which is there. Here nobody shares them."""

    def discard(self, key: str) -> None:
        """Take the unit away if it is there; only for units nobody builds upon."""
        (self.root / UNCOMPARED / key).unlink(missing_ok=True)
        if not self._folder(key).is_dir():
            return
        aside = self._begin(key)
        with suppress(FileNotFoundError):  # another has just taken it away
            self._folder(key).rename(aside / "discarded")
        shutil.rmtree(aside, ignore_errors=True)

    def _folder(self, key: str) -> Path:
        if not _is_key(key):
            raise ValueError(f"{key!r} is not a section key")
        return self.root / key[:2] / key

    def _checked(self, key: str) -> Manifest | None:
        """The manifest of a whole unit; None where there is none, or none any more."""
        folder = self._folder(key)
        if not folder.is_dir():
            return None
        try:
            return _check(folder)
        except NotWhole as fault:
            self.put_aside(key, fault)
            return None

    def _whole(self, key: str) -> Manifest:
        manifest = self._checked(key)
        if manifest is None:
            raise SectionMissing(key)
        return manifest

    def _tensor(self, key: str, name: str) -> NDArray[np.generic]:
        with safe_open(self._folder(key) / LATENTS, framework="numpy") as file:
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
            sync(path)
        sync(aside)
        folder = self._folder(key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            if self.is_whole(key):
                return False
            aside.rename(folder)  # what was in the way is put aside
        sync(folder.parent)
        return True


def check_unit(folder: Path) -> Manifest:
    """The manifest of a unit that lies in ``folder``. Raises NotWhole unless it is a unit, and whole."""
    manifest = read_manifest(folder / NAME)
    if manifest is None or LATENTS not in manifest.files:
        raise NotWhole(Message("file-gone", {"name": NAME if manifest is None else LATENTS}))
    if set(manifest.files) - {LATENTS, FRAMES}:
        raise NotWhole(Message("manifest-damaged", {"name": NAME}))
    check_sums(folder, manifest)
    shape = shape_of(folder / LATENTS)
    if manifest.shape is not None and manifest.shape != shape:
        raise NotWhole(Message("latents-unreadable"))
    return manifest


def _finish(folder: Path, *, frames: int | None, shape: tuple[int, ...]) -> None:
    files = [path for path in (folder / LATENTS, folder / FRAMES) if path.is_file()]
    write_manifest(folder / NAME, describe(files, frames=frames, shape=shape))


def _check(folder: Path) -> Manifest:
    """The manifest of the unit in ``folder``, which gets one where it has none. Raises NotWhole."""
    manifest = read_manifest(folder / NAME)
    if manifest is not None:
        check_sums(folder, manifest)
        return manifest
    frames, shape = read_unit(folder / LATENTS, folder / FRAMES)
    _finish(folder, frames=frames, shape=shape)
    return _check(folder)


def _is_key(name: str) -> bool:
    return len(name) == 64 and set(name) <= set("0123456789abcdef")


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
