from __future__ import annotations

import io
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image
from sqlmodel import Session

from framepack.errors import ImageRejected
from framepack.media.pictures import Picture, picture_hash
from framepack.messages import worded
from projects.database.tables import Media
from projects.english import ENGLISH
from projects.errors import NotFound
from projects.settings import StudioSettings
from projects.storage import pictures
from projects.storage.pictures import MAX_PICTURE_BYTES, THUMBNAIL_SIZES, add_picture, thumbnail
from projects.storage.places import picture_path, thumbnail_path
from tests.support.plain_pictures import png


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_picture_is_kept_as_it_was_given(session: Session, studio: StudioSettings) -> None:
    data = png(320, 180)
    media = add_picture(session=session, settings=studio, data=data, name="灯塔 早晨.png").media
    assert (media.id, media.name, media.kind) == (picture_hash(data), "灯塔 早晨.png", "image/png")
    assert (media.width, media.height, media.size_bytes) == (320, 180, len(data))
    assert picture_path(studio, media.id).read_bytes() == data
    assert session.get(Media, media.id) is media


def test_the_same_picture_under_another_name_is_the_same_picture(session: Session, studio: StudioSettings) -> None:
    first = add_picture(session=session, settings=studio, data=png(64, 64), name="a.png").media
    second = add_picture(session=session, settings=studio, data=png(64, 64), name="b.png").media
    assert second is first
    assert len(files_below(studio.media_dir)) == 1


def test_a_photo_taken_sideways_has_the_size_it_is_seen_at(session: Session, studio: StudioSettings) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.new("RGB", (80, 40)).save(file, "JPEG", exif=exif)
    media = add_picture(session=session, settings=studio, data=file.getvalue(), name="photo.jpg").media
    assert (media.width, media.height, media.kind) == (40, 80, "image/jpeg")
    with Image.open(thumbnail(studio, media.id, 160)) as small:
        assert small.size == (40, 80)


def test_a_photo_with_a_second_picture_in_it_is_a_jpeg(session: Session, studio: StudioSettings) -> None:
    file = io.BytesIO()
    picture = Image.new("RGB", (80, 40))
    picture.save(file, "MPO", save_all=True, append_images=[picture])
    assert add_picture(session=session, settings=studio, data=file.getvalue(), name="a.jpg").media.kind == "image/jpeg"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a picture"),
        (b"%PDF-1.7 not a picture at all", "not a picture"),
        (png(320, 180)[:200], "cut short"),
        (png(8, 8), "at least 16"),
        (b"\0" * (MAX_PICTURE_BYTES + 1), "larger than 64 MiB"),
    ],
    ids=["nothing", "no picture", "truncated", "tiny", "too large"],
)
def test_what_is_no_picture_is_refused_and_not_kept(
    session: Session, studio: StudioSettings, data: bytes, reason: str
) -> None:
    with pytest.raises(ImageRejected, match=reason):
        add_picture(session=session, settings=studio, data=data, name="file.png")
    assert not studio.media_dir.exists()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/etc/passwd", "passwd"),
        (r"C:\photos\a.png", "a.png"),
        ("a\n\x00b.png", "a b.png"),
        ("", "picture"),
        ("../", "picture"),
        ("\0\0", "picture"),
        ("\u202e\u200f", "picture"),
        ("\u202egnp.exe.png", "gnp.exe.png"),
        ("\u2066\u2069.png", "picture.png"),
        ("\u3164\u2800.jpg", "picture.jpg"),
        ("نمی\u200cخواهم.png", "نمی\u200cخواهم.png"),
    ],
)
def test_only_a_files_own_name_is_kept(session: Session, studio: StudioSettings, given: str, shown: str) -> None:
    assert add_picture(session=session, settings=studio, data=png(32, 32), name=given).media.name == shown


@pytest.mark.parametrize("damage", ["empty", "cut", "overwritten"])
def test_a_picture_given_again_heals_its_damaged_file(session: Session, studio: StudioSettings, damage: str) -> None:
    data = png(320, 180)
    media = add_picture(session=session, settings=studio, data=data, name="a.png").media
    path = picture_path(studio, media.id)
    path.write_bytes({"empty": b"", "cut": data[:-9], "overwritten": bytes(len(data))}[damage])
    assert add_picture(session=session, settings=studio, data=data, name="a.png").media is media
    assert path.read_bytes() == data


