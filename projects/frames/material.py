"""What a film is made of, as files and as pictures that are drawn when they are needed. It reads nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
# Video files, and how many frames of each, that one after another are a take.
Parts = tuple[tuple[Path, int], ...]


@dataclass(frozen=True)
class Overlay:
    """A picture over the film's frames from ``start`` to before ``end``, such as a title or a caption.

    ``draw`` gives it as (height, width, 4) uint8 RGBA, of the film's size, not multiplied; ``key`` names what it shows:
    it is another one where another picture would come of it. It comes and goes over ``fade`` frames.
    """

    key: str
    start: int
    end: int
    draw: Callable[[], Pixels]
    fade: int = 0


@dataclass(frozen=True)
class Cue:
    """Words that are shown from ``start`` to ``end``, in seconds of the film; lines are divided by line feeds."""

    start: float
    end: float
    text: str


class Enlarger(Protocol):
    """Makes pictures several times larger and sharper than scaling does; ``key`` is another where others come of it."""

    key: str

    def enlarge(self, pixels: Pixels) -> Pixels:
        """(H, W, 3) uint8 RGB, a whole number of times as high and wide."""
        ...


@dataclass(frozen=True)
class Sources:
    """The files of a film's timeline: its takes by id, its pictures by id, and what draws its cards.

    ``draw_card`` gives the words of a card at a width and height as (height, width, 3) uint8 RGB. ``sound`` is the
    whole film's, a WAV file; ``captions`` are those that the film brings as a track of its own, in ``language``, a
    three-letter code. ``enlarger`` enlarges takes that are smaller than the film, None where they are only scaled.
    ``comment`` is what the film's file says of itself.
    """

    takes: Mapping[str, Parts]
    pictures: Mapping[str, Path] = field(default_factory=dict)
    draw_card: Callable[[str, int, int], Pixels] | None = None
    overlays: tuple[Overlay, ...] = ()
    sound: Path | None = None
    captions: tuple[Cue, ...] = ()
    language: str = "und"
    enlarger: Enlarger | None = None
    comment: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """All of its files."""
        takes = [path for parts in self.takes.values() for path, _ in parts]
        return (*takes, *self.pictures.values(), *([self.sound] if self.sound else []))
