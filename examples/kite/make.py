"""Draws the pictures of the kite storyboard and plays its music, from nothing but arithmetic.

``python examples/kite/make.py`` makes the same files each time.
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 640, 360
SCALE = 2
RATE = 48_000
BEAT = 0.5  # seconds
Colour = tuple[int, int, int]
# Semitones above the A of 220 Hz and how many beats each lasts; None is a rest.
MELODY: tuple[tuple[int | None, float], ...] = (
    *((3, 1), (7, 1), (10, 1), (15, 2), (14, 1), (12, 1), (10, 1)),
    *((12, 2), (10, 1), (7, 1), (3, 3), (None, 1)),
)
# The chords below it, four beats each.
CHORDS = ((-9, 3, 7), (-4, 0, 3), (-7, 2, 5), (-9, -2, 3))


def sky(top: Colour, bottom: Colour) -> Image.Image:
    """A sky that changes from ``top`` to ``bottom``."""
    share = np.linspace(0.0, 1.0, HEIGHT * SCALE)[:, None, None]
    column = np.array(top) * (1 - share) + np.array(bottom) * share
    return Image.fromarray(np.repeat(column, WIDTH * SCALE, axis=1).astype(np.uint8))


def shape(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: Colour) -> None:
    """A polygon, in units of the finished picture."""
    draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)


def hill(draw: ImageDraw.ImageDraw, height: float, wave: float, shift: float, colour: Colour) -> None:
    """A row of hills from one side to the other."""
    along = np.linspace(0, WIDTH, 80)
    edge = HEIGHT - height - 24 * np.sin(along / wave + shift) - 9 * np.sin(along / (0.37 * wave) + 2 * shift)
    shape(draw, [*zip(along, edge, strict=True), (WIDTH, HEIGHT), (0, HEIGHT)], colour)


def kite(draw: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
    """A red kite with a tail of ribbons, whose string leads down to the left."""
    top, right, bottom, left = (x, y - size), (x + 0.62 * size, y), (x, y + 1.3 * size), (x - 0.62 * size, y)
    string = [(x - t * 0.9 * x, y + t * (HEIGHT - 60 - y) + 40 * np.sin(np.pi * t)) for t in np.linspace(0, 1, 40)]
    draw.line([(a * SCALE, b * SCALE) for a, b in string], fill=(70, 70, 80), width=SCALE)
    for number in range(5):
        a, b = x + 0.4 * size * np.sin(1.1 * number), y + (1.5 + 0.45 * number) * size
        ribbon = [(a, b), (a + 0.25 * size, b - 0.12 * size), (a + 0.2 * size, b + 0.16 * size)]
        shape(draw, ribbon, (250, 200, 70))
    shape(draw, [top, right, bottom], (196, 48, 52))
    shape(draw, [top, left, bottom], (226, 76, 70))


def pictures(folder: Path) -> None:
    """The hills by day, and the kite in the evening."""
    day = sky((112, 176, 226), (226, 238, 240))
    draw = ImageDraw.Draw(day)
    draw.ellipse([SCALE * n for n in (500, 40, 570, 110)], fill=(255, 244, 200))
    for height, wave, shift, colour in ((130, 88, 0.4, (142, 186, 150)), (80, 120, 2.0, (98, 158, 104))):
        hill(draw, height, wave, shift, colour)
    hill(draw, 28, 160, 4.1, (62, 124, 72))
    kite(draw, 250, 110, 42)
    evening = sky((62, 50, 110), (250, 172, 120))
    draw = ImageDraw.Draw(evening)
    draw.ellipse([SCALE * n for n in (120, 190, 200, 270)], fill=(255, 226, 150))
    for height, wave, shift, colour in ((86, 100, 1.3, (92, 72, 110)), (34, 140, 3.0, (48, 44, 78))):
        hill(draw, height, wave, shift, colour)
    kite(draw, 400, 120, 60)
    for name, picture in (("hills", day), ("evening", evening)):
        small = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        small.save(folder / f"{name}.webp", quality=72, method=6)


def note(semitones: int, seconds: float, fade: float) -> NDArray[np.float32]:
    """A plucked note above the A of 220 Hz: its overtones die away the sooner the higher they are."""
    times = np.arange(round(seconds * RATE)) / RATE
    hertz = 220 * 2 ** (semitones / 12)
    parts = [np.sin(2 * np.pi * hertz * n * times) * np.exp(-times * n / fade) / n**1.6 for n in range(1, 6)]
    ends = np.minimum(1.0, np.minimum(times / 0.008, (seconds - times) / 0.03))
    return (sum(parts) * ends).astype(np.float32)


def music() -> NDArray[np.float32]:
    """The melody over its chords, one channel."""
    length = sum(beats for _, beats in MELODY) * BEAT
    sound = np.zeros(round((length + 0.5) * RATE), np.float32)

    def add(at: float, played: NDArray[np.float32], level: float) -> None:
        first = round(at * RATE)
        sound[first : first + len(played)] += level * played[: len(sound) - first]

    at = 0.0
    for semitones, beats in MELODY:
        if semitones is not None:
            add(at, note(semitones + 12, beats * BEAT + 0.4, 0.7), 0.2)
        at += beats * BEAT
    for number, chord in enumerate(CHORDS):
        for place, semitones in enumerate(chord):
            add(4 * BEAT * number + 0.06 * place, note(semitones, 4 * BEAT, 1.4), 0.11)
    return np.clip(sound, -1.0, 1.0)


def write_music(path: Path, sound: NDArray[np.float32]) -> None:
    """Write the music, in Opus."""
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = 9_000
        stream.codec_context.open()
        frames = stream.codec_context.frame_size
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=frames)
        frame = av.AudioFrame.from_ndarray(sound[None], format="flt", layout="mono")
        frame.sample_rate = RATE
        for made in (*resampler.resample(frame), *resampler.resample(None), None):
            container.mux(stream.encode(made))


if __name__ == "__main__":
    here = Path(__file__).parent
    pictures(here)
    write_music(here / "music.ogg", music())
