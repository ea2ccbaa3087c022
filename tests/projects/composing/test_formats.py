"""Every format is what its ending says, has every frame, and brings plain colours back; qualities differ in size."""

from __future__ import annotations

import io
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from framepack.media.video import write_frames
from projects.composing.compose import compose
from projects.composing.formats import FORMATS, Format
from projects.composing.orders import FilmOrder, FilmRefused, check_output, format_of
from projects.films.timeline import Timeline
from projects.frames.material import Pixels, Sources
from tests.support.numbered_takes import clip, dissolve, film, frames_in, number_in, source, write_take

VIDEOS: tuple[Format, ...] = ("h264", "h265", "av1", "vp9", "prores")
DECODED_AS = {"h264": "h264", "h265": "hevc", "av1": "libdav1d", "vp9": "vp9", "prores": "prores"}
COLOURS = [
    *[(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0), (0, 255, 0), (0, 0, 255)],
    *[(255, 255, 0), (0, 255, 255), (255, 0, 255), (115, 82, 68), (194, 150, 130), (98, 122, 157)],
]
PATCH = 32


def chart() -> Pixels:
    """Twelve patches of plain colours."""
    frame = np.zeros((3 * PATCH, 4 * PATCH, 3), np.uint8)
    for place, colour in enumerate(COLOURS):
        down, across = divmod(place, 4)
        frame[down * PATCH : (down + 1) * PATCH, across * PATCH : (across + 1) * PATCH] = colour
    return frame


def furthest(frame: Pixels) -> int:
    """How many levels the middle of a patch is off at most."""
    middles = frame[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH].reshape(-1, 3).astype(int)
    return int(np.abs(middles - np.array(COLOURS)).max())


def write(folder: Path, timeline: Timeline, sources: Sources, order: FilmOrder) -> Path:
    out = folder / f"film{order.facts.endings[0]}"
    compose(timeline=timeline, sources=sources, order=order, out=out, pieces=folder / "pieces")
    return out


@pytest.fixture
def two(tmp_path: Path) -> tuple[Timeline, Sources]:
    takes = {"a": write_take(tmp_path / "a.mp4", 50), "b": write_take(tmp_path / "b.mp4", 50)}
    a, b = (source(name, 50) for name in takes)
    return film(clip(a), clip(b, lead=dissolve(10))), Sources(takes)


@pytest.mark.parametrize("format", VIDEOS)
def test_a_video_has_every_frame_and_says_that_it_is_bt709(
    tmp_path: Path, two: tuple[Timeline, Sources], format: Format
) -> None:
    out = write(tmp_path, *two, FilmOrder(format))
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert context.name == DECODED_AS[format]
        tags = (context.colorspace, context.color_range, context.color_primaries, context.color_trc)
        assert tags == (1, 1, 1, 1)
        assert container.metadata["title"] == "film"
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    numbers = [number_in(picture) for picture in pictures]
    assert [*numbers[:40], *numbers[50:]] == [*range(40), *range(10, 50)]
    assert len(numbers) == 90


@pytest.mark.parametrize("format", VIDEOS)
def test_plain_colours_come_back_within_two_levels_at_the_best_quality(tmp_path: Path, format: Format) -> None:
    write_frames(tmp_path / "a.mp4", [chart()] * 6, 30)
    take = source("a", 6, width=4 * PATCH, height=3 * PATCH)
    # Once as it is, once through pixels and an encoder.
    timeline = film(clip(take), clip(take, lead=dissolve(3)), size=(4 * PATCH, 3 * PATCH))
    out = write(tmp_path, timeline, Sources({"a": ((tmp_path / "a.mp4", 6),)}), FilmOrder(format, "best"))
    assert [furthest(frame) for frame in frames_in(out) if furthest(frame) > 2] == []


