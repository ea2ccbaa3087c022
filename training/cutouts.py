"""Owns the figures the project draws itself: boats, cars, balls, birds, people, plants, flags; knows no clips.

``draw_cutouts`` gives one variant of each kind; training sees the first ``VARIANTS``, measuring draws later ones.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from training.sprites import SIDE

VARIANTS = 6
_MANY = 4

Colour = tuple[int, int, int]


class _Pen:
    """Draws in units of the square's side, 0..1, with colours of one variant."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.image = Image.new("RGBA", (SIDE * _MANY,) * 2)
        self._draw = ImageDraw.Draw(self.image)

    def colour(self, low: float = 0.0, high: float = 1.0, bright: float = 0.85) -> Colour:
        """A strong colour with its hue between ``low`` and ``high``."""
        rng = self.rng
        red, green, blue = colorsys.hsv_to_rgb(
            rng.uniform(low, high) % 1, rng.uniform(0.55, 0.95), bright * rng.uniform(0.75, 1.1)
        )
        return min(255, int(red * 255)), min(255, int(green * 255)), min(255, int(blue * 255))

    def shape(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon."""
        side = self.image.width
        self._draw.polygon([(x * side, y * side) for x, y in points], fill=(*colour, 255))

    def disc(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """A filled ellipse."""
        side = self.image.width
        self._draw.ellipse(((x - rx) * side, (y - ry) * side, (x + rx) * side, (y + ry) * side), fill=(*colour, 255))

    def line(self, points: list[tuple[float, float]], width: float, colour: Colour) -> None:
        """A thick line."""
        side = self.image.width
        scaled = [(x * side, y * side) for x, y in points]
        self._draw.line(scaled, fill=(*colour, 255), width=int(width * side), joint="curve")


_DARK: Colour = (40, 40, 48)
_PALE: Colour = (240, 240, 235)
_WOOD: Colour = (110, 75, 45)


def _boat(pen: _Pen) -> None:
    pen.line([(0.48, 0.08), (0.48, 0.7)], 0.03, _WOOD)
    pen.shape([(0.45, 0.1), (0.45, 0.64), (0.12, 0.64)], pen.colour() if pen.rng.random() < 0.5 else _PALE)
    pen.shape([(0.52, 0.2), (0.52, 0.64), (0.82, 0.64)], _PALE)
    pen.shape([(0.05, 0.68), (0.95, 0.68), (0.8, 0.92), (0.2, 0.92)], pen.colour())


def _car(pen: _Pen) -> None:
    body = pen.colour()
    pen.shape([(0.22, 0.5), (0.36, 0.28), (0.7, 0.28), (0.82, 0.5)], body)
    pen.shape([(0.3, 0.48), (0.4, 0.33), (0.66, 0.33), (0.74, 0.48)], (190, 220, 240))
    pen.shape([(0.04, 0.5), (0.96, 0.5), (0.96, 0.72), (0.04, 0.72)], body)
    pen.disc(0.04, 0.58, 0.03, 0.04, (255, 240, 150))
    for x in (0.25, 0.75):
        pen.disc(x, 0.73, 0.11, 0.11, _DARK)
        pen.disc(x, 0.73, 0.05, 0.05, (190, 190, 190))


def _ball(pen: _Pen) -> None:
    pen.disc(0.5, 0.5, 0.42, 0.42, pen.colour())
    pen.shape([(0.12, 0.4), (0.88, 0.4), (0.92, 0.56), (0.08, 0.56)], _PALE)
    pen.disc(0.5, 0.24, 0.1, 0.08, pen.colour())


def _bird(pen: _Pen) -> None:
    body = pen.colour()
    pen.shape([(0.1, 0.42), (0.24, 0.34), (0.24, 0.46)], (245, 170, 40))
    pen.disc(0.34, 0.4, 0.15, 0.14, body)
    pen.disc(0.55, 0.55, 0.28, 0.18, body)
    pen.shape([(0.75, 0.5), (0.97, 0.42), (0.95, 0.62), (0.75, 0.6)], pen.colour())
    pen.shape([(0.42, 0.5), (0.6, 0.12), (0.74, 0.5)], pen.colour())
    pen.disc(0.3, 0.37, 0.03, 0.03, _DARK)


def _person(pen: _Pen) -> None:
    skin: Colour = (232, 190, 150) if pen.rng.random() < 0.5 else (140, 95, 65)
    pen.line([(0.44, 0.6), (0.36, 0.96)], 0.1, _DARK)
    pen.line([(0.56, 0.6), (0.64, 0.96)], 0.1, _DARK)
    shirt = pen.colour()
    pen.line([(0.5, 0.36), (0.22, 0.52)], 0.09, shirt)
    pen.line([(0.5, 0.36), (0.78, 0.52)], 0.09, shirt)
    pen.shape([(0.36, 0.3), (0.64, 0.3), (0.62, 0.64), (0.38, 0.64)], shirt)
    pen.disc(0.5, 0.17, 0.13, 0.14, skin)
    pen.shape([(0.36, 0.14), (0.5, 0.01), (0.64, 0.14)], pen.colour())


def _windmill(pen: _Pen) -> None:
    for number in range(4):
        angle = number * np.pi / 2
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        blade = [(0.0, 0.0), (0.44, -0.05), (0.36, 0.2)]
        pen.shape([(0.5 + cos * x - sin * y, 0.5 + sin * x + cos * y) for x, y in blade], pen.colour())
    pen.disc(0.5, 0.5, 0.07, 0.07, _PALE)


def _tree(pen: _Pen) -> None:
    pen.shape([(0.45, 0.5), (0.55, 0.5), (0.58, 0.98), (0.42, 0.98)], _WOOD)
    for x, y, radius in ((0.3, 0.42, 0.2), (0.7, 0.42, 0.2), (0.5, 0.24, 0.22), (0.5, 0.48, 0.2)):
        pen.disc(x, y, radius, radius, pen.colour(0.22, 0.4, 0.65))


def _flag(pen: _Pen) -> None:
    pen.line([(0.14, 0.03), (0.14, 0.98)], 0.04, (150, 150, 155))
    colours = [pen.colour(), _PALE, pen.colour()]
    for number, colour in enumerate(colours):
        top = 0.06 + 0.15 * number
        pen.shape([(0.16, top), (0.95, top + 0.03), (0.95, top + 0.19), (0.16, top + 0.155)], colour)


def _grass(pen: _Pen) -> None:
    for number in range(16):
        foot = 0.12 + 0.76 * number / 15
        lean, top = pen.rng.uniform(-0.12, 0.12), pen.rng.uniform(0.08, 0.45)
        pen.shape([(foot - 0.035, 0.98), (foot + 0.035, 0.98), (foot + lean, top)], pen.colour(0.2, 0.36, 0.75))


def _leaves(pen: _Pen) -> None:
    pen.line([(0.5, 0.98), (0.47, 0.5), (0.53, 0.1)], 0.035, _WOOD)
    autumn = pen.rng.random() < 0.3
    for number in range(9):
        y, side = 0.14 + 0.085 * number, -1 if number % 2 else 1
        colour = pen.colour(0.02, 0.13) if autumn else pen.colour(0.22, 0.38, 0.7)
        pen.disc(0.5 + side * 0.19, y, 0.17, 0.055, colour)


def _flower(pen: _Pen) -> None:
    pen.line([(0.5, 0.4), (0.5, 0.98)], 0.04, (60, 140, 60))
    pen.disc(0.64, 0.75, 0.13, 0.05, (70, 160, 70))
    petal = pen.colour()
    for number in range(6):
        angle = number * np.pi / 3
        pen.disc(0.5 + 0.2 * float(np.cos(angle)), 0.26 + 0.18 * float(np.sin(angle)), 0.11, 0.11, petal)
    pen.disc(0.5, 0.26, 0.1, 0.1, (250, 205, 60))


_KINDS: tuple[tuple[str, str, Callable[[_Pen], None]], ...] = (
    ("boat", "船", _boat),
    ("car", "車子", _car),
    ("ball", "球", _ball),
    ("bird", "鳥", _bird),
    ("person", "人", _person),
    ("windmill", "風車", _windmill),
    ("tree", "樹", _tree),
    ("flag", "旗子", _flag),
    ("grass", "草", _grass),
    ("branch", "樹枝", _leaves),
    ("flower", "花", _flower),
)
NAMES = tuple((english, chinese) for english, chinese, _ in _KINDS)
ROOTED = frozenset({"tree", "flag", "grass", "branch", "flower", "rose", "tulip", "palm", "bamboo", "plant", "cactus"})
ROUND = frozenset({"ball", "sun", "donut", "face", "moon"})


def draw_cutouts(variant: int) -> np.ndarray:
    """uint8 (kinds, SIDE, SIDE, 4): every kind of ``NAMES``, in colours and lines of ``variant``."""
    pictures = []
    for number, (_, _, draw) in enumerate(_KINDS):
        pen = _Pen(np.random.default_rng([variant, number]))
        draw(pen)
        small = pen.image.resize((SIDE - 8, SIDE - 8), Image.Resampling.LANCZOS)
        bordered = Image.new("RGBA", (SIDE, SIDE))
        bordered.paste(small, (4, 4))
        pictures.append(np.asarray(bordered))
    return np.stack(pictures)
