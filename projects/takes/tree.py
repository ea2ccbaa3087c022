"""The takes of a shot as the tree they are: what each has in common with an earlier one, and where they part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from projects.database.tables import Take

Units = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Limb:
    """One take of a tree. ``of`` is the earlier take that it shares the most with, None where it shares no section.

    ``shared`` are the frames from the first on that both show; ``depth`` counts the takes that it parts from in turn.
    """

    take: Take
    of: Take | None
    shared: int
    depth: int


def tree_of(takes: Sequence[Take]) -> tuple[Limb, ...]:
    """The takes of one shot, each followed by those that part from it; what shares nothing stands the newest first."""
    parents = {take.id: _parent(take, takes) for take in takes}
    children: dict[str | None, list[Take]] = {}
    for take in sorted(takes, key=lambda take: take.number):
        of, _ = parents[take.id]
        children.setdefault(of.id if of else None, []).append(take)
    limbs: list[Limb] = []

    def grow(take: Take, depth: int) -> None:
        limbs.append(Limb(take, *parents[take.id], depth))
        for child in children.get(take.id, ()):
            grow(child, depth + 1)

    for root in reversed(children.get(None, [])):
        grow(root, 0)
    return tuple(limbs)


def shared_frames(units: Units, others: Units) -> int:
    """How many frames from the first on are the same, of two takes that are these (key, frames)."""
    shared = 0
    for (key, frames), (others_key, others_frames) in zip(units, others, strict=False):
        if key != others_key:
            break
        shared += min(frames, others_frames)
        if frames != others_frames:
            break
    return shared


def _parent(take: Take, takes: Sequence[Take]) -> tuple[Take | None, int]:
    earlier = sorted((one for one in takes if one.number < take.number), key=lambda one: one.number)
    # The start picture alone is nothing that was rendered.
    found = [(one, shared) for one in earlier if (shared := shared_frames(one.units, take.units)) > 1]
    return max(found, key=lambda pair: pair[1], default=(None, 0))
