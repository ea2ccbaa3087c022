"""Takes whose frames carry their number as bars, and films of them, so that a test reads back which frame is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation

from framepack.media.video import write_frames
from projects.cutting.film_settings import FilmSettings
from projects.films.timeline import Clip, Lead, TakeSource, Timeline
from projects.frames.material import Parts, Pixels

WIDTH, HEIGHT = 96, 64
BITS = 8


def numbered(number: int, level: int, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """A frame whose upper half says its number in white and black bars, and whose lower half has one grey level."""
    frame = np.full((height, width, 3), level, np.uint8)
    for bit in range(BITS):
        frame[: height // 2, bit * width // BITS : (bit + 1) * width // BITS] = 255 if number >> bit & 1 else 0
    return frame


def number_in(frame: Pixels) -> int:
    """The number that a frame of whatever size says."""
    height, width = frame.shape[:2]
    row = frame[height // 4].mean(axis=-1)
    return sum((row[int((bit + 0.5) * width / BITS)] > 127) << bit for bit in range(BITS))


def level_in(frame: Pixels) -> float:
    """The grey level of a frame's lower half."""
    height = frame.shape[0]
    return float(frame[height * 5 // 8 : height * 7 // 8].mean())


def write_take(
    path: Path, frames: int, level: int = 100, fps: int = 30, width: int = WIDTH, height: int = HEIGHT
) -> Parts:
    """A take of numbered frames, as its files and how many frames of each."""
    write_frames(path, (numbered(number, level, width, height) for number in range(frames)), fps)
    return ((path, frames),)


def source(take_id: str, frames: int, fps: int = 30, width: int = WIDTH, height: int = HEIGHT) -> TakeSource:
    """A take as timelines name it."""
    return TakeSource(take_id, frames, Fraction(fps), width, height)


def clip(take: TakeSource, frames: int | None = None, **said: Any) -> Clip:
    """All of a take as a clip, or what is said otherwise; ``frames`` is how long it is in the film."""
    count = said.pop("count", take.frames - said.get("first", 0))
    return Clip("shot", "SH0010", "", take, said.pop("first", 0), count, 0, frames or count, **said)


def film(*clips: Clip, rate: Fraction = Fraction(30), size: tuple[int, int] = (WIDTH, HEIGHT), **said: Any) -> Timeline:
    """The timeline of clips one after another, each begun by its lead."""
    placed: list[Clip] = []
    for one in clips:
        placed.append(replace(one, start=placed[-1].end - one.lead.frames if placed else 0))
    return Timeline("film", FilmSettings(**said), rate, *size, tuple(placed))


def dissolve(frames: int) -> Lead:
    """A dissolve of so many frames."""
    return Lead("dissolve", frames, "centre")


def frames_in(path: Path) -> Iterator[Pixels]:
    """The frames of a video file, decoded as exactly as FFmpeg does, (H, W, 3) uint8 RGB."""
    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            rgb = frame.reformat(format="rgb24", src_colorspace=Colorspace.ITU709, interpolation=exact)
            yield rgb.to_ndarray()


def numbers_in(path: Path) -> list[int]:
    """The numbers that the frames of a video file say."""
    return [number_in(frame) for frame in frames_in(path)]


def levels_in(path: Path) -> list[float]:
    """The grey levels of the frames of a video file."""
    return [level_in(frame) for frame in frames_in(path)]


def packets_in(path: Path) -> list[bytes]:
    """The packets of a video file's pictures."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]
