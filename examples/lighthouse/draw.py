"""Draws the pictures of the lighthouse storyboard, from nothing but arithmetic: ``python examples/lighthouse/draw.py``.

Everything is drawn at twice its size and reduced, so edges are smooth; the random numbers are seeded, so the pictures
come out the same each time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1280, 720
SCALE = 2
Colour = tuple[int, int, int]
Point = tuple[float, float]


def gradient(stops: list[tuple[float, Colour]], height: int, width: int) -> Image.Image:
    """A vertical gradient through ``stops`` of (share of the height, colour)."""
    at = np.linspace(0.0, 1.0, height)
    positions = [stop for stop, _ in stops]
    channels = [np.interp(at, positions, [colour[c] for _, colour in stops]) for c in range(3)]
    column = np.stack(channels, axis=-1)[:, None, :]
    return Image.fromarray(np.repeat(column, width, axis=1).astype(np.uint8))


def cloud_cover(height: int, width: int, seed: int) -> NDArray[np.float64]:
    """A cloud mask (height, width) in 0..1: smooth noise of several sizes, stretched sideways."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width))
    for octave in range(6):
        rows, columns = 3 * 2**octave, 2 * 2**octave
        noise = Image.fromarray((random.random((rows, columns)) * 255).astype(np.uint8))
        total += (
            np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64) / 255 / 1.8**octave
        )
    total = (total - total.min()) / (total.max() - total.min())
    return np.clip((total - 0.48) * 3.2, 0.0, 1.0)


