"""Pictures of every common kind come out right, by the values of their pixels; bad ones are refused in one sentence."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from framepack.errors import ImageRejected
from framepack.media.pictures import fill_frame, picture_hash, read_picture, show_whole

SIDE = 32


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours near the corners: top left, top right, bottom left, bottom right."""
    pixels = np.asarray(image)
    return [tuple(int(value) for value in pixels[y, x]) for y in (4, -5) for x in (4, -5)]


def quarters() -> Image.Image:
    """Red, green over blue, white."""
    pixels = np.zeros((SIDE, 2 * SIDE, 3), np.uint8)
    pixels[: SIDE // 2, :SIDE] = (255, 0, 0)
    pixels[: SIDE // 2, SIDE:] = (0, 255, 0)
    pixels[SIDE // 2 :, :SIDE] = (0, 0, 255)
    pixels[SIDE // 2 :, SIDE:] = 255
    return Image.fromarray(pixels)


RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ],
)
def test_the_cameras_rotation_is_applied(orientation: int, expected: list[tuple[int, int, int]]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = read_picture(saved(quarters(), "PNG", exif=exif), "photo.png").image
    assert corners(image) == expected
    assert image.size == ((2 * SIDE, SIDE) if orientation < 5 else (SIDE, 2 * SIDE))


def test_transparency_is_laid_on_white() -> None:
    image = quarters().convert("RGBA")
    alpha = np.full((SIDE, 2 * SIDE), 255, np.uint8)
    alpha[: SIDE // 2, :SIDE] = 0
    alpha[: SIDE // 2, SIDE:] = 128
    image.putalpha(Image.fromarray(alpha))
    assert corners(read_picture(saved(image, "PNG"), "a.png").image) == [WHITE, (127, 255, 127), BLUE, WHITE]


def test_a_palette_with_a_transparent_colour_comes_out_right() -> None:
    image = quarters().quantize(4)
    red = image.getpixel((4, 4))
    assert corners(read_picture(saved(image, "PNG"), "a.png").image) == [RED, GREEN, BLUE, WHITE]
    assert corners(read_picture(saved(image, "PNG", transparency=red), "a.png").image) == [WHITE, GREEN, BLUE, WHITE]
    assert corners(read_picture(saved(image, "GIF"), "a.gif").image) == [RED, GREEN, BLUE, WHITE]


def test_grey_with_transparency_comes_out_right() -> None:
    pixels = np.full((SIDE, SIDE, 2), 100, np.uint8)
    pixels[..., 1] = 255
    pixels[:, : SIDE // 2, 1] = 0
    image = Image.merge("LA", [Image.fromarray(pixels[..., 0]), Image.fromarray(pixels[..., 1])])
    assert corners(read_picture(saved(image, "PNG"), "a.png").image) == [WHITE, (100, 100, 100)] * 2


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey_become_eight(kind: str) -> None:
    pixels = np.zeros((SIDE, SIDE), np.uint16)
    pixels[:, SIDE // 2 :] = 65535
    pixels[SIDE // 2 :, : SIDE // 2] = 128 * 257
    pixels[SIDE // 2 :, SIDE // 2 :] = 10 * 257
    image = read_picture(saved(Image.fromarray(pixels), kind), "a").image
    assert corners(image) == [(0, 0, 0), WHITE, (128, 128, 128), (10, 10, 10)]


def test_black_and_white_comes_out_right() -> None:
    pixels = np.zeros((SIDE, SIDE), bool)
    pixels[:, SIDE // 2 :] = True
    assert corners(read_picture(saved(Image.fromarray(pixels), "PNG"), "a.png").image) == [(0, 0, 0), WHITE] * 2


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_comes_out_right(kind: str) -> None:
    ink = np.zeros((SIDE, SIDE, 4), np.uint8)
    ink[: SIDE // 2, : SIDE // 2] = (0, 255, 255, 0)
    ink[: SIDE // 2, SIDE // 2 :] = (255, 0, 255, 0)
    ink[SIDE // 2 :, : SIDE // 2] = (0, 0, 0, 255)
    image = read_picture(saved(Image.merge("CMYK", [Image.fromarray(ink[..., n]) for n in range(4)]), kind), "a").image
    assert np.abs(np.array(corners(image)) - np.array([RED, GREEN, (0, 0, 0), WHITE])).max() <= 3


def test_an_embedded_colour_profile_is_converted_to_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = read_picture(saved(quarters(), "PNG", icc_profile=profile), "a.png").image
    assert np.abs(np.array(corners(image)) - np.array([RED, GREEN, BLUE, WHITE])).max() <= 1


def test_a_damaged_colour_profile_is_passed_over() -> None:
    image = read_picture(saved(quarters(), "PNG", icc_profile=b"not a profile"), "a.png").image
    assert corners(image) == [RED, GREEN, BLUE, WHITE]


def test_a_file_and_its_bytes_give_the_same_picture_and_hash(tmp_path: Path) -> None:
    data = saved(quarters(), "WEBP", lossless=True)
    (tmp_path / "a.webp").write_bytes(data)
    assert np.array_equal(read_picture(data, "a").image, read_picture(tmp_path / "a.webp", "a").image)
    assert picture_hash(data) == picture_hash(tmp_path / "a.webp")
    assert len(picture_hash(data)) == 64


def test_a_picture_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageRejected, match=r"The picture a\.png cannot be used: there is no such file\."):
        read_picture(tmp_path / "a.png", "a.png")
    with pytest.raises(ImageRejected, match="not a file"):
        read_picture(tmp_path, "folder")


@pytest.mark.parametrize("data", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", bytes(1000)])
def test_what_is_not_a_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ImageRejected, match="not a picture of a known kind"):
        read_picture(data, "a.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_picture_that_is_cut_short_is_refused(kind: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), kind)
    with pytest.raises(ImageRejected):
        read_picture(data[: int(len(data) * share)], "a")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("side", [12_000, 20_000])
def test_a_picture_of_too_many_megapixels_is_refused_without_decoding_it(side: int) -> None:
    data = saved(Image.new("1", (side, side)), "PNG")
    with pytest.raises(ImageRejected, match="save it with at most 11585 x 11585 pixels"):
        read_picture(data, "huge.png")


def test_a_picture_of_a_few_pixels_is_refused() -> None:
    with pytest.raises(ImageRejected, match="15 x 40 pixels"):
        read_picture(saved(Image.new("RGB", (15, 40)), "PNG"), "a.png")


def test_fitting_covers_the_size_and_cuts_about_the_centre() -> None:
    pixels = np.zeros((100, 400, 3), np.uint8)
    pixels[:, 100:300] = (0, 255, 0)
    fitted = fill_frame(Image.fromarray(pixels), 50, 100)
    assert fitted.size == (100, 50)
    assert corners(fitted) == [GREEN] * 4


def test_a_picture_is_cut_where_it_is_placed() -> None:
    left, right = (fill_frame(quarters(), SIDE, SIDE, (x, 500, 1000)) for x in (0, 1000))
    assert corners(left) == [RED, RED, BLUE, BLUE]
    assert corners(right) == [GREEN, GREEN, WHITE, WHITE]
    assert corners(fill_frame(quarters(), SIDE, 2 * SIDE, (0, 1000, 4000))) == [BLUE] * 4
    assert np.array_equal(fill_frame(quarters(), SIDE, SIDE, (500, 500, 1000)), fill_frame(quarters(), SIDE, SIDE))


def test_a_place_along_the_way_that_is_not_free_changes_nothing() -> None:
    moved = fill_frame(quarters(), SIDE, SIDE, (500, 0, 1000))
    assert np.array_equal(moved, fill_frame(quarters(), SIDE, SIDE))


def test_fitting_a_very_long_picture_stays_cheap() -> None:
    fitted = fill_frame(Image.new("RGB", (16, 60_000), (1, 2, 3)), 608, 640)
    assert fitted.size == (640, 608)
    assert corners(fitted) == [(1, 2, 3)] * 4


def test_fitting_a_picture_of_the_right_size_changes_nothing() -> None:
    assert np.array_equal(fill_frame(quarters(), SIDE, 2 * SIDE), quarters())


def test_a_picture_that_is_shown_whole_lies_in_the_middle_of_black_bars() -> None:
    colours = [RED, GREEN, BLUE, WHITE]
    beside = np.asarray(show_whole(quarters(), SIDE, 4 * SIDE))
    assert corners(Image.fromarray(beside[:, SIDE : 3 * SIDE])) == colours
    assert not beside[:, :SIDE].any()
    assert not beside[:, 3 * SIDE :].any()
    above = np.asarray(show_whole(quarters(), 2 * SIDE, 2 * SIDE))
    assert corners(Image.fromarray(above[SIDE // 2 : 3 * SIDE // 2])) == colours
    assert not above[: SIDE // 2].any()
    assert not above[3 * SIDE // 2 :].any()


def test_a_picture_of_the_right_shape_is_the_same_whole_as_filling_the_frame() -> None:
    for factor in (1, 2):
        height, width = factor * SIDE, factor * 2 * SIDE
        assert np.array_equal(show_whole(quarters(), height, width), fill_frame(quarters(), height, width))


def test_a_very_long_picture_is_shown_whole_as_a_line_at_least() -> None:
    shown = show_whole(Image.new("RGB", (16, 60_000), (1, 2, 3)), 608, 640)
    assert shown.size == (640, 608)
    assert (np.asarray(shown)[:, 319] == (1, 2, 3)).all()
    assert not np.delete(np.asarray(shown), 319, axis=1).any()
