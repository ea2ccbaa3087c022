"""Which cards of a computer work on one shot together, and when that is better than a shot on each: no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Literal

from framepack.device.shares import worth_sharing

Layout = Literal["each", "all"]
# Of the published models.
HEADS = 24


@dataclass(frozen=True)
class Waiting:
    """What is ordered: how many sections each independent chain still lacks, and whether somebody waits to see one."""

    chains: tuple[int, ...]
    interactive: bool = False


def together(devices: Sequence[str], per_shot: int) -> tuple[str, ...]:
    """The devices of workers where so many of ``devices`` make each section together; those left over work alone."""
    groups = [devices[start : start + per_shot] for start in range(0, len(devices), per_shot)]
    whole = ["+".join(group) for group in groups if len(group) == per_shot]
    return (*whole, *(device for group in groups if len(group) < per_shot for device in group))


def layout_for(waiting: Waiting, cards: int, gain: float, *, now: Layout = "each", switch: float = 0.0) -> Layout:
    """Whether ``cards`` make a shot each or all of them one after the other, which is ``gain`` times faster.

    What counts is when the last section is there; where somebody waits to see one, when the next is there. Chains are
    given out longest first. A gain too small to bother keeps a shot each. What they do ``now`` goes on unless the other
    saves more than ``switch``, in the time that one card makes a section in; also where nothing waits.
    """
    if cards < 2 or not worth_sharing(gain):
        return "each"
    if not waiting.chains:
        return now
    if waiting.interactive:
        return "all"
    loads = [0] * cards
    heapify(loads)
    for sections in sorted(waiting.chains, reverse=True):
        heapreplace(loads, loads[0] + sections)
    each, together = float(max(loads)), sum(waiting.chains) / gain
    if now == "all":
        return "each" if each + switch < together else "all"
    return "all" if together + switch < each else "each"


def as_many_as_share(cards: int) -> int:
    """How many of ``cards`` can make a section of the published models together: their heads are shared out evenly."""
    return max(count for count in range(1, cards + 1) if HEADS % count == 0)
