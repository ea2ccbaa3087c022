"""How much of one shot each of several cards does: arithmetic on counts and speeds, without torch or a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


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

    def pieces(self, count: int) -> list[list[slice]]:
        """The items cut into ``count`` pieces, each with a part of every rank's: for each piece the ranks' places."""
        starts = list(accumulate(self.counts, initial=0))
        return [
            [
                slice(start + number * have // count, start + (number + 1) * have // count)
                for start, have in zip(starts, self.counts, strict=False)
            ]
            for number in range(count)
        ]
