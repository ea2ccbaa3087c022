"""Other takes of a shot, as they are wanted: with another seed, or as a take up to a moment and otherwise from there.

What a branch has in common with the take it goes on from has the same keys, so it is found and never made again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.beats import first_latent, moment_of
from framepack.shots.keys import PlannedShot, begins_at, plan_chain
from framepack.shots.request import Beat
from framepack.shots.spans import FRAMES_PER_LATENT
from framepack.store.section_store import SectionStore
from projects.database.tables import Project, Render, Shot, Take
from projects.errors import NotFound, StoryboardProblem
from projects.storyboard.beats import ShotBeat, within_words
from projects.storyboard.loras import ChosenLora
from projects.storyboard.reading import get_shot, project_with_shots
from projects.takes.render_plan import (
    ChainShot,
    RenderPlan,
    chains_of,
    counted,
    missing_units,
    problems_of,
    request_from,
    to_make,
)
from projects.takes.staleness import ShotPlan, chains, plan_chains
from projects.takes.takes import get_take


class Variant(BaseModel):
    """One more take that is wanted of a shot: None leaves what there is.

    Without ``of`` it is as the storyboard asks for, with another ``seed``. With it, it is as that take (id) up to
    ``at`` (seconds), and from there on has another ``prompt`` or ``seed`` or both; a ``prompt`` takes the place of all
    that is said later, while with a ``seed`` alone later beats stay. It lasts ``seconds``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str | None = None
    at: float | None = None
    prompt: str | None = None
    seed: int | None = None
    seconds: float | None = None

    def stored(self) -> dict[str, Any]:
        """As an order holds it."""
        return self.model_dump(exclude_none=True)


@dataclass(frozen=True)
class Origin:
    """A take that others go on from: the shots ``before`` it in its chain, and itself as it was asked for.

    ``planned`` are its units as they are named now, which are those of the take.
    """

    take: Take
    before: tuple[ChainShot, ...]
    shot: ChainShot
    planned: PlannedShot

    @property
    def seconds_before(self) -> float:
        """How long its chain lasts until it begins, as latents lie."""
        return begins_at([shot.request for shot in (*self.before, self.shot)])

    @property
    def opening_frames(self) -> int:
        """How many frames it shows before its first new latent."""
        return 1 if self.planned.span.opens else 0

    def latent(self, at: float) -> int:
        """The latent (0 is its first new one) on which a beat ``at`` seconds into it begins."""
        span, before = self.planned.span, self.seconds_before
        return first_latent(at, span, before=before, fps=self.take.fps, whole_sections=False)

    def moment(self, seconds: float) -> float:
        """The time of a beat that begins where the take is after ``seconds``, on the nearest latent."""
        latent = round((seconds * self.take.fps - self.opening_frames) / FRAMES_PER_LATENT)
        return moment_of(max(0, latent), self.planned.span, before=self.seconds_before, fps=self.take.fps)


def wanted_variants(render: Render) -> dict[str, list[Variant]]:
    """The other takes that an order wants, by shot."""
    return {
        shot_id: [Variant.model_validate(one) for one in variants]
        for shot_id, variants in (render.variants or {}).items()
    }


def plan_variants(
    *,
    session: Session,
    plans: Sequence[ShotPlan],
    variants: Mapping[str, Sequence[Variant]],
    identities: Collection[str],
    store: SectionStore,
) -> RenderPlan:
    """The plan of a render of other takes, each a chain of its own; ``variants`` says which, by shot (id).

    Nothing else of the storyboard is made, but for earlier shots of the same chain that are not there. ``identities``
    name the weights that there are.
    """
    chains_made: list[list[ChainShot]] = []
    problems: list[Message] = []
    as_asked = {shot_id: [variant for variant in wanted if variant.of is None] for shot_id, wanted in variants.items()}
    for chain in chains_of(plans):
        for place, plan in enumerate(chain):
            for variant in as_asked.get(plan.shot.id, ()):
                *before, last = to_make(chain[: place + 1], {plan.shot.id}, store)
                chains_made.append([*before, _as_asked(last, variant)])
    # A shot that is deleted meanwhile has no plan, and nothing of it is made.
    for variant in (variant for plan in plans for variant in variants.get(plan.shot.id, ())):
        if variant.of is None:
            continue
        try:
            origin = origin_of(session=session, store=store, take_id=variant.of)
            if origin.shot.request.identity not in identities:
                label = session.get_one(Shot, origin.shot.shot_id).label
                problems.append(Message("branch-other-weights", {"number": origin.take.number, "shot": label}))
                continue
            chains_made.append([*origin.before, branch(session, origin, variant)])
        except (NotFound, StoryboardProblem, InvalidRequest) as problem:
            problems.append(problem.message)
    unmade = problems_of(plans, {shot_id for shot_id, wanted in as_asked.items() if wanted})
    return counted(chains_made, (*unmade, *problems))


