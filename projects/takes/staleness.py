"""What a storyboard asks for, and how its takes stand to that: done, stale or never rendered. It renders nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import CENTRED, Settings, ShotRequest
from framepack.shots.spans import FRAMES_PER_LATENT, shown_frames
from projects.database.tables import Pass, Project, Shot, Take
from projects.loras.files import loras_gone
from projects.settings import StudioSettings
from projects.storage.places import take_path
from projects.storage.shared import is_kept
from projects.storyboard.beats import asked_beats
from projects.storyboard.ends import end_placement_of
from projects.storyboard.loras import ChosenLora, loras_of
from projects.storyboard.project_settings import (
    checkpoint_of,
    placement_of,
    seed_of,
    sentence_of,
    shot_settings_at,
    size_of,
)
from projects.storyboard.reading import chosen_id, project_with_shots
from projects.storyboard.videos import asked_past
from projects.takes.takes import takes_of_project

ShotState = Literal["empty", "never rendered", "stale", "done"]
# The settings of shots by all that they differ in: most have the same.
_Sampled = dict[tuple[str, str | None, int | None, float | None, tuple[ChosenLora, ...]], Settings]
NO_OTHERS: Mapping[str, str] = MappingProxyType({})
NONE_GONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ShotPlan:
    """One shot as the storyboard asks for it now, in one of the project's passes.

    ``planned`` is what its sections would be, or ``problem`` says why there can be none. ``chain`` are
    the planned shots of its chain, up to and with its own. ``state`` says how ``chosen``, its chosen take, stands to
    that: "done" holds what is asked for (see ``holds``), "stale" something else; without one the shot was "never
    rendered", or is "empty" where it cannot be. ``found`` is a finished take that holds what is asked for, chosen or
    not: it can simply be chosen and need not be rendered. ``frames`` is how many the film shows of it;
    ``ends`` says that no shot continues it; ``loras`` are those it is made with.
    """

    shot: Shot
    planned: PlannedShot | None
    problem: Message | None
    chain: tuple[PlannedShot, ...]
    state: ShotState
    chosen: Take | None
    found: Take | None
    frames: int
    ends: bool
    loras: tuple[ChosenLora, ...] = ()


# --- planning ---------------------------------------------------------------------------------------------------------


def chains(shots: Sequence[Shot]) -> list[list[Shot]]:
    """Shots in order, cut into runs: each begins with a cut (or with the very first shot) and goes on with continuing
    ones."""
    runs: list[list[Shot]] = []
    for shot in shots:
        if shot.start == "cut" or not runs:
            runs.append([])
        runs[-1].append(shot)
    return runs


def own_checkpoints(shots: Sequence[Shot]) -> set[str]:
    """The checkpoints that chains of shots have of their own."""
    return {run[0].checkpoint for run in chains(shots) if run[0].checkpoint and run[0].start == "cut"}


def plan_project(
    *,
    project: Project,
    shots: Sequence[Shot],
    takes: Sequence[Take],
    identity: str,
    made_for: Pass = "draft",
    others: Mapping[str, str] = NO_OTHERS,
    gone: Collection[str] = NONE_GONE,
) -> list[ShotPlan]:
    """What every shot asks for in a pass, and how its takes stand to that. ``identity`` names the pass's weights.

    ``others`` names those of ``own_checkpoints``, as far as they are here, and ``gone`` LoRAs whose files are not: a
    shot that would have to be made with one has a problem. Raises StoryboardProblem where the project has no such pass.
    """
    return plan_chains(
        project=project,
        shots=shots,
        runs=chains(shots),
        takes=takes,
        identity=identity,
        made_for=made_for,
        others=others,
        gone=gone,
    )


def plan_chains(
    *,
    project: Project,
    shots: Sequence[Shot],
    runs: Sequence[Sequence[Shot]],
    takes: Sequence[Take],
    identity: str,
    made_for: Pass,
    others: Mapping[str, str],
    gone: Collection[str] = NONE_GONE,
) -> list[ShotPlan]:
    """As ``plan_project`` for some of the project's ``chains``; ``shots`` are all, since their lengths count."""
    usual = checkpoint_of(project, made_for)
    identities = {**others, usual: identity}
    frames = frames_asked(project, shots, made_for)
    by_shot: dict[str, list[Take]] = {}
    for take in takes:
        by_shot.setdefault(take.shot_id, []).append(take)
    plans: list[ShotPlan] = []
    sampled: _Sampled = {}
    for run in runs:
        checkpoint = (run[0].checkpoint if run[0].start == "cut" else None) or usual
        requests: list[ShotRequest] = []
        problems: list[Message] = []
        for place, shot in enumerate(run):
            if problems:
                problems.append(Message("continues-unready", {"shot": run[place - 1].label}))
                continue
            request = _request(
                project, shot, checkpoint, identities.get(checkpoint), made_for, sampled, opens=place == 0
            )
            if isinstance(request, Message):
                problems.append(request)
            else:
                requests.append(request)
        planned = plan_chain(requests, ends=len(requests) == len(run))
        made: list[ShotPlan] = []
        for place, shot in enumerate(run):
            own = by_shot.get(shot.id, [])
            chain = planned[: place + 1] if place < len(planned) else ()
            problem = None if chain else problems[place - len(planned)]
            chosen = chosen_id(shot, made_for)
            plan = _plan(shot, own, chosen, chain, problem, frames=frames[shot.id], ends=shot is run[-1])
            made.append(replace(plan, loras=loras_of(project, shot, checkpoint)))
        plans += _without_lost(made, gone)
    return plans


