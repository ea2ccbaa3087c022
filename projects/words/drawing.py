"""Words as pictures: cards, titles, lower thirds and captions, of the film's size and within what screens show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from projects.frames.material import Pixels
from projects.words.fonts import Face, runs_of
from projects.words.lines import balanced, drawable

# Shares of the picture's shorter side, and of its own for what is kept free at either side of it.
_CARD, _TITLE, _SMALLER, _CAPTION = 0.105, 0.1, 0.6, 0.058
_FREE = 0.06
# A lower third ends so far down, so that captions have room below it.
_THIRD_ENDS = 0.78
_LINE = 1.35
_LEAST_PIXELS = 6
_WHITE, _BLACK, _PANEL = (255, 255, 255, 255), (0, 0, 0, 255), (12, 12, 16, 170)


@dataclass(frozen=True)
class _Line:
    text: str
    pixels: int

    @property
    def height(self) -> int:
        return round(self.pixels * _LINE)

    @property
    def width(self) -> float:
        return _width(self.text, self.pixels)


def draw_card(words: str, width: int, height: int) -> Pixels:
    """A card: its words in the middle of black, the first line larger; (height, width, 3) uint8 RGB."""
    image = Image.new("RGB", (width, height))
    lines = _headed(words, width, height, _CARD)
    _centred(image, lines, (height - sum(line.height for line in lines)) // 2, 0)
    return np.asarray(image).copy()


def draw_title(words: str, width: int, height: int) -> Pixels:
    """A title over a shot: in the middle, with an outline; (height, width, 4) uint8 RGBA."""
    image = Image.new("RGBA", (width, height))
    lines = _headed(words, width, height, _TITLE)
    _centred(image, lines, (height - sum(line.height for line in lines)) // 2, _outline(lines))
    return np.asarray(image).copy()


def draw_caption(words: str, width: int, height: int) -> Pixels:
    """What is said: at the bottom, with an outline; (height, width, 4) uint8 RGBA."""
    image = Image.new("RGBA", (width, height))
    lines = _fitting(words, [_CAPTION], width, height, (1 - 2 * _FREE) * height / 2)
    _centred(image, lines, round(height * (1 - _FREE)) - sum(line.height for line in lines), _outline(lines))
    return np.asarray(image).copy()


def draw_lower_third(words: str, width: int, height: int) -> Pixels:
    """Who or what is seen: at the left, on a dark panel, the first line larger; (height, width, 4) uint8 RGBA."""
    image = Image.new("RGBA", (width, height))
    lines = _fitting(words, [_CAPTION * 1.1, _CAPTION * 0.8], width * 0.8, height, height * 0.4)
    if not lines:
        return np.asarray(image).copy()
    pad = lines[0].pixels // 2
    left, bottom = round(width * _FREE), round(height * _THIRD_ENDS)
    top = bottom - sum(line.height for line in lines) - 2 * pad
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, top, left + round(max(line.width for line in lines)) + 3 * pad, bottom), _PANEL)
    draw.rectangle((left, top, left + max(1, pad // 4), bottom), _WHITE)
    y = top + pad
    for line in lines:
        _draw(draw, line, left + 1.5 * pad, y, 0)
        y += line.height
    return np.asarray(image).copy()


# --- setting ----------------------------------------------------------------------------------------------------------


def _headed(words: str, width: int, height: int, share: float) -> list[_Line]:
    return _fitting(words, [share, share * _SMALLER], width, height, (1 - 2 * _FREE) * height)


def _fitting(words: str, shares: Sequence[float], width: float, height: int, most: float) -> list[_Line]:
    """The lines of ``words``, smaller until they are at most ``most`` high together.

    ``shares`` are the sizes of the first line as it was written, and of the others.
    """
    paragraphs = [line.strip() for line in drawable(words).split("\n") if line.strip()]
    scale = 1.0
    while True:
        lines: list[_Line] = []
        for number, paragraph in enumerate(paragraphs):
            share = shares[min(number, len(shares) - 1)]
            pixels = max(_LEAST_PIXELS, round(min(width, height) * share * scale))
            room = width * (1 - 2 * _FREE)
            texts = balanced(paragraph, room, lambda text, pixels=pixels: _width(text, pixels))  # type: ignore[misc]
            lines += [_Line(text, pixels) for text in texts]
        smallest = all(line.pixels == _LEAST_PIXELS for line in lines)
        if smallest or sum(line.height for line in lines) <= most:
            return lines
        scale *= 0.9


def _width(text: str, pixels: int) -> float:
    return sum(face.sized(pixels).getlength(run) for run, face in _runs(text))


@lru_cache(maxsize=4096)
def _runs(text: str) -> tuple[tuple[str, Face], ...]:
    return tuple(runs_of(text))


def _outline(lines: Sequence[_Line]) -> int:
    return max(1, round(max((line.pixels for line in lines), default=0) / 12))


def _centred(image: Image.Image, lines: Sequence[_Line], top: int, outline: int) -> None:
    draw = ImageDraw.Draw(image)
    for line in lines:
        _draw(draw, line, (image.width - line.width) / 2, top, outline)
        top += line.height


def _draw(draw: ImageDraw.ImageDraw, line: _Line, left: float, top: int, outline: int) -> None:
    """Draw a line: first the outlines of all of it, so that none lies over a letter beside it."""
    base = top + round(0.98 * line.pixels + (line.height - line.pixels) / 2 - 0.1 * line.pixels)
    passes = [(_BLACK, outline), (_WHITE, 0)] if outline else [(_WHITE, 0)]
    for colour, stroke in passes:
        x = left
        for run, face in _runs(line.text):
            font = face.sized(line.pixels)
            draw.text((x, base), run, fill=colour, font=font, anchor="ls", stroke_width=stroke, stroke_fill=colour)
            x += font.getlength(run)
