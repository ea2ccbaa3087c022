"""Pictures as people really have them: by content, with much text in them, large, cut short, animated, of many bits."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from framepack.errors import ImageRejected
from framepack.media.pictures import Picture, read_picture, read_small_picture

SIZE = (96, 64)
RED, GREEN = (200, 30, 30), (0, 250, 0)


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """A picture whose every block has something on it."""
    coarse = np.random.default_rng(1).integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    fine = np.asarray(Image.fromarray(coarse).resize((width, height))).astype(int)
    grain = np.random.default_rng(2).integers(-20, 20, (height, width, 3))
    return Image.fromarray(np.clip(fine + grain, 0, 255).astype(np.uint8))


def heic(image: Image.Image) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=95)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)


def png_of(depth: int, colour: int, row: bytes, *others: bytes) -> bytes:
    """A PNG of 32 rows and columns whose rows all are ``row``."""
    header = struct.pack(">IIBBBBB", 32, 32, depth, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + row) * 32))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(others) + pixels + chunk(b"IEND", b"")


def reasons(picture: Picture) -> list[str]:
    return [remark.values["remark"].id for remark in picture.remarks]


def colour(picture: Picture) -> tuple[int, ...]:
    return picture.image.getpixel((picture.image.width - 5, picture.image.height // 2))


# --- kinds


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (saved(noise(*SIZE), "JPEG"), "image/jpeg"),
        (saved(noise(*SIZE), "MPO", save_all=True, append_images=[noise(*SIZE)]), "image/jpeg"),
        (saved(noise(*SIZE), "PNG"), "image/png"),
        (saved(noise(*SIZE), "AVIF"), "image/avif"),
        (heic(noise(*SIZE)), "image/heic"),
    ],
    ids=["jpeg", "two in one jpeg", "png", "avif", "heic"],
)
@pytest.mark.parametrize("ending", [".jfif", ".JPG", ".heif", ".apng", ".txt", ""])
def test_a_picture_is_what_its_content_says_whatever_it_is_called(
    tmp_path: Path, data: bytes, mime: str, ending: str
) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    picture = read_picture(path, path.name)
    assert (picture.mime, picture.image.size, picture.remarks) == (mime, SIZE, ())
    assert np.abs(np.asarray(picture.image).astype(int) - np.asarray(noise(*SIZE))).mean() < 20


# --- PNGs with much else in them


@pytest.mark.parametrize("profile", [random.Random(1).randbytes(1_500_000), bytes(20_000_000), b"x"])
def test_a_png_with_a_profile_that_is_none_is_taken_with_its_plain_colours(profile: bytes) -> None:
    picture = read_picture(saved(noise(*SIZE), "PNG", icc_profile=profile), "a.png")
    assert np.array_equal(picture.image, noise(*SIZE))


def test_a_png_with_texts_that_unpack_to_megabytes_is_taken() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("workflow", "x" * 2_400_000, zip=True)
    info.add_itxt("parameters", "y" * 2_400_000, zip=True)
    info.add(b"zTXt", b"late\0\0" + zlib.compress(bytes(80_000_000)), after_idat=True)
    assert np.array_equal(read_picture(saved(noise(*SIZE), "PNG", pnginfo=info), "a.png").image, noise(*SIZE))


def test_a_text_never_passes_for_a_property_of_the_picture() -> None:
    info = PngImagePlugin.PngInfo()
    for key in ("icc_profile", "transparency", "exif", "Raw profile type exif", "xmp", "interlace", "gamma"):
        info.add_text(key, "nonsense")
    assert np.array_equal(read_picture(saved(noise(*SIZE), "PNG", pnginfo=info), "a.png").image, noise(*SIZE))


@pytest.mark.parametrize("zipped", [False, True])
def test_a_text_about_how_the_camera_was_held_is_heeded(zipped: bool) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>', zip=zipped)
    picture = read_picture(saved(noise(*SIZE), "PNG", pnginfo=info), "a.png")
    assert np.array_equal(picture.image, noise(*SIZE).transpose(Image.Transpose.ROTATE_270))
    assert (picture.width, picture.height) == SIZE[::-1]


def test_a_large_profile_that_is_one_is_used() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile says its own length first; what is appended makes it large, as tables do.
    large = (len(profile) + 1_500_000).to_bytes(4) + profile[4:] + random.Random(2).randbytes(1_500_000)
    swapped = large.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")
    plain = Image.new("RGB", SIZE, (250, 0, 0))
    assert read_picture(saved(plain, "PNG", icc_profile=large), "a").image.getpixel((9, 9))[0] > 245
    assert read_picture(saved(plain, "PNG", icc_profile=swapped), "a").image.getpixel((9, 9))[1] > 200


# --- transparency of few and of many bits


@pytest.mark.parametrize(("depth", "clear"), [(1, 0), (1, 1), (2, 1), (4, 9), (8, 7), (16, 777), (16, 0)])
def test_the_transparent_grey_of_a_png_is_laid_on_white_at_every_depth(depth: int, clear: int) -> None:
    packed = sum(clear << shift for shift in range(0, 8, depth)).to_bytes() if depth < 8 else clear.to_bytes(depth // 8)
    data = png_of(depth, 0, packed * (32 * depth // 8 // len(packed)), chunk(b"tRNS", clear.to_bytes(2)))
    assert read_picture(data, "a.png").image.getcolors() == [(32 * 32, (255, 255, 255))]


def test_another_grey_than_the_transparent_one_stays() -> None:
    data = png_of(16, 0, (40 * 257).to_bytes(2) * 32, chunk(b"tRNS", (41 * 257).to_bytes(2)))
    assert read_picture(data, "a.png").image.getcolors() == [(32 * 32, (40, 40, 40))]


def test_a_transparent_colour_of_sixteen_bits_is_laid_on_white() -> None:
    clear = bytes.fromhex("123423453456")
    data = png_of(16, 2, clear * 32, chunk(b"tRNS", clear))
    assert read_picture(data, "a.png").image.getcolors() == [(32 * 32, (255, 255, 255))]


# --- large ones


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("width", "height", "decoded"), [(8192, 8192, (4096, 4096)), (16320, 12240, (8160, 6120))])
def test_a_jpeg_of_very_many_megapixels_is_decoded_smaller(width: int, height: int, decoded: tuple[int, int]) -> None:
    picture = read_picture(saved(Image.new("L", (width, height), 80), "JPEG"), "phone.jpg")
    assert (picture.width, picture.height, picture.image.size) == (width, height, decoded)
    assert picture.image.getpixel((9, 9)) == (80, 80, 80)


@pytest.mark.filterwarnings("error")
def test_an_upscale_of_64_binary_megapixels_is_taken() -> None:
    assert read_picture(saved(Image.new("1", (8192, 8192)), "PNG"), "up.png").image.size == (8192, 8192)


def test_for_a_small_copy_a_jpeg_is_decoded_no_larger_than_needed() -> None:
    picture = read_small_picture(saved(Image.new("RGB", (4000, 3000), RED), "JPEG"), "a.jpg", 160)
    assert (picture.width, picture.height, picture.image.size) == (4000, 3000, (500, 375))


@pytest.mark.parametrize(
    ("kind", "width", "height", "sentence"),
    [
        ("PNG", 20_000, 10_000, "200 megapixels (20000 x 10000), too many to open; save it with at most 16384 x 8192"),
        ("GIF", 20_000, 10_000, "save it with at most 16384 x 8192 pixels"),
        ("BMP", 20_000, 10_000, "save it with at most 16384 x 8192 pixels"),
        ("TIFF", 20_000, 10_000, "save it with at most 16384 x 8192 pixels"),
        ("WEBP", 16_000, 8000, "save it with at most 11585 x 5792 pixels"),
        ("JPEG", 60_000, 30_000, "save it with at most 29"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_too_large_is_told_which_size_to_save(kind: str, width: int, height: int, sentence: str) -> None:
    # Only the beginning of a file says its size: nothing else of it is read.
    small = saved(noise(100, 50), kind)
    sizes = {
        "PNG": (">I", 16, 20),
        "GIF": ("<H", 6, 8),
        "BMP": ("<I", 18, 22),
        "TIFF": ("<I", 18, 30),
        "WEBP": ("<H", 26, 28),
        "JPEG": (">H", small.find(b"\xff\xc0") + 7, small.find(b"\xff\xc0") + 5),
    }
    form, across, down = sizes[kind]
    data = bytearray(small)
    struct.pack_into(form, data, across, width)
    struct.pack_into(form, data, down, height)
    with pytest.raises(ImageRejected) as refused:
        read_picture(bytes(data), "huge")
    assert sentence in str(refused.value)


# --- JPEGs that are cut short


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"quality": 95, "subsampling": 0}], ids=str)
def test_a_jpeg_without_its_end_mark_is_taken_without_a_word(how: dict[str, object]) -> None:
    data = saved(noise(640, 360), "JPEG", **how)
    whole = read_picture(data, "a.jpg")
    for missing in (1, 2):
        picture = read_picture(data[:-missing], "a.jpg")
        assert picture.remarks == ()
        assert np.array_equal(picture.image, whole.image)


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"quality": 95, "subsampling": 0}], ids=str)
def test_a_jpeg_of_which_most_is_there_is_taken_with_a_remark_and_others_are_refused(how: dict[str, object]) -> None:
    data = saved(noise(640, 360), "JPEG", **how)
    whole = np.asarray(read_picture(data, "a.jpg").image)
    picture = read_picture(data[: int(len(data) * 0.95)], "a.jpg")
    assert reasons(picture) == ["picture-cut"]
    assert np.array_equal(np.asarray(picture.image)[:300], whole[:300])
    for share in (0.02, 0.3, 0.8):
        with pytest.raises(ImageRejected, match="damaged or cut short"):
            read_picture(data[: int(len(data) * share)], "a.jpg")


def test_a_cut_jpeg_that_starts_afresh_at_marks_is_measured_too() -> None:
    data = saved(noise(640, 360), "JPEG", restart_marker_rows=1)
    last_marks = [place for place in range(len(data) - 1) if data[place] == 0xFF and 0xD0 <= data[place + 1] <= 0xD7]
    assert reasons(read_picture(data[: last_marks[-1]], "a.jpg")) == ["picture-cut"]
    with pytest.raises(ImageRejected, match="cut short"):
        read_picture(data[: last_marks[len(last_marks) // 2]], "a.jpg")


# --- animations


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "PNG"])
def test_of_an_animation_the_first_frame_with_something_on_it_is_taken_with_a_remark(kind: str) -> None:
    blank, shown = Image.new("RGBA", SIZE), Image.new("RGBA", SIZE, RED)
    shown.paste(GREEN, (0, 0, 40, 64))
    later = shown.rotate(180)
    how = {"save_all": True, "lossless": True, "duration": 50}
    begins_blank = read_picture(saved(blank, kind, append_images=[shown, later], **how), "a")
    assert (colour(begins_blank), reasons(begins_blank)) == (RED, ["picture-animated"])
    assert "frame 2" in str(ImageRejected("a", begins_blank.remarks[0]))
    begins_at_once = read_picture(saved(shown, kind, append_images=[later, blank], **how), "a")
    assert (colour(begins_at_once), reasons(begins_at_once)) == (RED, ["picture-animated"])


def test_an_animation_with_nothing_on_any_frame_is_its_first() -> None:
    frames = [Image.new("RGB", SIZE, (shade, 0, 0)) for shade in (9, 90, 200)]
    picture = read_picture(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "a.gif")
    assert (colour(picture), reasons(picture)) == ((9, 0, 0), ["picture-animated"])


def test_a_still_picture_has_no_remark() -> None:
    assert read_picture(saved(Image.new("RGB", SIZE), "GIF"), "a.gif").remarks == ()


# --- HDR


def recoded(data: bytes, primaries: int, transfer: int) -> bytes:
    """An AVIF with other codes of colour."""
    place = data.index(b"colrnclx") + 8
    return data[:place] + struct.pack(">HH", primaries, transfer) + data[place + 4 :]


def pq(nits: float) -> int:
    """The PQ value, of 255, of so much light."""
    light = (nits / 10_000) ** (1305 / 8192)
    return round(255 * ((107 / 128 + 2413 / 128 * light) / (1 + 2392 / 128 * light)) ** (2523 / 32))


@pytest.mark.parametrize(("nits", "value"), [(0, 0), (203 * 0.2140, 127), (203, 243), (10_000, 255)])
def test_an_avif_with_pq_becomes_an_ordinary_picture_with_a_remark(nits: float, value: int) -> None:
    grey = Image.new("RGB", SIZE, (pq(nits),) * 3)
    picture = read_picture(recoded(saved(grey, "AVIF", quality=100), 9, 16), "hdr.avif")
    assert reasons(picture) == ["picture-hdr"]
    assert np.abs(np.array(colour(picture)) - value).max() <= 4


def test_an_avif_with_hlg_has_white_paper_near_white() -> None:
    grey = Image.new("RGB", SIZE, (191,) * 3)
    picture = read_picture(recoded(saved(grey, "AVIF", quality=100), 9, 18), "hdr.avif")
    assert reasons(picture) == ["picture-hdr"]
    assert np.abs(np.array(colour(picture)) - 243).max() <= 4


def test_wide_colours_of_an_hdr_picture_stay_the_colour_they_are() -> None:
    picture = read_picture(png_of(8, 2, bytes((0, pq(150), 0)) * 32, chunk(b"cICP", bytes((9, 16, 0, 1)))), "a.png")
    red, green, blue = colour(picture)
    assert reasons(picture) == ["picture-hdr"]
    assert green > 200
    assert max(red, blue) < 10


def test_an_ordinary_avif_stays_as_it_is() -> None:
    grey = saved(Image.new("RGB", SIZE, (100, 100, 100)), "AVIF", quality=100)
    assert read_picture(grey, "a.avif").remarks == ()
    assert np.array_equal(read_picture(grey, "a").image, read_picture(recoded(grey, 1, 13), "a").image)


# --- whatever comes


KINDS = {
    "png": saved(noise(48, 40), "PNG", icc_profile=b"x" * 50),
    "apng": saved(noise(48, 40), "PNG", save_all=True, append_images=[noise(48, 40).rotate(90)]),
    "jpeg": saved(noise(48, 40), "JPEG"),
    "progressive": saved(noise(48, 40), "JPEG", progressive=True),
    "webp": saved(Image.new("RGBA", (48, 40)), "WEBP", save_all=True, append_images=[noise(48, 40)]),
    "avif": saved(noise(48, 40), "AVIF"),
    "heic": heic(noise(48, 40)),
    "gif": saved(Image.new("RGB", (48, 40)), "GIF", save_all=True, append_images=[noise(48, 40)]),
    "bmp": saved(noise(48, 40), "BMP"),
    "tiff": saved(noise(48, 40), "TIFF", compression="tiff_lzw"),
    "ppm": saved(noise(48, 40), "PPM"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_gives_a_picture_or_one_refusal(kind: str) -> None:
    chance = random.Random(kind)
    outcomes = set()
    for turn in range(120):
        data = bytearray(KINDS[kind])
        if turn % 3 == 0:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.choice((0, 1, 2, 8)) if data else 0):
            data[chance.randrange(len(data) if turn % 2 else min(len(data), 200))] = chance.randrange(256)
        try:
            outcomes.add(type(read_picture(bytes(data), "a")))
        except ImageRejected:
            outcomes.add(ImageRejected)
    assert outcomes == {Picture, ImageRejected}