def origin_of(*, session: Session, store: SectionStore, take_id: str) -> Origin:
    """The take with what it was made from. Raises NotFound, and StoryboardProblem where it cannot be gone on from."""
    take = get_take(session=session, take_id=take_id)
    shot = get_shot(session=session, shot_id=take.shot_id)
    number, label = take.number, shot.label
    if take.status != "done" or take.deleted_at is not None:
        raise StoryboardProblem(Message("branch-of-unfinished", {"number": number, "shot": label}))
    request = request_from(take.request)
    if checkpoint_named(request.settings.checkpoint).direction == "inverted":
        name = request.settings.checkpoint
        raise StoryboardProblem(Message("branch-backwards", {"number": number, "shot": label, "checkpoint": name}))
    project, shots = project_with_shots(session=session, project_id=shot.project_id)
    run = next(run for run in chains(shots) if shot in run)
    loras = tuple(take.request.get("loras", ()))
    itself = ChainShot(shot.id, 0, request, shot is run[-1], take.request.get("own", {}), take.number, loras)
    for before in _pasts(session, project, shots, run, take, store):
        try:
            planned = plan_chain([*(one.request for one in before), request], ends=itself.ends)[-1]
        except InvalidRequest:
            continue
        if all(ours[0] == theirs[0] for ours, theirs in zip(planned.units, take.units, strict=False)):
            return Origin(take, before, itself, planned)
    raise StoryboardProblem(Message("branch-past-changed", {"number": number, "shot": label}))


def branch(session: Session, origin: Origin, variant: Variant) -> ChainShot:
    """The shot as ``variant`` wants it. Raises InvalidRequest."""
    project = session.get_one(Project, session.get_one(Shot, origin.shot.shot_id).project_id)
    asked, own = origin.shot.request, dict(origin.shot.own)
    if variant.seconds is not None:
        own["seconds"] = variant.seconds
        asked = replace(asked, seconds=variant.seconds)
    if variant.at is not None:
        latent = origin.latent(variant.at)
        said = own.get("beats", [])
        past = [beat for beat in asked.beats if origin.latent(beat.at) <= latent]
        loras = [ChosenLora.model_validate(one) for one in origin.shot.loras]
        own_past = [beat for beat in said if origin.latent(float(beat["at"])) <= latent]
        # Another sentence is said until the end; another seed alone replaces nothing of what is said later.
        to_come = [beat for beat in asked.beats if variant.prompt is None and beat not in past]
        own_to_come = [beat for beat in said if variant.prompt is None and beat not in own_past]
        # Of several on one latent the last counts.
        at = max([variant.at, *(beat.at for beat in past)])
        prompt = None if variant.prompt is None else within_words(project, loras, variant.prompt)
        asked = replace(asked, beats=(*past, Beat(at, prompt, variant.seed), *to_come))
        own["beats"] = [*own_past, ShotBeat(at=at, prompt=variant.prompt, seed=variant.seed).stored(), *own_to_come]
    return replace(origin.shot, request=asked, own=own)


def planned_branch(origin: Origin, shot: ChainShot) -> PlannedShot:
    """The units of a branch."""
    return plan_chain([*(one.request for one in origin.before), shot.request], ends=shot.ends)[-1]


def _as_asked(shot: ChainShot, variant: Variant) -> ChainShot:
    """A shot as the storyboard asks for it, but for the seed and the length that ``variant`` names."""
    seed = shot.request.seed if variant.seed is None else variant.seed
    seconds = shot.request.seconds if variant.seconds is None else variant.seconds
    own = {**shot.own, "seconds": seconds, **({} if variant.seed is None else {"seed": seed})}
    return replace(shot, request=replace(shot.request, seed=seed, seconds=seconds), own=own)


def _pasts(
    session: Session, project: Project, shots: Sequence[Shot], run: Sequence[Shot], take: Take, store: SectionStore
) -> Iterator[tuple[ChainShot, ...]]:
    """What may stand before a take in its chain: the storyboard's shots, or those of when it was made."""
    if take.request["start"] == "cut":
        yield ()
        return
    identity = str(take.request["identity"])
    plans = plan_chains(
        project=project,
        shots=shots,
        runs=[run],
        takes=(),
        identity=identity,
        made_for=take.made_for,
        others={shot.checkpoint: identity for shot in run if shot.checkpoint},
    )
    place = next(place for place, shot in enumerate(run) if shot.id == take.shot_id)
    if place and all(plan.planned is not None for plan in plans[:place]):
        yield tuple(to_make(plans[:place], (), store))
    render = session.get(Render, take.render_id) if take.render_id else None
    if render is not None and render.plan is not None:
        for chain in RenderPlan.from_json(render.plan).chains:
            place = next((place for place, shot in enumerate(chain) if shot.shot_id == take.shot_id), 0)
            before = tuple(replace(shot, index=None) for shot in chain[:place])
            # They are not made again: their shots ask for something else by now.
            if before and not any(missing_units(one, store) for one in plan_chain([one.request for one in before])):
                yield before
