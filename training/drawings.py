"""Owns the pictures the project draws for itself: flat landscapes, line drawings, shapes, textures; knows no training.

Every picture follows from its number alone. They are drawn at twice their size and scaled down.
"""

from __future__ import annotations

import math
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]


def draw_picture(number: int, size: tuple[int, int]) -> Image.Image:
    """Picture ``number`` at ``size`` (width, height), RGB."""
    rng = random.Random(f"drawing {number}")
    kind = (_landscape, _landscape, _line_drawing, _shapes, _texture, _street, _interior)[number % 7]
    large = kind(rng, (size[0] * 2, size[1] * 2))
    return large.resize(size, Image.Resampling.LANCZOS)


def _colour(rng: random.Random, low: int = 0, high: int = 255) -> Colour:
    return (rng.randint(low, high), rng.randint(low, high), rng.randint(low, high))


def _mixed(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return (red, green, blue)


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    rows = np.linspace(0, 1, size[1])[:, None, None]
    column = np.array(top) * (1 - rows) + np.array(bottom) * rows
    return Image.fromarray(np.broadcast_to(column, (size[1], size[0], 3)).astype(np.uint8).copy())


def _noise(rng: random.Random, size: tuple[int, int], octaves: int = 5) -> np.ndarray:
    """Smooth noise in 0..1, (height, width)."""
    generator = np.random.default_rng(rng.getrandbits(32))
    total = np.zeros((size[1], size[0]), np.float32)
    for octave in range(octaves):
        cells = 2 ** (octave + 1)
        grid = Image.fromarray((generator.random((cells, cells * 2)) * 255).astype(np.uint8))
        total += np.asarray(grid.resize(size, Image.Resampling.BICUBIC), np.float32) / 255 * 0.55**octave
    return (total - total.min()) / (np.ptp(total) + 1e-6)


def _ridge(rng: random.Random, size: tuple[int, int], level: float, roughness: float) -> list[tuple[float, float]]:
    width, height = size
    waves = [
        (rng.uniform(0.5, 1) * roughness / n, n * rng.uniform(0.8, 1.3), rng.uniform(0, 6.3)) for n in (1, 2, 4, 9, 17)
    ]
    points = [
        (x, height * (level + sum(a * math.sin(f * 6.283 * x / width + p) for a, f, p in waves)))
        for x in range(0, width + 9, 8)
    ]
    return [(0, height), *points, (width, height)]


def _landscape(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    sky = _colour(rng, 60, 255)
    image = _gradient(size, _mixed(sky, (20, 30, 120), rng.random() * 0.6), _mixed(sky, (255, 240, 220), 0.6))
    draw = ImageDraw.Draw(image)
    x, y, radius = rng.uniform(0, width), rng.uniform(0.05, 0.4) * height, rng.uniform(0.03, 0.12) * height
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_mixed(sky, (255, 250, 200), 0.9))
    for _ in range(rng.randint(0, 7)):
        x, y, w = rng.uniform(0, width), rng.uniform(0.05, 0.4) * height, rng.uniform(0.05, 0.16) * width
        for part in range(5):
            left = x + (part - 2) * w / 4
            h = w * (0.3 - 0.07 * abs(part - 2))
            draw.ellipse((left - h, y - h, left + h, y + h * 0.6), fill=_mixed(sky, (255, 255, 255), 0.75))
    ground, layers = _colour(rng, 20, 190), rng.randint(2, 5)
    for layer in range(layers):
        level = 0.42 + 0.5 * layer / layers + rng.uniform(-0.04, 0.04)
        colour = _mixed(_mixed(sky, (255, 255, 255), 0.3), ground, (layer + 1) / layers)
        draw.polygon(_ridge(rng, size, level, rng.uniform(0.02, 0.12)), fill=colour)
        for _ in range(rng.randint(0, 9)):
            tree = rng.uniform(0, width), height * (level + rng.uniform(0.03, 0.12))
            _tree(draw, rng, tree, height * (0.04 + 0.05 * layer), colour)
    if rng.random() < 0.5:
        for _ in range(rng.randint(1, 4)):
            _house(draw, rng, (rng.uniform(0, width), height * rng.uniform(0.6, 0.9)), height * rng.uniform(0.08, 0.22))
    return image


def _tree(draw: ImageDraw.ImageDraw, rng: random.Random, foot: tuple[float, float], h: float, near: Colour) -> None:
    x, y = foot
    leaf = _mixed(near, _colour(rng, 0, 160), 0.5)
    draw.rectangle((x - h * 0.05, y - h * 0.4, x + h * 0.05, y), fill=_mixed((90, 60, 30), near, 0.3))
    if rng.random() < 0.5:
        draw.ellipse((x - h * 0.3, y - h, x + h * 0.3, y - h * 0.3), fill=leaf)
    else:
        for step in range(3):
            base, w = y - h * (0.25 + 0.22 * step), h * (0.32 - 0.07 * step)
            draw.polygon([(x - w, base), (x + w, base), (x, base - h * 0.35)], fill=leaf)


def _house(draw: ImageDraw.ImageDraw, rng: random.Random, foot: tuple[float, float], h: float) -> None:
    x, y = foot
    w, wall = h * rng.uniform(0.6, 1.6), _colour(rng, 90, 250)
    draw.rectangle((x, y - h, x + w, y), fill=wall)
    if rng.random() < 0.7:
        draw.polygon([(x - h * 0.1, y - h), (x + w + h * 0.1, y - h), (x + w / 2, y - h * 1.5)], fill=_colour(rng))
    window = _mixed(wall, (250, 240, 150) if rng.random() < 0.4 else (40, 60, 90), 0.8)
    rows, columns = rng.randint(1, 4), rng.randint(1, 4)
    for row in range(rows):
        for column in range(columns):
            left, top = x + w * (column + 0.25) / columns, y - h * (row + 0.75) / rows
            draw.rectangle((left, top, left + w * 0.45 / columns, top + h * 0.5 / rows), fill=window)


def _street(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    image = _gradient(size, _colour(rng, 40, 230), _colour(rng, 120, 255))
    draw = ImageDraw.Draw(image)
    for row in range(2):
        x, foot = 0.0, height * (0.7 + 0.08 * row)
        while x < width:
            h = height * rng.uniform(0.15, 0.6) * (0.8 + 0.3 * row)
            _house(draw, rng, (x, foot), h)
            x += h * rng.uniform(0.5, 1.4)
    draw.rectangle((0, height * 0.78, width, height), fill=_colour(rng, 40, 140))
    for x in range(rng.randint(0, 80), width, 150):
        draw.rectangle((x, height * 0.88, x + 70, height * 0.895), fill=(235, 230, 200))
    return image


def _interior(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    image = _gradient(size, _colour(rng, 120, 240), _colour(rng, 90, 220))
    draw = ImageDraw.Draw(image)
    floor = height * rng.uniform(0.6, 0.8)
    wood = _colour(rng, 70, 180)
    for x in range(0, width, 64):
        fill = _mixed(wood, (30, 20, 10), rng.random() * 0.3)
        draw.polygon(
            [(x, floor), (x + 64, floor), (x * 1.6 - width * 0.3 + 102, height), (x * 1.6 - width * 0.3, height)], fill
        )
    for _ in range(rng.randint(1, 4)):
        x, y = rng.uniform(0, width), rng.uniform(0.1, 0.4) * height
        w, h = rng.uniform(0.08, 0.2) * width, rng.uniform(0.1, 0.3) * height
        draw.rectangle((x - 10, y - 10, x + w + 10, y + h + 10), fill=_colour(rng, 30, 150))
        image.paste(_landscape(rng, (int(w), int(h))), (int(x), int(y)))
    for _ in range(rng.randint(1, 4)):
        x, w, h = rng.uniform(0, width), rng.uniform(0.06, 0.2) * width, rng.uniform(0.1, 0.3) * height
        foot = floor + rng.uniform(0.02, 0.25) * height
        draw.rounded_rectangle((x, foot - h, x + w, foot), radius=rng.randint(0, 40), fill=_colour(rng))
    return image


def _line_drawing(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    paper = _colour(rng, 225, 255)
    ink = _colour(rng, 0, 90)
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    pen = rng.randint(4, 9)
    for level in (0.45, 0.6, 0.75):
        draw.line(_ridge(rng, size, level, 0.06)[1:-1], fill=ink, width=pen)
    for _ in range(rng.randint(6, 22)):
        x, y = rng.uniform(0, width), rng.uniform(0.05, 0.95) * height
        s = rng.uniform(0.03, 0.16) * height
        shape = rng.randrange(5)
        tint = _mixed(paper, _colour(rng), rng.random()) if rng.random() < 0.4 else paper
        if shape == 0:
            draw.ellipse((x - s, y - s, x + s, y + s), outline=ink, fill=tint, width=pen)
        elif shape == 1:
            draw.rectangle((x - s, y - s * 0.7, x + s, y + s * 0.7), outline=ink, fill=tint, width=pen)
        elif shape == 2:
            points = [(x - s, y + s), (x + s, y + s), (x, y - s), (x - s, y + s)]
            draw.polygon(points, fill=tint)
            draw.line(points, fill=ink, width=pen, joint="curve")
        elif shape == 3:
            draw.ellipse((x - s / 3, y - s, x + s / 3, y - s / 3), outline=ink, fill=tint, width=pen)
            for line in (
                (0, -0.33, 0, 0.3),
                (0, -0.1, -0.4, 0.1),
                (0, -0.1, 0.4, 0.1),
                (0, 0.3, -0.3, 1),
                (0, 0.3, 0.3, 1),
            ):
                draw.line([(x + line[0] * s, y + line[1] * s), (x + line[2] * s, y + line[3] * s)], fill=ink, width=pen)
        else:
            points = [(x + i * s / 8, y + math.sin(i * 0.9 + s) * s * 0.3) for i in range(24)]
            draw.line(points, fill=ink, width=pen, joint="curve")
    return image


def _shapes(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    image = _gradient(size, _colour(rng), _colour(rng))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(5, 45)):
        x, y, s = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.02, 0.25) * height
        corners, turn = rng.randint(3, 9), rng.uniform(0, 6.3)
        if corners > 7:
            draw.ellipse((x - s, y - s, x + s, y + s), fill=_colour(rng))
        else:
            inner = rng.choice((1.0, 0.5))
            points = []
            for i in range(corners * 2):
                r = s * (inner if i % 2 else 1)
                points.append(
                    (x + r * math.cos(turn + i * math.pi / corners), y + r * math.sin(turn + i * math.pi / corners))
                )
            draw.polygon(points, fill=_colour(rng))
    return image.filter(ImageFilter.GaussianBlur(rng.choice((0, 0, 0, 3, 8))))


def _texture(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    noise = _noise(rng, size, rng.randint(3, 8))[..., None]
    if rng.random() < 0.4:
        bands = rng.uniform(3, 20)
        noise = (np.sin(noise * bands * 3) + 1) / 2
    low, high = np.array(_colour(rng)), np.array(_colour(rng))
    picture = low * (1 - noise) + high * noise
    if rng.random() < 0.5:
        other = _noise(rng, size, 6)[..., None]
        picture = picture * (1 - other) + np.array(_colour(rng)) * other
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.4:
        draw = ImageDraw.Draw(image)
        step = rng.randint(40, 160)
        for y in range(0, size[1], step):
            for x in range((y // step % 2) * step // 2 - step, size[0], step):
                draw.rectangle((x, y, x + step, y + step), outline=_colour(rng, 0, 120), width=rng.randint(2, 8))
    return image