def test_an_animated_webp_and_png_files_bring_colours_back(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.mp4", [chart()] * 3, 30)
    timeline = film(clip(source("a", 3, width=4 * PATCH, height=3 * PATCH)), size=(4 * PATCH, 3 * PATCH))
    sources = Sources({"a": ((tmp_path / "a.mp4", 3),)})
    webp = Image.open(write(tmp_path, timeline, sources, FilmOrder("webp", "best")))
    assert webp.n_frames == 3  # type: ignore[attr-defined]
    assert furthest(np.asarray(webp.convert("RGB"))) <= 2
    with zipfile.ZipFile(write(tmp_path, timeline, sources, FilmOrder("png"))) as archive:
        assert archive.namelist() == ["000001.png", "000002.png", "000003.png"]
        assert archive.testzip() is None
        assert furthest(np.asarray(Image.open(io.BytesIO(archive.read("000003.png"))))) <= 2


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_animations_have_every_frame_and_last_as_long_as_the_film(
    tmp_path: Path, two: tuple[Timeline, Sources], format: Format
) -> None:
    with Image.open(write(tmp_path, *two, FilmOrder(format))) as animation:
        assert animation.format == format.upper()
        assert animation.n_frames == 90  # type: ignore[attr-defined]
        assert animation.info["loop"] == 0
        lasts, numbers = 0.0, []
        for frame in range(90):
            animation.seek(frame)
            numbers.append(number_in(np.asarray(animation.convert("RGB"))))
            lasts += float(animation.info["duration"])
    assert lasts == pytest.approx(3000, abs=34)
    assert [*numbers[:40], *numbers[50:]] == [*range(40), *range(10, 50)]


def test_pictures_of_a_film_are_put_into_a_folder(tmp_path: Path, two: tuple[Timeline, Sources]) -> None:
    out = tmp_path / "pictures"
    made = compose(timeline=two[0], sources=two[1], order=FilmOrder("png"), out=out, pieces=tmp_path / "pieces")
    files = sorted(out.iterdir())
    assert made.frames == len(files) == 90
    assert [number_in(np.asarray(Image.open(file))) for file in files[:40]] == list(range(40))
    with pytest.raises(FilmRefused, match="not an empty folder"):
        compose(timeline=two[0], sources=two[1], order=FilmOrder("png"), out=out, pieces=tmp_path / "pieces")


@pytest.mark.parametrize("format", [*VIDEOS, "webp"])
def test_a_better_quality_is_a_larger_file(tmp_path: Path, format: Format) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (24, 64, 96, 3)).astype(np.uint8)
    write_frames(tmp_path / "a.mp4", noise, 30)
    # Shown backwards, so that all is encoded.
    timeline = film(clip(source("a", 24), reverse=True))
    sources = Sources({"a": ((tmp_path / "a.mp4", 24),)})
    sizes = [
        write(tmp_path, timeline, sources, FilmOrder(format, quality)).stat().st_size
        for quality in ("small", "good", "best")
    ]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("format", [format for format in VIDEOS if FORMATS[format].most_crf])
def test_an_exact_factor_or_bitrate_decides_alone(tmp_path: Path, format: Format) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 64, 96, 3)).astype(np.uint8)
    write_frames(tmp_path / "a.mp4", noise, 30)
    take = source("a", 60)
    timeline, sources = film(clip(take), clip(take, lead=dissolve(10))), Sources({"a": ((tmp_path / "a.mp4", 60),)})
    sizes = [
        write(tmp_path, timeline, sources, order).stat().st_size
        for order in (
            *(FilmOrder(format, "best", crf=45), FilmOrder(format, "small", crf=10)),
            *(FilmOrder(format, bitrate=200_000), FilmOrder(format, bitrate=1_000_000)),
        )
    ]
    assert sizes[0] < sizes[1]
    assert sizes[2] < sizes[3]


def test_what_a_format_does_not_take_is_refused_with_a_sentence() -> None:
    for said in (
        {"format": "avi"},
        {"quality": "fine"},
        {"crf": 52},
        {"crf": -1},
        {"bitrate": 1},
        {"crf": 20, "bitrate": 1_000_000},
        {"format": "prores", "crf": 10},
        {"format": "gif", "bitrate": 1_000_000},
    ):
        with pytest.raises(FilmRefused):
            FilmOrder(**said)  # type: ignore[arg-type]


def test_the_format_follows_from_the_ending() -> None:
    assert [format_of(ending) for ending in (".mp4", ".WEBM", ".mov", ".gif", ".webp", ".zip")] == [
        *("h264", "av1", "prores", "gif", "webp", "png")
    ]
    for unknown in (".avi", "", ".mp3"):
        with pytest.raises(FilmRefused, match="known are"):
            format_of(unknown)


def test_a_gif_of_more_frames_than_browsers_show_is_refused(tmp_path: Path) -> None:
    check_output(FilmOrder("gif"), tmp_path / "film.gif", [], Fraction(50))
    with pytest.raises(FilmRefused, match="at most 50"):
        check_output(FilmOrder("gif"), tmp_path / "film.gif", [], Fraction(60))
