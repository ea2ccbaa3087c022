"""Which cards of a computer work on one shot together, and when that is better than a shot on each: no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Literal

from framepack.device.shares import worth_sharing

Layout = Literal["each", "all"]


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


def layout_for(waiting: Waiting, cards: int, gain: float) -> Layout:
    """Whether ``cards`` make a shot each or all of them one after the other, which is ``gain`` times faster.

    What counts is when the last section is there; where somebody waits to see one, when the next is there. Chains are
    given out longest first. A gain too small to bother keeps a shot each.
    """
    if cards < 2 or not worth_sharing(gain) or not waiting.chains:
        return "each"
    if waiting.interactive:
        return "all"
    loads = [0] * cards
    heapify(loads)
    for sections in sorted(waiting.chains, reverse=True):
        heapreplace(loads, loads[0] + sections)
    return "all" if sum(waiting.chains) / gain < max(loads) else "each"
