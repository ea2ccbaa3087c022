"""Detail that goes along with what moves: on pictures whose motion is known, softened as a VAE softens them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framepack.media.detail import CarriedDetail

Frame = NDArray[np.uint8]
HEIGHT, WIDTH = 96, 160


@pytest.fixture(scope="module")
def wide() -> Frame:
    """A picture of strokes and patches, larger than the frames that are cut from it."""
    rng = np.random.default_rng(4)
    picture = np.full((HEIGHT + 80, WIDTH + 80, 3), 120, np.uint8)
    for _ in range(260):
        place = tuple(int(value) for value in rng.integers(0, (WIDTH + 80, HEIGHT + 80)))
        colour = tuple(int(value) for value in rng.integers(30, 225, 3))
        cv2.ellipse(picture, place, (int(rng.integers(2, 14)), int(rng.integers(2, 9))), 20, 0, 360, colour, -1)
    return picture


def cut(wide: Frame, right: float = 40, down: float = 40) -> Frame:
    """The frame whose corner lies there."""
    there = np.float32([[1, 0, -right], [0, 1, -down]])
    return cv2.warpAffine(wide, there, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)


def soft(frame: Frame) -> Frame:
    return cv2.GaussianBlur(frame, (0, 0), 1.6)


def error(a: Frame, b: Frame, border: int = 0) -> float:
    difference = np.abs(a.astype(float) - b)
    return float(difference[border : HEIGHT - border, border : WIDTH - border].mean())


def test_what_stands_still_keeps_its_detail_to_the_last_frame(wide: Frame) -> None:
    shown = cut(wide)
    detail = CarriedDetail(shown, soft(shown))
    for _ in range(36):
        last = detail.onto(soft(shown))
    assert error(last, shown) < 0.15 * error(soft(shown), shown)


@pytest.mark.parametrize("speed", [(0.7, 0.0), (0.0, -0.5), (-0.4, 0.3)])
def test_detail_goes_along_with_what_moves(wide: Frame, speed: tuple[float, float]) -> None:
    shown = cut(wide)
    detail = CarriedDetail(shown, soft(shown))
    for number in range(1, 25):
        true = cut(wide, 40 + speed[0] * number, 40 + speed[1] * number)
        last = detail.onto(soft(true))
    assert error(last, true, border=20) < 0.6 * error(soft(true), true, border=20)


def test_detail_of_what_is_not_there_any_more_is_left_off(wide: Frame) -> None:
    shown = cut(wide)
    detail = CarriedDetail(shown, soft(shown))
    other = soft(np.ascontiguousarray(cut(wide)[::-1, ::-1]))
    for _ in range(4):
        last = detail.onto(other)
    stays = np.abs(shown.astype(float) - soft(shown)).mean()
    assert error(last, other) < 0.35 * stays


def test_a_picture_that_gets_dark_takes_its_detail_with_it(wide: Frame) -> None:
    shown = cut(wide)
    detail = CarriedDetail(shown, soft(shown))
    for light in np.linspace(1, 0, 25)[1:]:
        dark = (shown * light).astype(np.uint8)
        last = detail.onto(soft(dark))
        if light > 0.3:
            assert error(last, dark) < 0.6 * error(soft(dark), dark)
    assert last.max() <= 2


def test_a_picture_with_nothing_beyond_what_is_decoded_stays_as_it_is_decoded(wide: Frame) -> None:
    frames = [soft(cut(wide, 40 + number)) for number in range(5)]
    detail = CarriedDetail(frames[0], frames[0])
    assert all(np.array_equal(detail.onto(frame), frame) for frame in frames[1:])


def test_the_same_frames_are_given_the_same_detail(wide: Frame) -> None:
    shown = cut(wide)
    given = [soft(cut(wide, 40 + number)) for number in range(1, 6)]
    runs = []
    for _ in range(2):
        detail = CarriedDetail(shown, soft(shown))
        runs.append([detail.onto(frame) for frame in given])
    assert all(np.array_equal(one, other) for one, other in zip(*runs, strict=True))


@pytest.mark.parametrize("size", [(16, 16), (16, 40), (192, 192)])
def test_frames_of_any_size_go(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    frame = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    assert CarriedDetail(frame, soft(frame)).onto(soft(frame)).shape == (*size, 3)
