"""How much of one shot each of several cards does: arithmetic on counts and speeds, without torch or a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """What each rank has of something that lies in a row: ``counts`` items, one rank's after the other's."""

    counts: tuple[int, ...]

    @classmethod
    def of(cls, total: int, speeds: Sequence[float]) -> Shares:
        """``total`` items shared out in proportion to ``speeds``, whole, the largest remainders rounded up first."""
        whole = sum(speeds)
        exact = [total * speed / whole for speed in speeds]
        counts = [int(share) for share in exact]
        by_remainder = sorted(range(len(exact)), key=lambda rank: (counts[rank] - exact[rank], rank))
        for rank in by_remainder[: total - sum(counts)]:
            counts[rank] += 1
        return cls(tuple(counts))

    @property
    def total(self) -> int:
        """All items."""
        return sum(self.counts)

    def start(self, rank: int) -> int:
        """The place of the first item of ``rank``."""
        return sum(self.counts[:rank])

    def of_rank(self, rank: int) -> slice:
        """The places of the items of ``rank``."""
        return slice(self.start(rank), self.start(rank) + self.counts[rank])


# What several cards have to gain at least for a shot to be made by all of them; below, a shot each is kept.
LEAST_GAIN = 1.15


def expected_gain(seconds: Sequence[float], exchange: float) -> float:
    """How many times faster all cards together are than the fastest alone.

    ``seconds`` is what a step takes on each card alone, ``exchange`` what is exchanged takes in a step shared by them
    and is not hidden behind arithmetic. Work is shared out in proportion to speed.
    """
    speeds = [1 / one for one in seconds]
    return min(seconds) / (1 / sum(speeds) + exchange)


def worth_sharing(gain: float) -> bool:
    """Whether a shot is to be made by all cards that gain so much by it."""
    return gain >= LEAST_GAIN
