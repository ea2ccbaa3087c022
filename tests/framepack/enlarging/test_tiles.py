"""Tiles of a picture: they give every pixel once, see around themselves, and fit into the memory there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack.enlarging.tiles import CONTEXT, SIDES, side_for, smaller, tiles_of


@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from(SIDES))
def test_every_pixel_is_given_once_and_nothing_outside_is_seen(height: int, width: int, side: int) -> None:
    given_ = np.zeros((height, width), int)
    for tile in tiles_of(height, width, side):
        given_[tile.top : tile.bottom, tile.left : tile.right] += 1
        assert tile.top - tile.above >= 0
        assert tile.bottom + tile.below <= height
        assert tile.left - tile.before >= 0
        assert tile.right + tile.behind <= width
    assert (given_ == 1).all()


def test_a_tile_inside_a_picture_sees_around_itself() -> None:
    inner = next(tile for tile in tiles_of(300, 300, 96) if tile.top > 0 and tile.left > 0)
    assert (inner.above, inner.below, inner.before, inner.behind) == (CONTEXT,) * 4


@pytest.mark.parametrize("side", SIDES)
def test_the_largest_side_that_fits_is_chosen(side: int) -> None:
    assert side_for((side + 2 * CONTEXT) ** 2 * 1000, 1000) == side


def test_where_nothing_fits_the_smallest_is_tried() -> None:
    assert side_for(0, 1000) == SIDES[-1]
    assert smaller(SIDES[-1]) is None
    assert smaller(512) == 384
