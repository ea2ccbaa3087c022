"""The order of shots and the numbers they are shown by: pure functions that know nothing of shots or tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

STEP = 10
T = TypeVar("T")


def moved(items: Sequence[T], item: T, to_position: int) -> list[T]:
    """``items`` with ``item`` at ``to_position`` (0 is first); a position beyond either end means that end."""
    rest = [other for other in items if other != item]
    place = min(max(to_position, 0), len(rest))
    return [*rest[:place], item, *rest[place:]]


def number_between(before: int | None, after: int | None, taken: Collection[int]) -> int:
    """A number for a shot that comes between the shots numbered ``before`` and ``after`` (None: there is none).

    At the end it is the next whole ten above all others. In between it is the half: 10 and 20 give 15, then 12 and 17.
    Where the half is taken (a shot that was moved away keeps its number) it is the free number nearest to it. Where no
    number is free in between, or the two stand the wrong way round, it is the next whole ten above all others, as at
    the end: numbers are names, and no shot is renumbered until it is asked for.
    """
    if after is not None:
        low, high = before or 0, after
        half = (low + high) // 2
        free = [number for number in range(low + 1, high) if number not in taken]
        if free:
            return min(free, key=lambda number: (abs(number - half), number))
    return (max(taken, default=0) // STEP + 1) * STEP


def renumbered(count: int) -> list[int]:
    """The numbers of ``count`` shots that are numbered afresh: 10, 20, 30, ..."""
    return [STEP * place for place in range(1, count + 1)]
