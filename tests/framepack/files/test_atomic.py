"""A file is there whole or not at all, and what the disk says when it is full is known whoever hands it on."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from safetensors import SafetensorError

from framepack.files.atomic import in_place, replacing
from framepack.files.filesystem import is_disk_full

Write = Callable[[Path], AbstractContextManager[Path]]


@pytest.mark.parametrize("write", [in_place, replacing])
def test_a_file_takes_the_place_of_the_one_before_only_when_it_is_written(tmp_path: Path, write: Write) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")
    with write(path) as aside:
        aside.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert [left.name for left in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("write", [in_place, replacing])
def test_a_writer_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path, write: Write) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")

    def fail() -> None:
        with write(path) as aside:
            aside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "before"
    assert [left.name for left in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"), True),
        (SafetensorError("Error while serializing: I/O error: There is not enough space. (os error 112)"), True),
        (SafetensorError("Error while deserializing header: header too large"), False),
        (OSError(errno.EACCES, "Permission denied"), False),
        (ValueError("(os error 28)"), False),
    ],
    ids=str,
)
def test_a_full_disk_is_known_by_whatever_says_it(error: BaseException, full: bool) -> None:
    assert is_disk_full(error) == full
