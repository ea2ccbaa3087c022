"""What one render will make: the storyboard's chains as they were when the worker began, kept with the render.

From then on an edit changes nothing for the render: takes are made from this plan. It is pure data and renders nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from framepack.messages import Message, as_message
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.past import Past
from framepack.shots.request import Beat, Settings, ShotRequest
from framepack.store.section_store import SectionStore
from projects.storyboard.choosing import own_of
from projects.takes.staleness import ShotPlan, said_of


@dataclass(frozen=True)
class ChainShot:
    """One shot of a chain; ``index`` counts from 1 among the shots to be made in this render, None for the others.

    ``ends``: no shot of the storyboard continues it. ``own`` is what the shot says itself (``own_of``), and
    ``branch_of`` the number of the take that it goes on from, where that is one of its takes. ``loras`` are those of
    the request with their names and words, as ``storyboard.loras`` has them stored.
    """

    shot_id: str
    index: int | None
    request: ShotRequest
    ends: bool
    own: Mapping[str, Any] = field(default_factory=dict)
    branch_of: int | None = None
    loras: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class RenderPlan:
    """The chains that have something to be made, each up to its last such shot, and what cannot be made."""

    chains: tuple[tuple[ChainShot, ...], ...]
    problems: tuple[Message, ...]

    @property
    def shot_count(self) -> int:
        """How many shots are to be made."""
        return sum(shot.index is not None for chain in self.chains for shot in chain)

    def planned(self, number: int) -> tuple[PlannedShot, ...]:
        """The chain ``number`` (from 0) with its keys."""
        chain = self.chains[number]
        return plan_chain([shot.request for shot in chain], ends=chain[-1].ends)

    def to_json(self) -> dict[str, Any]:
        """As plain values, to be kept."""
        return {**asdict(self), "problems": [problem.to_json() for problem in self.problems]}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> RenderPlan:
        """What ``to_json`` gave; earlier versions kept each problem as a sentence."""
        return cls(
            chains=tuple(tuple(_chain_shot(shot) for shot in chain) for chain in kept["chains"]),
            problems=tuple(
                as_message(problem) if isinstance(problem, str) else Message.from_json(problem)
                for problem in kept["problems"]
            ),
        )


def plan_render(*, plans: Sequence[ShotPlan], wanted: Collection[str], store: SectionStore) -> RenderPlan:
    """The plan of a render of the shots ``wanted`` (ids). ``plans`` are all shots of the storyboard, in order.

    An earlier shot of the same chain is made too where a section of it, on which the wanted one builds, is not there.
    """
    chains = []
    for chain in chains_of(plans):
        last = max((place for place, plan in enumerate(chain) if plan.shot.id in wanted), default=None)
        if last is not None:
            chains.append(to_make(chain[: last + 1], wanted, store))
    return counted(chains, problems_of(plans, wanted))


def missing_units(planned: PlannedShot, store: SectionStore) -> list[str]:
    """The keys of the units of a shot (its sections, and the start picture's if it opens its chain) not stored yet."""
    return [key for key, _ in planned.units if not store.is_whole(key)]


def to_make(chain: Sequence[ShotPlan], wanted: Collection[str], store: SectionStore) -> list[ChainShot]:
    """The shots of a chain; those to be made, the ``wanted`` ones and the missing, have an index, of no meaning yet."""
    shots = []
    for plan in chain:
        assert plan.planned is not None
        is_made = plan.shot.id in wanted or bool(missing_units(plan.planned, store))
        index = 0 if is_made else None
        loras = tuple(one.stored() for one in plan.loras)
        shots.append(ChainShot(plan.shot.id, index, plan.planned.request, plan.ends, own_of(plan.shot), loras=loras))
    return shots


def counted(chains: Sequence[Sequence[ChainShot]], problems: tuple[Message, ...]) -> RenderPlan:
    """The plan of some chains, with their shots that are to be made counted."""
    count = itertools.count(1)
    return RenderPlan(
        tuple(
            tuple(shot if shot.index is None else replace(shot, index=next(count)) for shot in chain)
            for chain in chains
        ),
        problems,
    )


def problems_of(plans: Sequence[ShotPlan], wanted: Collection[str]) -> tuple[Message, ...]:
    """Why shots that are ``wanted`` (ids) cannot be made."""
    return tuple(said_of(plan.shot, plan.problem) for plan in plans if plan.shot.id in wanted and plan.problem)


def chains_of(plans: Sequence[ShotPlan]) -> list[list[ShotPlan]]:
    """The shots that can be made, chain by chain."""
    found: list[list[ShotPlan]] = []
    for plan in plans:
        if plan.planned is None:
            continue
        if len(plan.chain) == 1:
            found.append([])
        elif not found or found[-1][-1].planned is not plan.chain[-2]:
            continue  # it goes on from one that cannot be made now
        found[-1].append(plan)
    return found


def request_from(kept: Mapping[str, Any]) -> ShotRequest:
    """What a shot was asked to be, from plain values as a plan or a take keeps them."""
    known = {field.name for field in fields(ShotRequest)}
    request = {name: value for name, value in kept.items() if name in known}
    request["settings"] = Settings(**request["settings"])
    if "placement" in request:
        request["placement"] = tuple(request["placement"])
    if "end_placement" in request:
        request["end_placement"] = tuple(request["end_placement"])
    if request.get("past"):
        request["past"] = Past(**request["past"])
    if "beats" in request:
        request["beats"] = tuple(Beat(**{**beat, "placement": tuple(beat["placement"])}) for beat in request["beats"])
    return ShotRequest(**request)


def _chain_shot(kept: dict[str, Any]) -> ChainShot:
    # Plans of the first version say nothing of it: all their shots end on latents, as if others continued them.
    ends, own = kept.get("ends", False), kept.get("own", {})
    request = request_from(kept["request"])
    loras = tuple(kept.get("loras", ()))
    return ChainShot(kept["shot_id"], kept["index"], request, ends, own, kept.get("branch_of"), loras)
