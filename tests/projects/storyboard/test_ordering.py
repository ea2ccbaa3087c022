from __future__ import annotations

import pytest

from projects.storyboard.ordering import moved, number_between, renumbered


def test_an_item_is_moved_to_its_place_among_the_others() -> None:
    assert moved("abcd", "a", 2) == ["b", "c", "a", "d"]
    assert moved("abcd", "d", 0) == ["d", "a", "b", "c"]
    assert moved("abcd", "b", 1) == ["a", "b", "c", "d"]


def test_a_place_beyond_either_end_is_that_end() -> None:
    assert moved("abc", "a", 99) == ["b", "c", "a"]
    assert moved("abc", "c", -5) == ["c", "a", "b"]


def test_a_move_and_the_move_back_leave_every_order_as_it_was() -> None:
    items = list(range(6))
    for item in items:
        for place in items:
            there = moved(items, item, place)
            assert sorted(there) == items
            assert there[place] == item
            assert moved(there, item, items.index(item)) == items


def test_shots_at_the_end_are_numbered_in_tens() -> None:
    assert number_between(None, None, set()) == 10
    assert number_between(10, None, {10}) == 20
    assert number_between(15, None, {10, 15, 20}) == 30


@pytest.mark.parametrize(
    ("before", "after", "number"), [(10, 20, 15), (10, 15, 12), (15, 20, 17), (None, 10, 5), (None, 5, 2)]
)
def test_a_shot_in_between_gets_the_half(before: int | None, after: int, number: int) -> None:
    assert number_between(before, after, {10, 20} - {number}) == number


def test_where_the_half_is_taken_the_nearest_free_number_is_used() -> None:
    assert number_between(10, 20, {10, 15, 20}) == 14
    assert number_between(10, 20, {10, 14, 15, 20}) == 16


def test_where_nothing_is_free_in_between_the_next_whole_ten_is_used() -> None:
    assert number_between(10, 11, {10, 11, 20}) == 30
    assert number_between(30, 10, {10, 20, 30}) == 40
    assert number_between(None, 1, {1, 7}) == 10


def test_inserting_again_and_again_never_uses_a_number_twice() -> None:
    numbers = [10, 20]
    for _ in range(40):
        numbers.insert(1, number_between(numbers[0], numbers[1], set(numbers)))
    assert len(set(numbers)) == len(numbers)


def test_numbering_afresh_counts_in_tens() -> None:
    assert renumbered(3) == [10, 20, 30]
