"""How a picture is cut into tiles that fit into memory: arithmetic on sides and bytes, without torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# Pixels of the picture that a tile sees beyond each of its edges and that are thrown away afterwards, so that no seam
# shows. What models look at reaches further in theory, yet hardly counts there.
CONTEXT = 24
# Sides that a tile may have without its context, the best first.
SIDES = (1024, 768, 512, 384, 256, 192, 128, 96, 64)


@dataclass(frozen=True)
class Tile:
    """A part of a picture, in its pixels: it gives those from ``top`` to ``bottom`` and ``left`` to ``right``.

    ``above``, ``below``, ``before`` and ``behind`` are how many pixels of context it has at each edge.
    """

    top: int
    bottom: int
    left: int
    right: int
    above: int
    below: int
    before: int
    behind: int


def side_for(free: int, bytes_per_pixel: int) -> int:
    """The largest side of a tile whose work fits into ``free`` bytes at ``bytes_per_pixel``; the smallest, if none."""
    fitting = (side for side in SIDES if (side + 2 * CONTEXT) ** 2 * bytes_per_pixel <= free)
    return next(fitting, SIDES[-1])


def smaller(side: int) -> int | None:
    """The next smaller side, None after the smallest."""
    return next((one for one in SIDES if one < side), None)


def tiles_of(height: int, width: int, side: int) -> Iterator[Tile]:
    """The tiles of a picture, row by row; together they give each of its pixels once."""
    for top in range(0, height, side):
        bottom = min(height, top + side)
        for left in range(0, width, side):
            right = min(width, left + side)
            yield Tile(
                *(top, bottom, left, right),
                above=min(CONTEXT, top),
                below=min(CONTEXT, height - bottom),
                before=min(CONTEXT, left),
                behind=min(CONTEXT, width - right),
            )
