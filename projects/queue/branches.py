"""Orders of takes that go on from a take: it is shared up to a moment, and only what follows is rendered.

Where nothing is missing, as where a take is only ended earlier, the take is put together at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.database.tables import Render, Take
from projects.errors import StoryboardProblem
from projects.films.stitching import conform_take
from projects.names import storable
from projects.queue.orders import MOST_OTHER_TAKES, add_order, is_urgent
from projects.settings import StudioSettings
from projects.storage.shared import section_store
from projects.storyboard.reading import get_shot
from projects.storyboard.shots import new_seed
from projects.takes.render_plan import missing_units
from projects.takes.takes import finish_take, record_take, takes_of
from projects.takes.tree import shared_frames
from projects.takes.variants import Origin, Variant, branch, origin_of, planned_branch
from projects.takes.video_joins import video_join_of


@dataclass(frozen=True)
class Way:
    """How to go on from a moment: with another sentence, another seed, or both. None leaves what there is."""

    prompt: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class BranchOrder:
    """What was ordered: takes that are as another one up to its frame ``frame`` (0 is the first), ``at`` seconds in.

    ``new_sections`` of all their ``sections`` have to be rendered; what they have in common counts once.
    """

    render: Render
    at: float
    frame: int
    new_sections: int
    sections: int


def order_branches(
    *, session: Session, settings: StudioSettings, take_id: str, at: float, ways: Sequence[Way]
) -> BranchOrder:
    """Order takes that go on from a take, each in its own way, from the latent on that is nearest to ``at`` seconds.

    A way that says nothing, or the same as one before it, gets a seed by chance. The shot stays as it is until one of
    the takes is chosen. Raises NotFound, StoryboardProblem where the take cannot be gone on from, and InvalidRequest.
    """
    if not 1 <= len(ways) <= MOST_OTHER_TAKES:
        raise InvalidRequest("ways", Message("not-between", {"value": len(ways), "least": 1, "most": MOST_OTHER_TAKES}))
    store = section_store(settings)
    origin = origin_of(session=session, store=store, take_id=take_id)
    moment = origin.moment(at)
    if at < 0.0 or origin.latent(moment) >= origin.planned.span.latents:
        number, end = origin.take.number, round(origin.take.frames / origin.take.fps, 2)
        label = get_shot(session=session, shot_id=origin.take.shot_id).label
        raise StoryboardProblem(Message("branch-after-end", {"number": number, "shot": label, "end": end}))
    told: list[Way] = []
    for way in ways:
        said = Way(storable(way.prompt).strip() or None if way.prompt is not None else None, way.seed)
        if said == Way() or said in told:
            said = Way(said.prompt, new_seed())
        told.append(said)
    variants = [Variant(of=take_id, at=moment, prompt=way.prompt, seed=way.seed) for way in told]
    _check_new(session, origin, [planned_branch(origin, branch(session, origin, one)) for one in variants])
    return order_variants(session, origin, variants, store)


def change_length(*, session: Session, settings: StudioSettings, take_id: str, seconds: float) -> Take | BranchOrder:
    """A take as another one that lasts ``seconds``: put together at once where its sections are there, else ordered.

    The shot stays as it is until it is chosen. Raises NotFound, StoryboardProblem and InvalidRequest.
    """
    store = section_store(settings)
    origin = origin_of(session=session, store=store, take_id=take_id)
    variant = Variant(of=take_id, seconds=seconds)
    shot = branch(session, origin, variant)
    planned = planned_branch(origin, shot)
    _check_new(session, origin, [planned])
    if missing_units(planned, store):
        return order_variants(session, origin, [variant], store)
    take = record_take(
        session=session,
        shot_id=shot.shot_id,
        planned=planned,
        made_for=origin.take.made_for,
        own=shot.own,
        branch_of=shot.branch_of,
    )
    conform_take(settings=settings, take=take)
    return finish_take(session=session, take_id=take.id, seconds_spent=0.0, join=video_join_of(origin.take))


def order_variants(
    session: Session,
    origin: Origin,
    variants: Sequence[Variant],
    store: SectionStore,
    direction: dict[str, Any] | None = None,
) -> BranchOrder:
    """Order takes that go on from ``origin``; ``direction`` is as an order has it. Raises InvalidRequest."""
    shot = get_shot(session=session, shot_id=origin.take.shot_id)
    planned = [planned_branch(origin, branch(session, origin, variant)) for variant in variants]
    render = Render(
        project_id=shot.project_id,
        shot_ids=[shot.id],
        made_for=origin.take.made_for,
        variants={shot.id: [variant.stored() for variant in variants]},
        direction=direction,
        urgent=is_urgent(origin.take.made_for),
    )
    sections = {key for one in planned for key in one.sections}
    missing = {key for one in planned for key in missing_units(one, store)}
    return BranchOrder(
        render=add_order(session=session, render=render),
        at=variants[0].at or 0.0,
        frame=shared_frames(planned[0].units, origin.take.units),
        new_sections=len(missing & sections),
        sections=len(sections),
    )


def _check_new(session: Session, origin: Origin, planned: Sequence[PlannedShot]) -> None:
    """Raise StoryboardProblem where no other take would come of it."""
    label = get_shot(session=session, shot_id=origin.take.shot_id).label
    known = [take for take in takes_of(session=session, shot_id=origin.take.shot_id) if take.status == "done"]
    same = [next((take.number for take in known if take.units == one.units), None) for one in planned]
    if origin.take.number in same:
        raise StoryboardProblem(Message("branch-same", {"number": origin.take.number, "shot": label}))
    if same[0] is not None and None not in same:
        raise StoryboardProblem(Message("branch-there", {"there": same[0], "shot": label}))
