"""A film as a file: which frame is shown where, what is mixed how, what is copied, made again, or not made at all."""

from __future__ import annotations

import errno
import resource
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from framepack.files.manifest import NotWhole
from framepack.media.video import decode_whole, write_frames
from framepack.messages import Message
from projects.composing.compose import ComposedFilm, ComposingCancelled, compose
from projects.composing.formats import Format
from projects.composing.orders import FilmOrder, FilmRefused
from projects.films.timeline import CardSource, Clip, Lead, Timeline
from projects.frames.material import Cue, Overlay, Sources
from projects.storage.finished import finish_file
from tests.support.damage import cut_short, flip_bytes
from tests.support.numbered_takes import (
    HEIGHT,
    WIDTH,
    clip,
    dissolve,
    film,
    frames_in,
    levels_in,
    numbers_in,
    packets_in,
    source,
    write_take,
)

A, B = source("a", 100), source("b", 100)


class Room:
    """A folder with two takes, and where films of them go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = Sources(
            {"a": write_take(folder / "a.mp4", 100, 60), "b": write_take(folder / "b.mp4", 100, 180)}
        )
        self.out = folder / "film.mp4"
        self.pieces = folder / "pieces"

    def compose(self, timeline: Timeline, order: FilmOrder | None = None, **said: Any) -> ComposedFilm:
        sources = said.pop("sources", self.sources)
        out = said.pop("out", self.out)
        order = order or FilmOrder()
        return compose(timeline=timeline, sources=sources, order=order, out=out, pieces=self.pieces, **said)

    def left_over(self) -> list[str]:
        """What lies about that is neither a source nor a finished piece."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        known = ("a.mp4", "b.mp4", "sound.wav", "piece", "manifest.json")
        return [path.name for path in files if not path.name.startswith(known)]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_takes_one_after_the_other_are_taken_over_to_the_bit(room: Room) -> None:
    made = room.compose(film(clip(A), clip(B, first=0, count=50)))
    assert made == ComposedFilm(150, 5.0, WIDTH, HEIGHT, 0, 150)
    assert numbers_in(room.out) == [*range(100), *range(50)]
    assert packets_in(room.out) == packets_in(room.folder / "a.mp4") + packets_in(room.folder / "b.mp4")[:50]


def test_a_trimmed_take_is_encoded_up_to_its_next_key_frame_only(room: Room) -> None:
    made = room.compose(film(clip(A, first=10, count=80)))
    assert (made.frames, made.encoded_frames, made.copied_frames) == (80, 26, 54)
    assert numbers_in(room.out) == list(range(10, 90))
    assert packets_in(room.out)[26:] == packets_in(room.folder / "a.mp4")[36:90]


def test_a_dissolve_mixes_two_takes_over_its_frames_and_leaves_the_others_as_they_are(room: Room) -> None:
    made = room.compose(film(clip(A), clip(B, lead=dissolve(15))))
    assert made.frames == 185
    assert decode_whole(room.out)[0] == 185  # without any fault, by a decoder that overlooks none
    levels = levels_in(room.out)
    assert len(levels) == 185
    assert levels[84] == pytest.approx(60, abs=2)
    wanted = [60 + 120 * (place + 1) / 16 for place in range(15)]
    assert levels[85:100] == pytest.approx(wanted, abs=3)
    assert levels[100] == pytest.approx(180, abs=2)
    numbers = numbers_in(room.out)
    assert [*numbers[:85], *numbers[100:]] == [*range(85), *range(15, 100)]
    # While one of the two is seen more than the other, its number is legible.
    assert [*numbers[85:92], *numbers[93:100]] == [*range(85, 92), *range(8, 15)]
    assert packets_in(room.out)[:85] == packets_in(room.folder / "a.mp4")[:85]
    assert packets_in(room.out)[-64:] == packets_in(room.folder / "b.mp4")[36:]
    assert made.encoded_frames == 36


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        # The old shot at 60 goes, then the new one at 180 comes: levels of the ten frames of the transition.
        ("out", [54, 48, 42, 36, 30, 24, 18, 12, 6, 0]),
        ("in", [0, 18, 36, 54, 72, 90, 108, 126, 144, 162]),
        ("centre", [48, 36, 24, 12, 0, 0, 36, 72, 108, 144]),
    ],
)
def test_a_fade_through_black_goes_into_out_of_or_through_it(room: Room, at: Any, wanted: list[float]) -> None:
    room.compose(film(clip(A, first=0, count=30), clip(B, first=0, count=30, lead=Lead("black", 10, at))))
    levels = levels_in(room.out)
    assert levels[20:30] == pytest.approx(wanted, abs=3)
    legible = {"out": (20, [20, 21, 22]), "in": (27, [7, 8, 9]), "centre": (28, [8, 9])}
    first, numbers = legible[at]
    assert numbers_in(room.out)[first : first + len(numbers)] == numbers
    assert (levels[19], levels[30]) == pytest.approx((60, 180), abs=2)


