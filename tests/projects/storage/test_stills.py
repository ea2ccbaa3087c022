"""Single frames of takes: small ones are made once, any of them can be had as it was rendered."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framepack.files.manifest import NotWhole
from framepack.media.video import VideoMismatch, read_frames, write_frames
from projects.errors import NotFound
from projects.settings import StudioSettings
from projects.storage.places import still_path, take_path
from projects.storage.stills import frame_as_png, still
from tests.support.damage import cut_short, empty, flip_bytes, remove

TAKE = "ab" * 16


@pytest.fixture
def take(studio: StudioSettings) -> Path:
    """The file of a take that becomes brighter from frame to frame."""
    studio.make_folders()
    path = take_path(studio, TAKE)
    write_frames(path, (np.full((180, 320, 3), 10 * shade, np.uint8) for shade in range(20)), 30)
    return path


def test_the_first_frame_is_there_in_all_sizes_and_made_once(studio: StudioSettings, take: Path) -> None:
    for size, shown in ((160, (160, 90)), (480, (320, 180)), (960, (320, 180))):
        with Image.open(still(studio, TAKE, size)) as small:
            assert (small.size, small.format) == (shown, "WEBP")
            assert max(small.convert("L").getdata()) < 20
    made = still_path(studio, TAKE, 160).stat().st_mtime_ns
    take.unlink()

    assert still(studio, TAKE, 160).stat().st_mtime_ns == made


def test_any_frame_is_had_to_the_bit(studio: StudioSettings, take: Path) -> None:
    with Image.open(io.BytesIO(frame_as_png(studio, TAKE, 7))) as frame:
        assert np.array_equal(np.asarray(frame), list(read_frames(take))[7])
    with pytest.raises(VideoMismatch):
        frame_as_png(studio, TAKE, 20)


def test_a_take_without_a_whole_file_has_no_frames(studio: StudioSettings, take: Path) -> None:
    take.write_bytes(b"no video")
    with pytest.raises(NotWhole):
        still(studio, TAKE, 160)

    take.unlink()
    with pytest.raises(NotFound):
        still(studio, TAKE, 160)
    with pytest.raises(NotFound):
        frame_as_png(studio, TAKE, 0)


@pytest.mark.usefixtures("take")
@pytest.mark.parametrize("damage", [remove, cut_short, empty, flip_bytes])
def test_a_damaged_small_picture_is_made_again(studio: StudioSettings, damage: Callable[[Path], None]) -> None:
    small = still(studio, TAKE, 160)
    whole = small.read_bytes()
    damage(small)

    assert still(studio, TAKE, 160).read_bytes() == whole
