"""Takes as a tree: what they share and where they part."""

from __future__ import annotations

from projects.database.tables import Take
from projects.takes.tree import shared_frames, tree_of


def take(number: int, *units: tuple[str, int]) -> Take:
    keys: list[list[object]] = [[key, frames] for key, frames in units]
    frames = sum(count for _, count in units)
    return Take(shot_id="s", number=number, status="done", keys=keys, frames=frames, width=64, height=64, fps=30)


START = ("start", 1)
FIRST = take(1, START, ("a", 36), ("b", 24))
OTHER = take(2, START, ("a", 36), ("b", 12), ("c", 12))
THIRD = take(3, START, ("a", 36), ("b", 12), ("c", 8), ("d", 4))
APART = take(4, START, ("e", 36))
SIBLING = take(5, START, ("a", 36), ("b", 12), ("f", 12))


def test_takes_share_what_has_the_same_names_and_part_within_a_section_that_one_of_them_cuts() -> None:
    assert shared_frames(FIRST.units, OTHER.units) == shared_frames(OTHER.units, FIRST.units) == 49
    assert shared_frames(OTHER.units, THIRD.units) == 57
    assert shared_frames(FIRST.units, FIRST.units) == FIRST.frames
    assert shared_frames(FIRST.units, APART.units) == 1


def test_each_take_is_followed_by_those_that_part_from_it_and_the_start_picture_alone_is_no_trunk() -> None:
    limbs = tree_of([SIBLING, APART, THIRD, OTHER, FIRST])
    assert [(limb.take.number, limb.of and limb.of.number, limb.shared, limb.depth) for limb in limbs] == [
        (4, None, 0, 0),
        (1, None, 0, 0),
        (2, 1, 49, 1),
        (3, 2, 57, 2),
        (5, 1, 49, 1),
    ]


def test_where_a_take_was_thrown_away_those_that_parted_from_it_part_from_what_is_left() -> None:
    assert [(limb.take.number, limb.of and limb.of.number) for limb in tree_of([THIRD, FIRST])] == [(1, None), (3, 1)]
    assert tree_of([]) == ()