def test_a_fade_through_white_is_white_in_its_middle(room: Room) -> None:
    room.compose(film(clip(A, first=0, count=30), clip(B, first=0, count=30, lead=Lead("white", 10, "centre"))))
    levels = levels_in(room.out)
    assert levels[24:26] == pytest.approx([255, 255], abs=2)
    assert levels[20] == pytest.approx(60 * 0.8 + 255 * 0.2, abs=3)


def test_a_wipe_goes_from_left_to_right(room: Room) -> None:
    room.compose(film(clip(A, first=0, count=30), clip(B, first=0, count=30, lead=Lead("wipe", 9, "centre"))))
    frames = list(frames_in(room.out))
    halfway = frames[21 + 4][HEIGHT * 3 // 4, :, 0].astype(int)
    assert halfway[: WIDTH // 2 - 4] == pytest.approx(180, abs=4)
    assert halfway[WIDTH // 2 + 4 :] == pytest.approx(60, abs=4)


def test_before_the_first_clip_a_film_comes_out_of_black_or_white(room: Room) -> None:
    room.compose(film(clip(A, first=0, count=30, lead=Lead("black", 10, "out"))))
    assert levels_in(room.out)[:11] == pytest.approx([6 * place for place in range(11)], abs=3)
    room.compose(film(clip(A, first=0, count=30, lead=Lead("white", 10, "in"))))
    assert levels_in(room.out)[0] == pytest.approx(255, abs=2)
    room.compose(film(clip(A, first=0, count=30, lead=dissolve(10))))
    assert levels_in(room.out)[4] == pytest.approx(60 * 5 / 11, abs=3)


def test_speed_reverse_and_holds_show_the_frames_they_should(room: Room) -> None:
    room.compose(
        film(
            clip(A, 10, first=0, count=20, speed=2.0),
            clip(B, first=0, count=10, reverse=True),
            clip(A, 12, first=50, count=6, hold_first=4, hold_last=2),
        )
    )
    held = [50] * 4 + list(range(50, 56)) + [55] * 2
    assert numbers_in(room.out) == [*range(0, 20, 2), *range(9, -1, -1), *held]


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60)])
def test_a_film_at_another_rate_has_its_frames_and_its_length(room: Room, rate: Fraction) -> None:
    frames = round(rate * 2)
    made = room.compose(film(clip(A, frames, first=0, count=60), rate=rate))
    assert made.encoded_frames == frames
    numbers = numbers_in(room.out)
    assert numbers == [int(Fraction(place) * 30 / rate) for place in range(frames)]
    webm = room.folder / "film.webm"
    room.compose(film(clip(A, frames, first=0, count=60), rate=rate), FilmOrder("vp9"), out=webm)
    with av.open(str(webm)) as container:
        assert container.streams.video[0].average_rate == rate
    assert numbers_in(webm) == numbers
    with av.open(str(room.out)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == rate
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == frames / rate


def test_a_film_of_another_size_is_scaled(room: Room) -> None:
    made = room.compose(film(clip(A, first=0, count=10), size=(192, 128)))
    assert (made.width, made.height, made.encoded_frames) == (192, 128, 10)
    assert numbers_in(room.out) == list(range(10))
    assert next(frames_in(room.out)).shape == (128, 192, 3)


def test_takes_of_another_size_lie_beside_those_of_the_films_own(room: Room) -> None:
    takes = {**room.sources.takes, "c": write_take(room.folder / "a.mp4.small", 20, width=64, height=64)}
    small = source("c", 20, width=64, height=64)
    made = room.compose(film(clip(A, first=0, count=40), clip(small)), sources=Sources(takes))
    assert (made.frames, made.encoded_frames) == (60, 20)
    assert len(numbers_in(room.out)) == 60


def test_cards_and_stills_are_pieces_of_a_film(room: Room) -> None:
    def draw(words: str, width: int, height: int) -> Any:
        return np.full((height, width, 3), len(words), np.uint8)

    card = Clip(None, "", "", CardSource("x" * 77), 0, 1, 0, 12)
    made = room.compose(film(card, clip(A, first=0, count=10)), sources=replace(room.sources, draw_card=draw))
    assert made.frames == 22
    assert levels_in(room.out)[:12] == pytest.approx([77] * 12, abs=2)


def test_a_step_of_colour_at_a_join_is_evened_out_where_that_is_asked_for(room: Room) -> None:
    for name, level in (("a", 60), ("b", 75)):
        write_frames(room.folder / f"{name}.mp4", [np.full((HEIGHT, WIDTH, 3), level, np.uint8)] * 100, 30)
    going_on = clip(B, joined=True)
    assert room.compose(film(clip(A), going_on)).encoded_frames == 0
    assert levels_in(room.out)[99:101] == pytest.approx([60, 75], abs=1)
    assert room.compose(film(clip(A), going_on, match_colour=True)).encoded_frames == 36
    assert room.compose(film(clip(A), replace(going_on, match_colour=True))).encoded_frames == 0
    matched = levels_in(room.out)
    assert matched[100:116] == pytest.approx([60 + place for place in range(16)], abs=2.5)
    assert packets_in(room.out)[136:] == packets_in(room.folder / "b.mp4")[36:]


# --- pieces -----------------------------------------------------------------------------------------------------------


def three(*leads: int) -> Timeline:
    clips = [clip(A), clip(B, lead=dissolve(leads[0])), clip(A, lead=dissolve(leads[1]))]
    return film(*clips)


def test_a_second_film_after_one_dissolve_changed_encodes_only_what_changed(room: Room) -> None:
    first = room.compose(three(15, 15))
    again = room.compose(three(15, 15))
    assert again.encoded_frames == 0
    assert again.pieces == first.pieces
    changed = room.compose(three(15, 20))
    assert changed.encoded_frames == 36  # the dissolve, and up to the key frame after it
    assert len(set(changed.pieces) & set(first.pieces)) == 2


def test_what_is_encoded_for_another_format_is_kept_in_pieces_too(room: Room) -> None:
    order = FilmOrder("vp9")
    first = room.compose(three(15, 15), order, out=room.folder / "film.webm")
    changed = room.compose(three(15, 20), order, out=room.folder / "film.webm")
    assert first.encoded_frames == first.frames
    assert changed.encoded_frames == 20 + (85 - 15 - 5) + 80  # the dissolve, and the stretches beside it that moved
    assert numbers_in(room.folder / "film.webm")[:80] == list(range(80))


def test_other_frames_titles_qualities_and_takes_are_other_pieces(room: Room) -> None:
    plain = film(clip(A, first=10, count=20))

    def named(timeline: Timeline = plain, order: FilmOrder | None = None, sources: Sources = room.sources) -> Any:
        begun: list[tuple[str, ...]] = []
        made = room.compose(timeline, order, sources=sources, begun=begun.append)
        assert begun == [made.pieces]
        return made.pieces

    title = Overlay("one", 0, 5, lambda: np.zeros((HEIGHT, WIDTH, 4), np.uint8))
    found = [
        named(),
        named(film(clip(A, first=11, count=20))),
        named(film(clip(B, first=10, count=20))),
        named(film(clip(A, first=10, count=20, reverse=True))),
        named(order=FilmOrder(quality="best")),
        named(order=FilmOrder(crf=20)),
        named(order=FilmOrder(bitrate=1_000_000)),
        named(sources=replace(room.sources, overlays=(title,))),
        named(sources=replace(room.sources, overlays=(replace(title, key="two"),))),
        named(film(clip(A, first=10, count=20), size=(64, 64))),
        named(film(clip(A, first=10, count=20), rate=Fraction(25))),
    ]
    write_take(room.folder / "a.mp4", 100, 90)
    found.append(named())
    assert [found.index(pieces) for pieces in found] == list(range(len(found)))


def test_a_piece_that_is_damaged_is_made_again(room: Room) -> None:
    timeline = three(15, 15)
    room.compose(timeline)
    before = levels_in(room.out)
    for damaged in room.pieces.rglob("piece.mp4"):
        flip_bytes(damaged)
    assert room.compose(timeline).encoded_frames > 0
    assert levels_in(room.out) == pytest.approx(before, abs=1)
    for damaged in room.pieces.rglob("piece.mp4"):
        cut_short(damaged)
    room.compose(timeline)
    assert levels_in(room.out) == pytest.approx(before, abs=1)
    assert any((room.folder / "damaged").iterdir())


def test_a_take_that_is_not_what_it_was_is_not_built_upon(room: Room) -> None:
    finish_file(room.folder / "a.mp4", 100)
    flip_bytes(room.folder / "a.mp4")
    with pytest.raises(NotWhole):
        room.compose(film(clip(A)))
    assert not room.out.exists()


def test_a_take_from_two_files_is_taken_over_from_both(room: Room) -> None:
    write_take(room.folder / "a.mp4.one", 60)
    parts = ((room.folder / "a.mp4.one", 36), (room.folder / "b.mp4", 50))
    made = room.compose(film(clip(source("two", 86))), sources=Sources({"two": parts}))
    assert (made.frames, made.encoded_frames) == (86, 0)
    assert numbers_in(room.out) == [*range(36), *range(50)]


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_film_that_is_called_off_leaves_nothing_half(room: Room) -> None:
    asked = iter(range(10**6))
    with pytest.raises(ComposingCancelled):
        room.compose(three(15, 15), cancelled=lambda: next(asked) > 45)
    assert not room.out.exists()
    assert room.left_over() == []
    # What was finished before is not made again.
    assert room.compose(three(15, 15)).encoded_frames == 36


def test_called_off_while_it_is_joined_the_film_before_stays(room: Room) -> None:
    room.compose(film(clip(A)))
    before = room.out.read_bytes()
    asked = iter(range(10**6))
    with pytest.raises(ComposingCancelled):
        room.compose(film(clip(B)), cancelled=lambda: next(asked) > 20)
    assert room.out.read_bytes() == before
    assert room.left_over() == ["film.mp4"]


def test_progress_is_a_share_that_grows_to_the_whole(room: Room) -> None:
    shares: list[float] = []
    room.compose(three(15, 15), progress=shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert len(shares) > 300


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may have more bytes, as on a disk with no more room."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("format", ["h264", "prores", "vp9", "gif", "webp", "png"])
def test_where_there_is_no_room_nothing_half_is_left(room: Room, format: Format) -> None:
    order = FilmOrder(format, "best")
    out = room.folder / f"film{order.facts.endings[0]}"
    with room_for(2_000), pytest.raises(OSError) as fault:
        room.compose(film(clip(A), clip(B, lead=dissolve(10))), order, out=out)
    assert fault.value.errno in (errno.EFBIG, errno.ENOSPC, errno.EIO)
    assert room.left_over() == []


@pytest.mark.parametrize("format", ["h264", "prores", "vp9", "gif", "webp", "png"])
def test_a_film_that_lacks_its_last_bytes_is_none(room: Room, format: Format) -> None:
    order, timeline = FilmOrder(format), film(clip(A, count=40, first=0))
    out = room.folder / f"film{order.facts.endings[0]}"
    room.compose(timeline, order, out=out)
    size = out.stat().st_size
    for lacking in (1, 60, 400):
        out.unlink()
        with room_for(size - lacking), pytest.raises(OSError):
            room.compose(timeline, order, out=out)
        assert room.left_over() == []
        room.compose(timeline, order, out=out)


def test_an_ending_that_is_not_the_formats_is_refused_before_anything_is_made(room: Room) -> None:
    for name in ("film.webm", "film.gif", "film", "film.xyz"):
        with pytest.raises(FilmRefused):
            room.compose(three(15, 15), out=room.folder / name)
    assert not room.pieces.exists()


def test_a_film_never_replaces_what_it_is_made_from(room: Room) -> None:
    before = (room.folder / "a.mp4").read_bytes()
    (room.folder / "link.mp4").symlink_to(room.folder / "a.mp4")
    for name in ("a.mp4", "link.mp4"):
        with pytest.raises(FilmRefused, match="made from"):
            room.compose(three(15, 15), out=room.folder / name)
    assert (room.folder / "a.mp4").read_bytes() == before


def test_a_film_with_problems_is_not_made(room: Room) -> None:
    with pytest.raises(FilmRefused):
        room.compose(replace(film(clip(A)), problems=(Message("no-shots-yet"),)))
    with pytest.raises(FilmRefused):
        room.compose(film())


# --- sound and captions -----------------------------------------------------------------------------------------------


def write_sound(path: Path, seconds: float, click: float) -> Path:
    """A WAV file that is silent but for 20 ms of noise ``click`` seconds in."""
    samples = np.zeros((round(seconds * 48_000), 2), "<i2")
    begin = round(click * 48_000)
    samples[begin : begin + 960] = np.random.default_rng(0).integers(-20_000, 20_000, (960, 2))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(samples.tobytes())
    return path


@pytest.mark.parametrize(("format", "ending"), [("h264", ".mp4"), ("vp9", ".webm"), ("prores", ".mov")])
def test_the_sound_is_in_step_at_the_end_and_captions_are_there(room: Room, format: Format, ending: str) -> None:
    timeline = three(15, 15)
    sound = write_sound(room.folder / "sound.wav", timeline.seconds + 1, timeline.seconds - 0.2)
    cues = (Cue(1.0, 2.5, "First {one}"), Cue(3.0, 4.0, "第二句 😀\nnext line"))
    out = room.folder / f"film{ending}"
    room.compose(timeline, FilmOrder(format), out=out, sources=replace(room.sources, sound=sound, captions=cues))
    with av.open(str(out)) as container:
        heard = container.streams.audio[0]
        parts = []
        for frame in container.decode(heard):
            assert frame.pts is not None
            values = np.abs(frame.to_ndarray().astype(float)).reshape(-1)
            values = values.reshape(2, -1).max(axis=0) if frame.format.is_planar else values.reshape(-1, 2).max(axis=1)
            parts.append((float(frame.pts * frame.time_base), values))
    begun = next(time + np.argmax(values > values.max() / 4) / 48_000 for time, values in parts if values.max() > 0.1)
    assert begun == pytest.approx(timeline.seconds - 0.2, abs=1 / 30)
    end = parts[-1][0] + len(parts[-1][1]) / 48_000
    assert end == pytest.approx(timeline.seconds, abs=1 / 30)
    with av.open(str(out)) as container:
        captions = container.streams.subtitles[0]
        assert captions.time_base is not None
        shown = [
            (float(packet.pts * captions.time_base), float((packet.duration or 0) * captions.time_base), bytes(packet))
            for packet in container.demux(captions)
            if packet.size > 2 and packet.pts is not None
        ]
    assert [one[:2] for one in shown] == [(1.0, 1.5), (3.0, 1.0)]
    assert "第二句 😀\nnext line".encode() in shown[1][2]
    assert b"First {one}" in shown[0][2]
    assert len(packets_in(out)) == timeline.frames


def test_the_first_sound_is_heard_when_it_should_be(room: Room) -> None:
    timeline = film(clip(A))
    sound = write_sound(room.folder / "sound.wav", timeline.seconds, 0.5)
    room.compose(timeline, sources=replace(room.sources, sound=sound))
    with av.open(str(room.out)) as container:
        for frame in container.decode(audio=0):
            values = np.abs(frame.to_ndarray()).max(axis=0)
            if values.max() > 0.1:
                assert frame.pts is not None
                assert float(frame.pts * frame.time_base) + np.argmax(values > 0.1) / 48_000 == pytest.approx(
                    0.5, abs=0.03
                )
                break
