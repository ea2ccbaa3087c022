"""What frames look like, in figures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from framepack.media.quality import FRAMES_A_MOMENT, Watched, measure


def noise(height: int = 144, width: int = 256) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_moment_is_measured_for_each_latent_and_every_frame_is_passed_on() -> None:
    frames = [np.full((64, 96, 3), value, np.uint8) for value in range(36)]
    watched = Watched(frames)
    assert [int(frame[0, 0, 0]) for frame in watched] == list(range(36))
    assert [moment.colour[0] for moment in watched.moments] == list(range(0, 36, FRAMES_A_MOMENT))
    assert (watched.last == 35).all()


def test_motion_is_the_mean_difference_of_brightness_to_the_frame_before_and_unknown_at_the_beginning() -> None:
    moving = measure(np.full((64, 96, 3), 5 * value, np.uint8) for value in range(8))
    assert [moment.motion for moment in moving] == [None, pytest.approx(5.0, abs=0.01)]
    still = measure([noise()] * 8)
    assert still[1].motion == 0.0


@pytest.mark.parametrize("size", [(144, 256), (256, 144), (480, 832)])
def test_a_blur_takes_sharpness_and_a_veil_takes_contrast(size: tuple[int, int]) -> None:
    picture = Image.fromarray(noise(*size)).filter(ImageFilter.GaussianBlur(1))
    blurred = picture.filter(ImageFilter.GaussianBlur(3))
    veiled = Image.blend(picture, Image.new("RGB", picture.size, "white"), 0.5)
    (sharp,), (soft,), (pale,) = (measure([np.asarray(one)]) for one in (picture, blurred, veiled))
    assert soft.sharpness < 0.3 * sharp.sharpness
    assert pale.contrast == pytest.approx(sharp.contrast / 2, rel=0.05)
    assert pale.brightness == pytest.approx((sharp.brightness + 255) / 2, rel=0.02)


def test_colour_is_the_mean_of_each_channel() -> None:
    (moment,) = measure([np.full((64, 64, 3), (200, 100, 50), np.uint8)])
    assert moment.colour == (200.0, 100.0, 50.0)
    assert (moment.contrast, moment.sharpness) == (0.0, 0.0)
    assert moment.brightness == pytest.approx(0.2126 * 200 + 0.7152 * 100 + 0.0722 * 50, abs=0.01)
