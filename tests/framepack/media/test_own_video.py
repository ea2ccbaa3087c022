"""The end of anybody's video: which pictures are read of it, whatever its rate, kind, rotation and range."""

from __future__ import annotations

import math
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from av.codec.context import Flags
from PIL import Image

from framepack.errors import VideoRejected
from framepack.media import own_video
from framepack.media.own_video import last_picture, pictures_of_past, read_video, video_hash
from framepack.shots.past import end_of_video
from tests.support.own_videos import levels, moving, write_video

FPS = 30


INTERLACED = {"flags": Flags.interlaced_dct | Flags.interlaced_me, "bit_rate": 8_000_000}


def numbers(pictures: list[Image.Image]) -> list[int]:
    """Which of ``levels`` each picture is."""
    return [round((float(np.asarray(one).mean()) - 20) / 4) for one in pictures]


def end_of(path: Path) -> list[Image.Image]:
    facts = read_video(path, path.name, FPS)
    return list(pictures_of_past(path, path.name, end_of_video("a" * 64, facts.last), FPS))


def test_the_last_pictures_are_read_in_order_and_the_last_is_the_files_last(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", [levels(number) for number in range(90)])
    facts = read_video(path, "clip.mp4", FPS)
    assert (facts.last, facts.width, facts.height, facts.mime) == (89, 64, 64, "video/mp4")
    assert facts.seconds == pytest.approx(3.0)
    assert numbers(end_of(path)) == [number % 50 for number in range(17, 90)]
    assert numbers([facts.picture, last_picture(path, "clip.mp4")]) == [39, 39]


@pytest.mark.parametrize(("fps", "count"), [(60, 150), (24, 80), (Fraction(30000, 1001), 90), (12, 40), (120, 300)])
def test_any_rate_comes_to_the_models_with_the_last_picture_last(
    tmp_path: Path, fps: Fraction | int, count: int
) -> None:
    path = write_video(tmp_path / "clip.mp4", [levels(n) for n in range(count)], fps=fps)
    facts = read_video(path, "clip.mp4", FPS)
    assert facts.last == round((count - 1) / Fraction(fps) * FPS)
    read = numbers(end_of(path))
    shown = [count - 1 - Fraction(back, FPS) * fps + Fraction(fps, 500) for back in range(72, -1, -1)]
    assert read == [math.floor(number) % 50 for number in shown]


def test_a_rate_that_varies_is_followed_in_time(tmp_path: Path) -> None:
    stamps = [0, 40, 400, 433, 1500, 1533, 1567]
    path = write_video(tmp_path / "phone.mp4", [levels(n) for n in range(7)], stamps=stamps)
    read = numbers(end_of(path))
    assert read[-1] == 6
    assert read[-34:] == [*[3] * 31, 4, 5, 6]


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("clip.mkv", "libx264", "yuv444p"),
        ("clip.webm", "libvpx-vp9", "yuv420p"),
        ("clip.avi", "mpeg4", "yuv420p"),
        ("clip.mov", "prores_ks", "yuv422p10le"),
        ("clip.ts", "mpeg2video", "yuv420p"),
        ("clip.gif", "gif", "rgb8"),
    ],
)
def test_any_common_kind_is_read(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    path = write_video(tmp_path / name, [levels(number) for number in range(50)], codec=codec, pixels=pixels, fps=25)
    facts = read_video(path, name, FPS)
    assert facts.last == pytest.approx(59, abs=1)
    assert numbers([facts.picture])[0] == pytest.approx(49, abs=9 if name.endswith("gif") else 3)


def test_the_name_says_nothing_of_the_kind(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", [levels(number) for number in range(20)])
    shutil.copy(path, tmp_path / "holiday.jpg")
    assert read_video(tmp_path / "holiday.jpg", "holiday.jpg", FPS).last == 19


def test_a_phones_rotation_is_applied(tmp_path: Path) -> None:
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, :32] = 230  # the left edge, which is the upper one when the phone is turned
    path = write_video(tmp_path / "plain.mp4", [picture] * 20)
    turned = tmp_path / "turned.mp4"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-display_rotation", "-90", "-i", str(path), "-c", "copy", str(turned)]
    subprocess.run(command, check=True)
    facts = read_video(turned, "turned.mp4", FPS)
    assert (facts.width, facts.height) == (64, 128)
    assert np.asarray(facts.picture)[:20].mean() > 200
    assert np.asarray(facts.picture)[60:].mean() < 30


def test_pixels_that_are_not_square_are_evened_out(tmp_path: Path) -> None:
    context = {"sample_aspect_ratio": Fraction(3, 2)}
    path = write_video(tmp_path / "wide.mp4", [levels(n) for n in range(20)], context=context)
    assert read_video(path, "wide.mp4", FPS).width == 96


def test_of_an_interlaced_video_one_moment_is_shown(tmp_path: Path) -> None:
    def combed(picture: np.ndarray) -> float:
        return float(np.abs(2.0 * picture[1:-1] - picture[:-2] - picture[2:]).mean())

    woven = [moving(4 * n) for n in range(20)]
    for n, picture in enumerate(woven):
        picture[1::2] = moving(4 * n + 2)[1::2]
    path = write_video(tmp_path / "tape.ts", woven, fps=25, codec="mpeg2video", context=INTERLACED)
    seen = np.asarray(read_video(path, "tape.ts", FPS).picture, dtype=float)
    assert seen.shape == woven[-1].shape
    assert combed(seen) < 0.4 * combed(woven[-1].astype(float))
    assert np.array_equal(seen, np.asarray(end_of(path)[-1], dtype=float))


def test_an_hdr_video_is_brought_into_an_ordinary_range_with_a_remark(tmp_path: Path) -> None:
    context = {"color_trc": 16, "color_primaries": 9, "colorspace": 9}
    grey = [np.full((64, 64, 3), 148, np.uint8)] * 20  # about white paper in PQ
    path = write_video(tmp_path / "hdr.mp4", grey, pixels="yuv420p10le", context=context)
    facts = read_video(path, "hdr.mp4", FPS)
    assert [remark.values["remark"].id for remark in facts.remarks] == ["video-hdr"]  # type: ignore[union-attr]
    assert np.asarray(facts.picture).mean() > 225


def test_a_file_that_is_cut_short_is_gone_on_from_where_it_can_be_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", [moving(number) for number in range(90)])
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    facts = read_video(cut, "cut.mkv", FPS)
    assert 20 < facts.last < 80


def refusal(path: Path) -> str:
    with pytest.raises(VideoRejected) as refused:
        read_video(path, path.name, FPS)
    assert path.name in str(refused.value)
    return refused.value.reason.id


def test_what_cannot_be_gone_on_from_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video at all")
    assert refusal(text) == "video-unknown"
    picture = tmp_path / "picture.mp4"
    Image.new("RGB", (64, 64)).save(picture, "PNG")
    assert refusal(picture) == "video-is-picture"
    listed = tmp_path / "list.m3u8"
    listed.write_text(f"#EXTM3U\n#EXTINF:1,\n{text}\n")
    assert refusal(listed) == "video-unknown"
    assert refusal(tmp_path / "nowhere.mp4") == "picture-missing"
    assert refusal(write_video(tmp_path / "short.mp4", [levels(n) for n in range(4)])) == "video-too-short"
    assert refusal(write_video(tmp_path / "tiny.mkv", [levels(n, 8, 8) for n in range(9)])) == "video-size"
    whole = write_video(tmp_path / "clip.mp4", [levels(n) for n in range(30)])
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(whole.read_bytes()[:400])
    assert refusal(damaged) == "video-damaged"
    monkeypatch.setattr(own_video, "MAX_VIDEO_BYTES", 100)
    assert refusal(whole) == "video-many-bytes"
    monkeypatch.setattr(own_video, "MAX_VIDEO_BYTES", 2**20)
    monkeypatch.setattr(own_video, "MAX_VIDEO_SECONDS", 0.5)
    assert refusal(whole) == "video-long"


def test_a_video_is_named_by_what_is_in_its_file(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", [levels(n) for n in range(9)])
    shutil.copy(path, tmp_path / "other.mov")
    assert video_hash(path) == video_hash(tmp_path / "other.mov")
    assert len(video_hash(path)) == 64
