"""Taking sound files in: by their content, whole, and bounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlmodel import Session

from framepack.media.pictures import picture_hash
from framepack.media.video import write_frames
from projects.database.tables import Media
from projects.settings import StudioSettings
from projects.sound import reading
from projects.sound.files import add_sound
from projects.sound.reading import RATE, SoundRejected, samples_of
from projects.storage.places import picture_path
from tests.support.plain_pictures import png
from tests.support.sounds import KINDS, decibels, silence, tone, write_sound


def kept(studio: StudioSettings) -> list[Path]:
    return [path for path in studio.media_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_of_any_kind_is_kept_as_it_was_given_whatever_its_name(
    kind: str, session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    file = write_sound(tmp_path / "given", tone(2.0), kind)

    media = add_sound(session=session, settings=studio, file=file, name="/music/海 🌊.txt")

    assert (media.id, media.name, media.medium) == (picture_hash(file), "海 🌊.txt", "sound")
    assert media.seconds == pytest.approx(2.0, abs=0.06)
    assert (media.width, media.height, media.size_bytes) == (0, 0, file.stat().st_size)
    assert picture_path(studio, media.id).read_bytes() == file.read_bytes()
    assert kept(studio) == [picture_path(studio, media.id)]
    assert session.get(Media, media.id) is media


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("left", [0.5, 0.97])
def test_a_sound_that_is_cut_short_is_refused_and_not_kept(
    kind: str, left: float, session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    file = write_sound(tmp_path / "given", tone(5.0), kind)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * left)])

    with pytest.raises(SoundRejected, match=r"The sound a cannot be used: it is cut short; .* try again\."):
        add_sound(session=session, settings=studio, file=file, name="a")
    assert not kept(studio)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "there is no sound in it"),
        (png(320, 180), "it is a picture"),
        (b"#EXTM3U\n#EXTINF:10,\n/tmp/a.mp3\n", "it is a playlist"),
        (b"[playlist]\nFile1=a.mp3\n", "it is a playlist"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "it is a playlist"),
        (b"a letter to a friend" * 99, "not a sound of a known kind"),
        (bytes(range(256)) * 99, "not a sound of a known kind"),
    ],
)
def test_what_is_no_sound_is_refused_with_its_reason(
    content: bytes, reason: str, session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    file = tmp_path / "given.mp3"
    file.write_bytes(content)
    with pytest.raises(SoundRejected, match=reason):
        add_sound(session=session, settings=studio, file=file, name="given.mp3")
    assert not kept(studio)


def test_a_film_without_sound_is_refused(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    write_frames(tmp_path / "film.mp4", [np.zeros((64, 64, 3), np.uint8)] * 5, 25)
    with pytest.raises(SoundRejected, match=r"it is a film without sound\."):
        add_sound(session=session, settings=studio, file=tmp_path / "film.mp4", name="film.mp4")


def test_a_sound_without_a_sample_is_refused(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    file = write_sound(tmp_path / "a.wav", tone(0.1))
    header = file.read_bytes()[: file.read_bytes().index(b"data")] + b"data" + bytes(4)
    file.write_bytes(header)
    with pytest.raises(SoundRejected, match="there is no sound in it"):
        add_sound(session=session, settings=studio, file=file, name="a.wav")


def test_a_sound_that_is_too_long_or_too_large_is_refused(
    session: Session, studio: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_sound(tmp_path / "a.flac", silence(4.0), "flac")
    monkeypatch.setattr(reading, "MAX_SOUND_SECONDS", 3)
    with pytest.raises(SoundRejected, match="it lasts longer than"):
        add_sound(session=session, settings=studio, file=file, name="a.flac")
    with (tmp_path / "large.wav").open("wb") as large:
        large.truncate(reading.MAX_SOUND_BYTES + 1)
    with pytest.raises(SoundRejected, match="larger than 200 MiB"):
        add_sound(session=session, settings=studio, file=tmp_path / "large.wav", name="large.wav")
    assert not kept(studio)


def test_the_same_sound_is_found_again_and_heals_its_damaged_file(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    file = write_sound(tmp_path / "a.wav", tone(0.5))
    first = add_sound(session=session, settings=studio, file=file, name="a.wav")
    picture_path(studio, first.id).write_bytes(b"overwritten")

    assert add_sound(session=session, settings=studio, file=file, name="b.wav") is first
    assert picture_path(studio, first.id).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("kind", ["wav", "mp3", "m4a"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_sound_comes_at_48_khz_in_two_channels_at_its_own_level(kind: str, channels: int, tmp_path: Path) -> None:
    file = write_sound(tmp_path / "a", tone(3.0)[:, :channels], kind, rate=44_100)

    samples = np.concatenate([*samples_of(file, "a")])

    assert samples.shape[1] == 2
    assert len(samples) == pytest.approx(3 * RATE, abs=0.05 * RATE)
    middle = samples[RATE : 2 * RATE]
    assert decibels(middle) == pytest.approx(decibels(tone(1.0)), abs=0.5)  # LAME lowers by 0.4
    assert np.abs(middle[:, 0] - middle[:, 1]).max() < 1e-3


def test_a_wav_whose_writer_could_not_go_back_is_whole(tmp_path: Path) -> None:
    file = write_sound(tmp_path / "a.wav", tone(1.0))
    content = file.read_bytes()
    at = content.index(b"data") + 4
    file.write_bytes(content[:at] + b"\xff\xff\xff\xff" + content[at + 4 :])
    assert reading.check_sound(file, "a.wav").seconds == pytest.approx(1.0)
