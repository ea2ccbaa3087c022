"""Pieces of films are there whole or not at all, whoever writes them, and however often."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from projects.composing.piece_store import PieceStore
from tests.support.damage import cut_short, flip_bytes, remove

NAME = "ab" * 32


def writing(data: bytes) -> Callable[[Path], int]:
    return lambda path: path.write_bytes(data)


@pytest.fixture
def store(tmp_path: Path) -> PieceStore:
    return PieceStore(tmp_path / "pieces")


def test_a_piece_is_found_when_it_was_published(store: PieceStore) -> None:
    assert store.find(NAME, ".mp4") is None
    path = store.publish(NAME, ".mp4", writing(b"pictures"))
    assert store.find(NAME, ".mp4") == path
    assert path.read_bytes() == b"pictures"


def test_of_two_who_make_the_same_piece_the_first_ones_stays(store: PieceStore) -> None:
    def write(path: Path) -> int:
        store.publish(NAME, ".mp4", writing(b"first"))
        return path.write_bytes(b"second")

    assert store.publish(NAME, ".mp4", write).read_bytes() == b"first"
    assert list((store.root / ".writing").iterdir()) == []


@pytest.mark.parametrize("harm", [flip_bytes, cut_short, remove])
def test_what_is_damaged_is_put_aside_and_can_be_made_again(store: PieceStore, harm: Callable[[Path], None]) -> None:
    harm(store.publish(NAME, ".mp4", writing(b"pictures" * 20)))
    assert store.find(NAME, ".mp4") is None
    assert (store.root.parent / "damaged" / NAME).is_dir()
    assert store.publish(NAME, ".mp4", writing(b"again")).read_bytes() == b"again"


def test_what_is_damaged_while_it_is_made_again_gives_way(store: PieceStore) -> None:
    def write(path: Path) -> int:
        cut_short(store.publish(NAME, ".mp4", writing(b"another's")))
        return path.write_bytes(b"whole")

    assert store.publish(NAME, ".mp4", write).read_bytes() == b"whole"


def test_a_writer_that_fails_leaves_nothing(store: PieceStore) -> None:
    def fail(path: Path) -> int:
        path.write_bytes(b"half")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        store.publish(NAME, ".mp4", fail)
    assert store.find(NAME, ".mp4") is None
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_what_killed_writers_left_is_swept_after_a_day(store: PieceStore) -> None:
    left = store.root / ".writing" / "killed"
    left.mkdir(parents=True)
    (left / "piece.mp4").write_bytes(b"half")
    young = store.root / ".writing" / "working"
    young.mkdir()
    os.utime(left, (0, time.time() - 25 * 3600))
    store.publish(NAME, ".mp4", writing(b"pictures"))
    assert not left.exists()
    assert young.exists()