def test_a_picture_that_is_whole_is_not_written_again(session: Session, studio: StudioSettings) -> None:
    media = add_picture(session=session, settings=studio, data=png(320, 180), name="a.png").media
    written = picture_path(studio, media.id).stat().st_ino
    add_picture(session=session, settings=studio, data=png(320, 180), name="b.png")
    assert picture_path(studio, media.id).stat().st_ino == written


def test_what_is_to_be_said_of_a_picture_comes_with_it(session: Session, studio: StudioSettings) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    added = add_picture(session=session, settings=studio, data=file.getvalue(), name="a.webp")
    (remark,) = added.remarks
    assert worded(remark, ENGLISH).startswith("About the picture a.webp: it is an animation")


def test_a_heic_photo_is_kept_as_it_is_and_shown_as_webp(session: Session, studio: StudioSettings) -> None:
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "red")).save(file)
    media = add_picture(session=session, settings=studio, data=file.getvalue(), name="IMG_1.HEIC").media
    assert (media.kind, media.width, media.height) == ("image/heic", 64, 48)
    with Image.open(thumbnail(studio, media.id, 480)) as small:
        assert small.format == "WEBP"


def test_the_size_of_a_photo_that_is_decoded_smaller_is_that_of_its_file(
    session: Session, studio: StudioSettings
) -> None:
    file = io.BytesIO()
    Image.new("L", (9000, 8000)).save(file, "JPEG")
    media = add_picture(session=session, settings=studio, data=file.getvalue(), name="a.jpg").media
    assert (media.width, media.height) == (9000, 8000)


def test_the_small_copies_are_there_as_soon_as_a_picture_is(session: Session, studio: StudioSettings) -> None:
    media = add_picture(session=session, settings=studio, data=png(2000, 1000), name="a.png").media
    sizes = [Image.open(thumbnail_path(studio, media.id, size)).size for size in THUMBNAIL_SIZES]
    assert sizes == [(960, 480), (480, 240), (160, 80)]


def test_small_copies_asked_for_at_once_are_decoded_one_after_the_other(
    session: Session, studio: StudioSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [add_picture(session=session, settings=studio, data=png(900, side), name="a").media.id for side in (400, 500)]
    shutil.rmtree(studio.thumbnails_dir)
    under_way, most, reads = 0, 0, 0
    real = pictures.read_small_picture

    def counted(source: Path, name: str, side: int) -> Picture:
        nonlocal under_way, most, reads
        under_way, reads = under_way + 1, reads + 1
        most = max(most, under_way)
        time.sleep(0.02)
        picture = real(source, name, side)
        under_way -= 1
        return picture

    monkeypatch.setattr(pictures, "read_small_picture", counted)
    with ThreadPoolExecutor(10) as pool:
        asked = [(id, size) for size in THUMBNAIL_SIZES for id in ids] * 2
        paths = list(pool.map(lambda one: thumbnail(studio, *one), asked))
    assert all(path.is_file() for path in paths)
    assert (most, reads) == (1, 2)


def test_a_thumbnail_is_made_once_and_leaves_the_original_alone(session: Session, studio: StudioSettings) -> None:
    data = png(320, 180)
    media = add_picture(session=session, settings=studio, data=data, name="a.png").media
    first = thumbnail(studio, media.id, 160)
    made = first.stat().st_mtime_ns
    assert thumbnail(studio, media.id, 160) == first
    assert first.stat().st_mtime_ns == made
    with Image.open(first) as small:
        assert (small.format, small.size) == ("WEBP", (160, 90))
    assert picture_path(studio, media.id).read_bytes() == data


def test_a_small_picture_is_not_blown_up(session: Session, studio: StudioSettings) -> None:
    media = add_picture(session=session, settings=studio, data=png(32, 16), name="a.png").media
    with Image.open(thumbnail(studio, media.id, 960)) as small:
        assert small.size == (32, 16)


@pytest.mark.parametrize("id", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_no_path_is_made_of_what_is_no_id(studio: StudioSettings, id: str) -> None:
    with pytest.raises(NotFound):
        picture_path(studio, id)
    with pytest.raises(NotFound):
        thumbnail(studio, id, 160)


def test_a_picture_that_never_was_has_no_thumbnail(studio: StudioSettings) -> None:
    with pytest.raises(NotFound):
        thumbnail(studio, "0" * 64, 160)
