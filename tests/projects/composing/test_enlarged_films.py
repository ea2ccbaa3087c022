"""Films larger than their takes, enlarged by a model: what it is given, what it gives, and what pieces are kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from projects.composing.compose import ComposedFilm, compose
from projects.composing.orders import FilmOrder
from projects.frames.material import Pixels, Sources
from tests.support.numbered_takes import HEIGHT, WIDTH, clip, film, frames_in, numbers_in, source, write_take

TAKE = source("a", 10)


@dataclass
class Doubling:
    """Doubles a picture and makes its lower half white, so that it is seen to have been at work."""

    key: str = "one"
    shapes: list[tuple[int, ...]] = field(default_factory=list)

    def enlarge(self, pixels: Pixels) -> Pixels:
        self.shapes.append(pixels.shape)
        large = np.repeat(np.repeat(pixels, 2, axis=0), 2, axis=1)
        large[large.shape[0] // 2 :] = 255
        return large


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources({"a": write_take(tmp_path / "a.mp4", 10)})


def composed(folder: Path, sources: Sources, size: tuple[int, int]) -> ComposedFilm:
    return compose(
        timeline=film(clip(TAKE), size=size),
        sources=sources,
        order=FilmOrder(),
        out=folder / "film.mp4",
        pieces=folder / "pieces",
    )


def test_a_larger_film_is_enlarged_then_scaled_to_its_exact_size(tmp_path: Path, sources: Sources) -> None:
    doubling = Doubling()
    composed(tmp_path, replace(sources, enlarger=doubling), (288, 192))
    assert doubling.shapes == [(HEIGHT, WIDTH, 3)] * 10
    assert numbers_in(tmp_path / "film.mp4") == list(range(10))
    first = next(frames_in(tmp_path / "film.mp4"))
    assert first.shape == (192, 288, 3)
    assert first[-20:].mean() > 250


def test_a_film_no_larger_than_its_takes_is_not_enlarged(tmp_path: Path, sources: Sources) -> None:
    doubling = Doubling()
    made = composed(tmp_path, replace(sources, enlarger=doubling), (WIDTH, HEIGHT))
    assert (doubling.shapes, made.copied_frames) == ([], 10)


def test_another_model_makes_other_pieces_and_the_same_one_none(tmp_path: Path, sources: Sources) -> None:
    made = [
        composed(tmp_path, replace(sources, enlarger=enlarger), (192, 128)).encoded_frames
        for enlarger in (None, Doubling("one"), Doubling("two"), Doubling("one"), None)
    ]
    assert made == [10, 10, 10, 0, 0]