def _without_lost(plans: Sequence[ShotPlan], gone: Collection[str]) -> Iterator[ShotPlan]:
    """The plans of one chain, where those of which LoRAs are ``gone``, and those that go on from them, cannot be made.

    What is finished needs no LoRA any more.
    """
    lost: ShotPlan | None = None
    for plan in plans:
        if plan.planned is None or plan.found is not None:
            yield plan
            continue
        lacking = next((one for one in plan.loras if one.sha256 in gone), None)
        if lacking is None and lost is None:
            yield plan
            continue
        if lacking is not None:
            problem = Message("lora-not-here", {"name": lacking.called})
        else:
            assert lost is not None
            problem = Message("continues-unready", {"shot": lost.shot.label})
        lost = plan
        state: ShotState = "stale" if plan.chosen else "empty"
        yield replace(plan, planned=None, chain=(), problem=problem, state=state)


def plan_for(
    *,
    session: Session,
    settings: StudioSettings,
    project_id: str,
    identity: str,
    made_for: Pass = "draft",
    others: Mapping[str, str] = NO_OTHERS,
) -> list[ShotPlan]:
    """``plan_project`` for a stored project; a take whose file is gone or cut counts for nothing. Raises NotFound."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    return plan_project(
        project=project,
        shots=shots,
        takes=takes_there(settings, takes_of_project(session=session, project_id=project_id)),
        identity=identity,
        made_for=made_for,
        others=others,
        gone=loras_gone(settings, project, shots),
    )


def takes_there(settings: StudioSettings, takes: Sequence[Take]) -> list[Take]:
    """The takes without those that are done and whose file is gone or cut."""
    return [take for take in takes if take.status != "done" or is_kept(settings, take_path(settings, take.id))]


def said_of(shot: Shot, problem: Message) -> Message:
    """``problem`` where it is not clear which shot has it."""
    return Message("of-shot", {"shot": shot.label, "problem": problem})


def frames_asked(project: Project, shots: Sequence[Shot], made_for: Pass = "draft") -> dict[str, int]:
    """How many frames the film of a project shows of each of its shots (by id), as the storyboard is now."""
    checkpoint = checkpoint_named(checkpoint_of(project, made_for))
    runs = chains(shots)
    counts = shown_frames(
        [[shot.seconds for shot in run] for run in runs],
        fps=checkpoint.fps,
        window=checkpoint.window,
        more_sections=checkpoint.direction == "forward",
        given=[past.latents if (past := asked_past(run[0])) else 1 for run in runs],
    )
    return {shot.id: count for run, of in zip(runs, counts, strict=True) for shot, count in zip(run, of, strict=True)}


def holds(take: Take, planned: PlannedShot, frames: int) -> bool:
    """Whether a take has all sections of ``planned`` and ``frames`` frames; what it has beyond them is cut off.

    It may lack the frames of one latent: how many are shown depends on the film's other shots, and those of earlier
    versions end on latents. The sections have them all the same, and the film takes them from there.
    """
    keys = [key for key, _ in planned.units]
    has_sections = [key for key, _ in take.units[: len(keys)]] == keys
    return has_sections and shown_of(take, frames) == frames


def shown_of(take: Take, frames: int) -> int:
    """How many frames of a take a film shows that wants ``frames`` of its shot."""
    return frames if frames <= take.frames + FRAMES_PER_LATENT else take.frames


def _request(
    project: Project,
    shot: Shot,
    checkpoint: str,
    identity: str | None,
    made_for: Pass,
    sampled: _Sampled,
    *,
    opens: bool,
) -> ShotRequest | Message:
    """What a shot asks of the engine, or why it cannot be asked."""
    size = size_of(project, checkpoint)
    if opens and shot.start == "continue":
        return Message("nothing-to-continue")
    past = asked_past(shot)
    if past is not None and not (opens and shot.start == "cut"):
        return Message("video-and-continue")
    if past is not None and checkpoint_named(checkpoint).direction == "inverted":
        return Message("backwards-start-without-video", {"checkpoint": checkpoint})
    if opens and ((shot.media_id is None and past is None) or size is None):
        return Message("no-picture-yet")
    assert size is not None, "a continuing shot follows one that has a picture, so the size is known"
    if not opens and checkpoint_named(checkpoint).direction == "inverted":
        return Message("backwards-start-with-cut", {"checkpoint": checkpoint})
    if not sentence_of(project, shot, checkpoint):
        return Message("no-text-yet")
    if identity is None:
        return Message("weights-not-here", {"checkpoint": checkpoint})
    same = (checkpoint, shot.preset, shot.steps, shot.guidance, loras_of(project, shot, checkpoint))
    try:
        if same not in sampled:
            height, width = size
            sampled[same] = shot_settings_at(
                project, shot, checkpoint=checkpoint, height=height, width=width, made_for=made_for
            )
        return ShotRequest(
            settings=sampled[same],
            identity=identity,
            prompt=sentence_of(project, shot, checkpoint),
            seed=seed_of(project, shot),
            seconds=shot.seconds,
            image=shot.media_id,
            placement=placement_of(project, shot),
            beats=asked_beats(project, shot, checkpoint),
            past=past,
            end=shot.end_media_id,
            end_placement=end_placement_of(project, shot) if shot.end_media_id else CENTRED,
        )
    except InvalidRequest as problem:
        return Message("request-problem", {"problem": problem.message})


def _plan(
    shot: Shot,
    takes: Sequence[Take],
    chosen_id: str | None,
    chain: tuple[PlannedShot, ...],
    problem: Message | None,
    *,
    frames: int,
    ends: bool,
) -> ShotPlan:
    done = sorted((take for take in takes if take.status == "done"), key=lambda take: -take.number)
    chosen = next((take for take in done if take.id == chosen_id), None)
    planned = chain[-1] if chain else None
    found = None
    if planned is not None:
        same = [take for take in done if holds(take, planned, frames)]
        found = chosen if chosen in same else next(iter(same), None)
    state: ShotState = "done" if found is chosen else "stale"
    if chosen is None:
        state = "never rendered" if planned else "empty"
    return ShotPlan(
        shot=shot,
        planned=planned,
        problem=problem,
        chain=chain,
        state=state,
        chosen=chosen,
        found=found,
        frames=frames,
        ends=ends,
    )
