"""The store of finished sections: a unit is there whole or not at all, and the first one stays."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from framepack.errors import SectionMissing
from framepack.media.video import probe
from framepack.store.section_store import SectionStore

KEY = "ab" * 32


def latents(value: float = 0.5) -> NDArray[np.float32]:
    return np.full((1, 16, 9, 4, 6), value, np.float32)


def frames(count: int = 8) -> Iterator[NDArray[np.uint8]]:
    for n in range(count):
        yield np.full((32, 48, 3), 10 * n, np.uint8)


def leftovers(root: Path) -> list[str]:
    writing = root / ".writing"
    return [path.name for path in writing.iterdir()] if writing.exists() else []


def test_a_published_unit_is_read_back_to_the_bit(tmp_path: Path) -> None:
    store = SectionStore(tmp_path)
    made = np.random.default_rng(0).standard_normal((1, 16, 9, 4, 6)).astype(np.float32)
    assert not store.has(KEY)
    assert store.publish(KEY, made, frames(), 30)
    assert store.has(KEY)
    assert np.array_equal(store.latents(KEY), made)
    assert store.latents(KEY).dtype == np.float32
    assert np.array_equal(store.frame(KEY, 8), np.full((32, 48, 3), 70, np.uint8))
    assert np.abs(store.frame(KEY, 3).astype(int) - 20).max() <= 2
    assert probe(store.video(KEY)).frames == 8
    assert leftovers(tmp_path) == []


def test_the_second_to_publish_a_key_discards_its_own(tmp_path: Path) -> None:
    first, second = SectionStore(tmp_path), SectionStore(tmp_path)
    assert first.publish(KEY, latents(0.5), frames(), 30)
    assert not second.publish(KEY, latents(0.7), frames(), 30)
    assert first.latents(KEY)[0, 0, 0, 0, 0] == np.float32(0.5)
    assert leftovers(tmp_path) == []


def test_a_writer_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> Iterator[NDArray[np.uint8]]:
        yield from frames(3)
        raise KeyboardInterrupt

    store = SectionStore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        store.publish(KEY, latents(), interrupted(), 30)
    assert not store.has(KEY)
    assert leftovers(tmp_path) == []


def test_what_a_killed_writer_left_is_swept_and_what_a_living_one_writes_is_kept(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    host = "".join(letter if letter.isalnum() else "_" for letter in socket.gethostname())
    for name in (f"{host}-{ended.pid}-dead", f"{host}-{os.getpid()}-alive", "elsewhere-1-alive"):
        (tmp_path / ".writing" / name).mkdir(parents=True)
    long_ago = tmp_path / ".writing" / "elsewhere-1-forgotten"
    long_ago.mkdir()
    os.utime(long_ago, (0, 0))

    SectionStore(tmp_path).publish(KEY, latents(), frames(), 30)
    assert sorted(leftovers(tmp_path)) == sorted([f"{host}-{os.getpid()}-alive", "elsewhere-1-alive"])


def test_a_unit_of_latents_alone_has_no_video_and_can_be_discarded(tmp_path: Path) -> None:
    store = SectionStore(tmp_path)
    assert store.publish_latents(KEY, latents())
    assert store.has(KEY)
    with pytest.raises(SectionMissing):
        store.video(KEY)
    with pytest.raises(SectionMissing):
        store.frame(KEY, 1)
    store.discard(KEY)
    assert not store.has(KEY)
    assert leftovers(tmp_path) == []
    store.discard(KEY)


def test_a_missing_section_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(SectionMissing, match="abababababab"):
        SectionStore(tmp_path).latents(KEY)


def test_only_keys_become_paths(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a section key"):
        SectionStore(tmp_path).has("../../etc/passwd")