class Sheet:
    """A picture being drawn in units of its final size, kept at ``SCALE`` times that size."""

    def __init__(self, sky: list[tuple[float, Colour]]) -> None:
        self.image = gradient(sky, HEIGHT * SCALE, WIDTH * SCALE)

    def polygon(self, points: list[Point], colour: Colour) -> None:
        ImageDraw.Draw(self.image).polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        box = [(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE]
        ImageDraw.Draw(self.image).ellipse(box, fill=colour)

    def clouds(self, colour: Colour, strength: float, until: float, seed: int) -> None:
        """Clouds over the part of the picture above ``until`` (pixels)."""
        height = int(until * SCALE)
        mask = cloud_cover(height, WIDTH * SCALE, seed) * np.linspace(1.0, 0.15, height)[:, None] * strength
        layer = Image.new("RGB", (WIDTH * SCALE, height), colour)
        self.image.paste(layer, (0, 0), Image.fromarray((mask * 255).astype(np.uint8)))

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """A soft round light."""
        rows, columns = np.mgrid[0 : HEIGHT * SCALE, 0 : WIDTH * SCALE]
        distance = np.hypot(columns / SCALE - x, rows / SCALE - y) / radius
        mask = np.clip(1.0 - distance, 0.0, 1.0) ** 2 * strength
        layer = Image.new("RGB", self.image.size, colour)
        self.image.paste(layer, (0, 0), Image.fromarray((mask * 255).astype(np.uint8)))

    def beam(self, points: list[Point], colour: Colour, strength: float) -> None:
        """A beam of light: a blurred, half clear polygon."""
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon([(x * SCALE, y * SCALE) for x, y in points], fill=int(255 * strength))
        self.image.paste(
            Image.new("RGB", self.image.size, colour), (0, 0), mask.filter(ImageFilter.GaussianBlur(12 * SCALE))
        )

    def sea(self, top: float, near: Colour, far: Colour, glints: Colour, seed: int) -> None:
        """Water from ``top`` down to the lower edge, with glints that grow towards the viewer."""
        height = int((HEIGHT - top) * SCALE)
        self.image.paste(gradient([(0.0, far), (1.0, near)], height, WIDTH * SCALE), (0, int(top * SCALE)))
        random = np.random.default_rng(seed)
        for _ in range(420):
            depth = random.random() ** 1.6
            x, y = random.random() * WIDTH, top + 3 + depth * (HEIGHT - top - 3)
            length, thick = 8 + 70 * depth, 0.7 + 2.6 * depth
            self.polygon([(x - length, y), (x, y - thick), (x + length, y), (x, y + thick)], glints)

    def finished(self) -> Image.Image:
        return self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """The colour ``share`` of the way from ``first`` to ``second``."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def tower(
    sheet: Sheet, x: float, foot: float, height: float, *, light: Colour, shade: Colour, red: Colour, lamp: Colour
) -> None:
    """A striped lighthouse that stands at (x, foot) and is ``height`` pixels high."""
    wide, narrow, strips = height * 0.125, height * 0.078, 40
    body = height * 0.76
    for strip in range(strips):
        left = -1.0 + 2.0 * strip / strips
        right = -1.0 + 2.0 * (strip + 1) / strips
        tone = min(1.0, max(0.0, (left + 0.75) / 1.75))
        for band in range(7):
            low, high = band / 7, (band + 1) / 7
            colour = red if band % 2 else light
            points = []
            for share, edge in ((low, left), (low, right), (high, right), (high, left)):
                radius = wide + (narrow - wide) * share
                sag = height * 0.012 * (1.0 - edge**2)
                points.append((x + radius * edge, foot - body * share + sag))
            sheet.polygon(points, blend(colour, shade, tone * 0.62))
    gallery = foot - body
    sheet.box(x - narrow * 1.55, gallery - height * 0.018, x + narrow * 1.55, gallery + height * 0.014, shade)
    for post in range(9):
        at = x - narrow * 1.5 + narrow * 3.0 * post / 8
        sheet.box(at - 1.4, gallery - height * 0.062, at + 1.4, gallery, shade)
    sheet.box(x - narrow * 1.55, gallery - height * 0.066, x + narrow * 1.55, gallery - height * 0.058, shade)
    top = gallery - height * 0.15
    sheet.box(x - narrow * 0.82, top, x + narrow * 0.82, gallery, lamp)
    for bar in range(5):
        at = x - narrow * 0.82 + narrow * 1.64 * bar / 4
        sheet.box(at - 2, top, at + 2, gallery, shade)
    sheet.polygon([(x - narrow * 1.05, top), (x + narrow * 1.05, top), (x, top - height * 0.085)], red)
    sheet.disc(x, top - height * 0.088, height * 0.012, shade)
    door = height * 0.055
    sheet.box(x - door * 0.45, foot - door * 1.4, x + door * 0.45, foot + 2, blend(shade, (20, 20, 30), 0.5))
    for window in (0.36, 0.6):
        sheet.box(x - 6, foot - body * window - 20, x + 6, foot - body * window, blend(shade, (20, 20, 30), 0.4))


def cliff(sheet: Sheet, outline: list[Point], rock: Colour, grass: Colour, seed: int) -> None:
    """A cliff under ``outline`` (left to right), with facets in the rock and a strip of grass on top."""
    sheet.polygon([*outline, (outline[-1][0], HEIGHT), (outline[0][0], HEIGHT)], rock)
    random = np.random.default_rng(seed)
    left, right = outline[0][0], outline[-1][0]
    xs, ys = [p[0] for p in outline], [p[1] for p in outline]
    for _ in range(150):
        x = left + random.random() * (right - left)
        y = float(np.interp(x, xs, ys)) + 18 + random.random() ** 1.3 * 300
        size = 14 + 34 * random.random()
        tone = (
            blend(rock, (20, 22, 34), 0.32 * random.random())
            if random.random() < 0.6
            else blend(rock, (255, 240, 220), 0.16)
        )
        sheet.polygon(
            [(x, y), (x + size, y + size * 0.3), (x + size * 0.5, y + size * 1.4), (x - size * 0.3, y + size)], tone
        )
    below = [(x, y + 16 + 7 * np.sin(x / 23.0)) for x, y in reversed(outline)]
    sheet.polygon([*outline, *below], grass)


def morning() -> Image.Image:
    """The lighthouse on its cliff above the morning sea."""
    sheet = Sheet([(0.0, (88, 152, 214)), (0.45, (176, 214, 238)), (0.68, (252, 226, 190)), (1.0, (252, 226, 190))])
    sheet.glow(250, 400, 420, (255, 240, 200), 0.85)
    sheet.clouds((255, 252, 246), 0.85, 440, seed=4)
    sheet.sea(450, (22, 88, 122), (128, 182, 196), (214, 236, 232), seed=7)
    cliff(sheet, [(0, 470), (90, 462), (170, 474), (240, 486)], (104, 122, 132), (120, 150, 118), seed=3)
    outline = [(700.0, 560.0), (760, 492), (850, 462), (960, 446), (1080, 452), (1180, 430), (1280, 418)]
    cliff(sheet, outline, (122, 104, 92), (92, 148, 74), seed=5)
    tower(sheet, 930, 456, 380, light=(250, 246, 238), shade=(96, 104, 128), red=(206, 58, 48), lamp=(255, 238, 170))
    sheet.box(1010, 408, 1130, 452, (238, 230, 214))
    sheet.polygon([(1000, 410), (1140, 410), (1118, 372), (1022, 372)], (176, 74, 58))
    for window in (1030, 1066, 1102):
        sheet.box(window - 8, 420, window + 8, 438, (84, 110, 140))
    for x, y in ((420, 180), (470, 160), (520, 196), (380, 220)):
        sheet.polygon([(x - 20, y - 6), (x, y + 3), (x + 20, y - 6), (x, y - 1)], (60, 70, 90))
    return sheet.finished()


def boat() -> Image.Image:
    """A small sailing boat under the moon, the lighthouse far behind it."""
    sheet = Sheet([(0.0, (10, 16, 44)), (0.5, (26, 48, 96)), (0.68, (66, 104, 146)), (1.0, (66, 104, 146))])
    random = np.random.default_rng(21)
    for _ in range(170):
        sheet.disc(random.random() * WIDTH, random.random() * 400, 0.6 + 1.2 * random.random(), (220, 228, 250))
    sheet.glow(980, 140, 260, (210, 222, 255), 0.55)
    sheet.disc(980, 140, 52, (246, 244, 226))
    sheet.disc(962, 128, 9, (224, 222, 206))
    sheet.disc(996, 156, 13, (226, 224, 208))
    sheet.sea(470, (8, 22, 52), (60, 98, 138), (142, 176, 204), seed=2)
    cliff(sheet, [(0, 452), (80, 440), (150, 446), (230, 478)], (26, 34, 58), (30, 48, 60), seed=8)
    sheet.beam([(96, 338), (700, 250), (700, 330)], (255, 240, 190), 0.5)
    tower(sheet, 96, 446, 140, light=(170, 176, 196), shade=(20, 26, 52), red=(120, 44, 58), lamp=(255, 236, 160))
    sheet.glow(96, 338, 90, (255, 240, 190), 0.9)
    sheet.polygon([(520, 560), (800, 560), (752, 616), (566, 616)], (128, 62, 44))
    sheet.polygon([(520, 560), (800, 560), (794, 570), (528, 570)], (206, 142, 92))
    sheet.box(646, 250, 654, 562, (84, 60, 48))
    sheet.polygon([(660, 262), (660, 540), (800, 540)], (240, 232, 214))
    sheet.polygon([(660, 262), (660, 540), (716, 540)], (218, 206, 190))
    sheet.polygon([(640, 290), (640, 540), (548, 540)], (226, 84, 66))
    sheet.polygon([(650, 236), (690, 246), (650, 258)], (226, 84, 66))
    for row, width in ((624, 120), (638, 90), (652, 64), (668, 38)):
        sheet.box(660 - width, row, 660 + width, row + 4, (176, 160, 150))
    return sheet.finished()


def main() -> None:
    """Write the pictures beside this file."""
    folder = Path(__file__).resolve().parent
    for name, draw in (("morning", morning), ("boat", boat)):
        draw().save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
