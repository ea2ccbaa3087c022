"""What frames of a film look like: sizes, crops, slow moves, pictures between pictures, titles, colours evened out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from framepack.files.manifest import NotWhole
from framepack.media.joins import colour_step
from framepack.media.video import VideoMismatch, write_frames
from projects.films.timeline import Clip, StillSource
from projects.frames.between import Motion, blended
from projects.frames.colour import corrected, correction_to
from projects.frames.fitting import Fitter
from projects.frames.joins import corrections_of, step_at
from projects.frames.material import Overlay, Pixels, Sources
from projects.frames.picturing import Easel
from projects.frames.reading import TakeReader
from projects.frames.runs import Layer, runs_of
from tests.support.damage import cut_short
from tests.support.numbered_takes import (
    HEIGHT,
    WIDTH,
    clip,
    film,
    level_in,
    number_in,
    numbered,
    source,
    write_take,
)

RATE = Fraction(30)


def seen(picture: Pixels | av.VideoFrame, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    return Fitter(width, height).pixels(picture) if isinstance(picture, av.VideoFrame) else picture


def gradient(shift: float, width: int = 192, height: int = 128) -> Pixels:
    """A soft blot on black that lies ``shift`` pixels to the right of the middle."""
    down, across = np.mgrid[0:height, 0:width]
    blot = np.exp(-(((across - width / 2 - shift) / 12) ** 2 + ((down - height / 2) / 12) ** 2))
    texture = 0.5 + 0.5 * np.sin((across - shift) / 3.0) * np.sin(down / 3.0)
    return np.repeat((blot * texture * 255)[..., None], 3, axis=2).astype(np.uint8)


def place_of(picture: Pixels) -> float:
    """Where the brightness of a picture lies from left to right, in pixels."""
    grey = picture.astype(float).sum(axis=(0, 2))
    return float((grey * np.arange(grey.size)).sum() / grey.sum())


def test_frames_are_read_in_any_order(tmp_path: Path) -> None:
    parts = write_take(tmp_path / "a.mp4", 90)
    asked = [0, 1, 2, 40, 39, 38, 80, 79, 10, 11, 35, 36, 37, 36, 35, 89]
    with TakeReader(parts) as reader:
        assert [number_in(seen(reader.frame(number))) for number in asked] == asked


def test_backwards_each_group_of_frames_is_decoded_once(tmp_path: Path) -> None:
    parts = write_take(tmp_path / "a.mp4", 90)
    with TakeReader(parts) as reader:
        seeks = []
        seek = reader._seek
        reader._seek = lambda *where: (seeks.append(where), seek(*where))  # type: ignore[method-assign, assignment, func-returns-value]
        assert [number_in(seen(reader.frame(number))) for number in range(89, -1, -1)] == list(range(89, -1, -1))
    assert len(seeks) <= 4


def test_a_take_of_several_files_is_read_as_one(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.mp4", (numbered(number, 100) for number in range(40)), 30)
    write_frames(tmp_path / "b.mp4", (numbered(number, 100) for number in range(36, 76)), 30)
    parts = ((tmp_path / "a.mp4", 36), (tmp_path / "b.mp4", 40))
    with TakeReader(parts) as reader:
        assert [number_in(seen(reader.frame(number))) for number in (34, 35, 36, 37, 35, 75)] == [
            34,
            35,
            36,
            37,
            35,
            75,
        ]
        with pytest.raises(VideoMismatch):
            reader.frame(76)


def test_a_take_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    parts = write_take(tmp_path / "a.mp4", 40)
    cut_short(tmp_path / "a.mp4")
    with TakeReader(parts) as reader, pytest.raises(NotWhole):
        reader.frame(0)


@pytest.mark.parametrize("size", [(192, 128), (48, 32), (64, 64), (64, 128)])
def test_takes_of_other_sizes_and_shapes_are_scaled_and_cut_to_the_middle(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    parts = write_take(tmp_path / "a.mp4", 4, width=192, height=128)
    easel = Easel(Sources({"a": parts}), RATE, *size)
    picture = easel.frames_of(Layer(clip(source("a", 4)), 0), 4)[3]
    assert picture.shape == (size[1], size[0], 3)
    assert level_in(picture) == pytest.approx(100, abs=2)
    # The middle of the picture stays in the middle: between the fourth and the fifth bar.
    right = np.zeros((128, 192, 3), np.uint8)
    right[:, 96:] = 255
    write_frames(tmp_path / "b.mp4", [right] * 2, 30)
    easel = Easel(Sources({"a": ((tmp_path / "b.mp4", 2),)}), RATE, *size)
    halves = easel.frames_of(Layer(clip(source("a", 2)), 0), 1)[0][size[1] // 2, :, 0].astype(int)
    assert abs(int((halves > 127).sum()) - size[0] // 2) <= 1


@pytest.mark.parametrize("move", ["closer", "away", "left", "right", "up", "down"])
def test_a_slow_move_over_a_still_goes_on_by_parts_of_pixels(tmp_path: Path, move: str) -> None:
    Image.fromarray(gradient(30)).save(tmp_path / "still.png")
    still = Clip("s", "SH0010", "", StillSource("p", (500, 500, 1000)), 0, 60, 0, 60, move=move)  # type: ignore[arg-type]
    easel = Easel(Sources({}, {"p": tmp_path / "still.png"}), RATE, WIDTH, HEIGHT)
    pictures = easel.frames_of(Layer(still, 0), 60)
    axis = (1, 2) if move in ("up", "down") else (0, 2)
    places = []
    for picture in pictures:
        grey = picture.astype(float).sum(axis=axis)
        places.append((grey * np.arange(grey.size)).sum() / grey.sum())
    steps = np.diff(places)
    if move in ("left", "right", "up", "down"):
        # What is seen goes the other way than the view.
        assert (steps > 0).all() if move in ("left", "up") else (steps < 0).all()
        assert 4 < abs(places[-1] - places[0]) < 20
    else:
        assert (steps > 0).all() if move == "closer" else (steps < 0).all()
    assert np.abs(steps - steps.mean()).max() < 0.15  # no jump of a whole pixel anywhere


def test_blending_is_a_mean_by_weights() -> None:
    pictures = [np.full((4, 4, 3), level, np.uint8) for level in (0, 100, 200)]
    assert (blended(pictures, [0.25, 0.5, 0.25]) == 100).all()


def test_between_two_pictures_what_moves_is_on_its_way() -> None:
    first, second = gradient(-4), gradient(4)
    halfway = Motion().between(first, second, 0.5)
    quarter = Motion().between(first, second, 0.25)
    wanted = gradient(0).astype(float)
    plain = blended([first, second], [0.5, 0.5])
    assert np.abs(halfway - wanted).mean() < 0.4 * np.abs(plain - wanted).mean()
    assert place_of(first) < place_of(quarter) < place_of(halfway) < place_of(second)


def test_titles_come_and_go_over_the_picture(tmp_path: Path) -> None:
    parts = write_take(tmp_path / "a.mp4", 30, level=100)
    title = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    title[HEIGHT // 2 :] = (200, 200, 200, 128)
    overlay = Overlay("title", 10, 20, lambda: title, fade=1)
    timeline = film(clip(source("a", 30)))
    runs = runs_of(timeline, (overlay,))
    assert [(run.start, run.frames, len(run.overlays)) for run in runs] == [(0, 10, 0), (10, 10, 1), (20, 10, 0)]
    easel = Easel(Sources({"a": parts}, overlays=(overlay,)), RATE, WIDTH, HEIGHT)
    pictures = [seen(picture) for run in runs for picture in easel.pictures(run)]
    assert [number_in(picture) for picture in pictures] == list(range(30))
    levels = [level_in(picture) for picture in pictures]
    assert levels[9] == pytest.approx(100, abs=2)
    assert levels[10] == pytest.approx(125, abs=3)  # half of it
    assert levels[15] == pytest.approx(150, abs=3)
    assert levels[19] == pytest.approx(125, abs=3)
    assert levels[20] == pytest.approx(100, abs=2)


def test_a_step_of_colour_is_seen_where_it_is_more_than_usual() -> None:
    quiet = [numbered(1, level) for level in (100, 100, 101, 101)]
    assert not colour_step(quiet, [numbered(1, 101), numbered(1, 102)]).is_seen
    assert colour_step(quiet, [numbered(1, 110), numbered(1, 110)]).is_seen
    rising = [numbered(1, level) for level in (60, 70, 80, 90)]
    assert not colour_step(rising, [numbered(1, 100), numbered(1, 110)]).is_seen


def test_a_correction_gives_one_picture_the_colours_of_another() -> None:
    wanted = gradient(0)
    given = (wanted * 0.9 + 12).astype(np.uint8)
    whole = corrected(given, correction_to(wanted, given), 1.0)
    assert np.abs(whole.astype(int) - wanted).mean() < 1.5
    assert (corrected(given, correction_to(wanted, given), 0.0) == given).all()


def test_a_join_is_evened_out_over_half_a_second(tmp_path: Path) -> None:
    grey = (60 + gradient(0, WIDTH, HEIGHT) // 2).astype(np.uint8)
    write_frames(tmp_path / "a.mp4", [grey] * 30, 30)
    write_frames(tmp_path / "b.mp4", [grey + np.uint8(12)] * 30, 30)
    takes = {name: ((tmp_path / f"{name}.mp4", 30),) for name in ("a", "b")}
    timeline = film(clip(source("a", 30)), clip(source("b", 30), joined=True), match_colour=True)
    easel = Easel(Sources(takes), RATE, WIDTH, HEIGHT)
    assert step_at(easel, timeline, 1).is_seen
    runs = runs_of(timeline, (), dict(corrections_of(easel, timeline)))
    means = [seen(picture).mean() for run in runs for picture in easel.pictures(run)]
    assert means[30] == pytest.approx(means[29], abs=0.6)
    assert means[45] == pytest.approx(means[59], abs=0.1)
    assert np.abs(np.diff(means)).max() < 1.5
    plain = [seen(picture).mean() for run in runs_of(timeline) for picture in easel.pictures(run)]
    assert plain[30] - plain[29] > 8
