"""Video files: what is written can be joined by copying, keeps its colours, and appears whole or not at all."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from framepack.files.manifest import NotWhole
from framepack.media.video import (
    VideoMismatch,
    decode_whole,
    join,
    probe,
    read_frame,
    read_frames,
    shows,
    write_frames,
)
from tests.support.full_disk import errno_on_a_full_disk, needs_a_full_disk

Frame = NDArray[np.uint8]


def plain(colour: tuple[int, int, int], count: int, height: int = 64, width: int = 96) -> list[Frame]:
    return [np.full((height, width, 3), colour, np.uint8) for _ in range(count)]


def moving(count: int, height: int = 64, width: int = 96) -> list[Frame]:
    down, across = np.mgrid[0:height, 0:width]
    return [
        np.stack([across * 2 + 3 * n, down * 3, np.full_like(down, 4 * n)], axis=-1).clip(0, 255).astype(np.uint8)
        for n in range(count)
    ]


def test_a_written_video_has_its_frames_rate_and_size(tmp_path: Path) -> None:
    assert write_frames(tmp_path / "a.mp4", moving(36), 30) == 36
    facts = probe(tmp_path / "a.mp4")
    assert (facts.frames, facts.fps, facts.height, facts.width, facts.seconds) == (36, 30.0, 64, 96, 1.2)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 100, 50)])
def test_colours_survive_because_they_are_converted_and_tagged_as_bt709(
    tmp_path: Path, colour: tuple[int, int, int]
) -> None:
    write_frames(tmp_path / "a.mp4", plain(colour, 2), 30)
    for frame in read_frames(tmp_path / "a.mp4"):
        assert np.abs(frame.astype(int) - np.array(colour)).max() <= 3
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_range, context.pix_fmt) == (1, 1, "yuv420p")


def test_a_written_video_is_near_lossless(tmp_path: Path) -> None:
    frames = moving(36)
    write_frames(tmp_path / "a.mp4", frames, 30)
    error = np.mean([(a.astype(float) - b) ** 2 for a, b in zip(frames, read_frames(tmp_path / "a.mp4"), strict=True)])
    assert 10 * np.log10(255**2 / error) > 38


def test_a_video_starts_with_its_only_key_frame_and_has_no_reordered_frames(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.mp4", moving(36), 30)
    with av.open(str(tmp_path / "a.mp4")) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.is_keyframe for packet in packets] == [True] + [False] * 35
    assert all(packet.pts == packet.dts for packet in packets)


def test_what_goes_wrong_while_frames_are_made_or_encoded_is_raised_at_once(tmp_path: Path) -> None:
    taken = 0

    def frames(broken: int) -> Iterator[Frame]:
        nonlocal taken
        for taken, frame in enumerate(moving(200), start=1):
            if taken == broken:
                raise RuntimeError("the decoder broke")
            yield frame if taken != 3 else frame[:, :, 0]
            time.sleep(0.002)

    with pytest.raises(ValueError, match=r"shape|dim"):
        write_frames(tmp_path / "a.mp4", frames(150), 30)
    assert taken < 150
    with pytest.raises(RuntimeError, match="the decoder broke"):
        write_frames(tmp_path / "b.mp4", frames(2), 30)


def _write_many_frames(path: Path) -> None:
    write_frames(path, moving(60), 30)


@needs_a_full_disk
def test_a_video_that_finds_no_room_even_for_its_beginning_is_an_error_and_not_the_end_of_the_process() -> None:
    assert errno_on_a_full_disk(_write_many_frames) == errno.ENOSPC


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        write_frames(tmp_path / "a.mp4", [], 30)


def test_joining_shows_exactly_the_first_frames_of_each_part_without_encoding_again(tmp_path: Path) -> None:
    clips = {"start": moving(1), "plain": plain((10, 200, 90), 36), "moving": moving(36)}
    for name, frames in clips.items():
        write_frames(tmp_path / f"{name}.mp4", frames, 30)
    parts = [("start", 1), ("moving", 36), ("plain", 8), ("moving", 4)]
    assert join([(tmp_path / f"{name}.mp4", count) for name, count in parts], tmp_path / "film.mp4") == 49

    wanted = [frame for name, count in parts for frame in list(read_frames(tmp_path / f"{name}.mp4"))[:count]]
    joined = list(read_frames(tmp_path / "film.mp4"))
    assert len(joined) == len(wanted) == probe(tmp_path / "film.mp4").frames
    assert all(np.array_equal(a, b) for a, b in zip(joined, wanted, strict=True))


def test_a_joined_film_runs_evenly_and_can_start_before_it_is_loaded(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.mp4", moving(36), 30)
    join([(tmp_path / "a.mp4", 12), (tmp_path / "a.mp4", 36)], tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as container:
        stream = container.streams.video[0]
        times = [packet.pts for packet in container.demux(stream) if packet.size]
        assert times == [512 * n for n in range(48)]
        assert stream.time_base is not None
        assert stream.time_base.denominator == 30 * 512
    data = (tmp_path / "film.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_part_of_another_size_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.mp4", moving(4), 30)
    write_frames(tmp_path / "b.mp4", moving(4, height=96), 30)
    with pytest.raises(VideoMismatch, match=r"b\.mp4"):
        join([(tmp_path / "a.mp4", 4), (tmp_path / "b.mp4", 4)], tmp_path / "film.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_asking_for_more_frames_than_a_part_has_is_refused_and_keeps_the_earlier_film(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.mp4", moving(4), 30)
    join([(tmp_path / "a.mp4", 4)], tmp_path / "film.mp4")
    with pytest.raises(VideoMismatch, match="it has 4 frames and 5 are asked for"):
        join([(tmp_path / "a.mp4", 5)], tmp_path / "film.mp4")
    assert probe(tmp_path / "film.mp4").frames == 4


@pytest.mark.parametrize("number", [0, 1, 35, 36, 37, 71, 99])
def test_any_frame_of_a_joined_video_is_found_by_its_number(tmp_path: Path, number: int) -> None:
    for name in ("a", "b"):
        write_frames(tmp_path / f"{name}.mp4", moving(50), 30)
    join([(tmp_path / "a.mp4", 50), (tmp_path / "b.mp4", 50)], tmp_path / "both.mp4")

    one_by_one = list(read_frames(tmp_path / "both.mp4"))

    assert np.array_equal(read_frame(tmp_path / "both.mp4", number), one_by_one[number])


def test_a_frame_that_a_video_has_not_is_refused_and_so_is_a_file_that_is_no_video(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.mp4", moving(10), 30)
    (tmp_path / "b.mp4").write_bytes(b"no video")

    with pytest.raises(VideoMismatch, match="10 frames"):
        read_frame(tmp_path / "a.mp4", 10)
    with pytest.raises(NotWhole):
        read_frame(tmp_path / "b.mp4", 0)


@pytest.mark.parametrize(
    "read",
    [
        probe,
        decode_whole,
        lambda path: list(read_frames(path)),
        lambda path: read_frame(path, 0),
        lambda path: join([(path, 2)], path.with_name("joined.mp4")),
    ],
)
def test_a_list_of_files_under_the_name_of_a_video_is_not_followed(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    write_frames(tmp_path / "other.mp4", moving(2), 30)
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile other.mp4\n", encoding="utf-8")
    with pytest.raises((ValueError, NotWhole)):
        read(tmp_path / "list.mp4")
    assert not shows(tmp_path / "list.mp4", [(tmp_path / "other.mp4", 2)])
