"""Directing a shot: it is rendered section by section, and after each the person says how it goes on.

Each section is an order of its own that goes on from the take there is. So nothing waits in a worker while the person
thinks, others are served meanwhile, and a restart of anything changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from framepack.shots.keys import plan_chain
from framepack.shots.spans import FRAMES_PER_LATENT, seconds_of
from projects.database.tables import Pass, Render, Take
from projects.errors import StoryboardProblem
from projects.messages import read
from projects.names import storable
from projects.queue.branches import order_variants
from projects.queue.orders import UNFINISHED, add_order, is_urgent
from projects.settings import StudioSettings
from projects.storage.shared import section_store
from projects.storyboard.choosing import choose_as_made
from projects.storyboard.project_settings import checkpoint_of
from projects.storyboard.reading import chosen_id, get_project, get_shot, shots_of
from projects.storyboard.shots import new_seed
from projects.takes.render_plan import RenderPlan
from projects.takes.staleness import chains
from projects.takes.takes import delete_take, takes_of
from projects.takes.tree import shared_frames
from projects.takes.variants import Variant, origin_of


@dataclass(frozen=True)
class Directed:
    """How far a shot is that is directed: ``take`` is what there is so far, None before its first section is made.

    ``render`` is the latest order, ``problem`` why nothing came of it. The shot is to last ``seconds``, which the take
    does where ``is_whole``. ``before`` are the frames that were there before the latest section.
    """

    render: Render
    take: Take | None
    before: int
    seconds: float
    problem: Message | None

    @property
    def is_rendering(self) -> bool:
        """Whether the next section is being made, or waits for a worker."""
        return self.render.status in UNFINISHED

    @property
    def is_whole(self) -> bool:
        """Whether all of the shot is there."""
        return self.take is not None and self.take.request["seconds"] >= self.seconds


def directed(*, session: Session, shot_id: str, made_for: Pass = "draft") -> Directed | None:
    """How far a shot is that is directed in a pass; None where it is not. Raises NotFound."""
    steps = _steps(session, shot_id, made_for)
    if not steps:
        return None
    latest = steps[0]
    direction = latest.direction or {}
    base = session.get(Take, direction.get("base") or "")
    made = _made(session, shot_id, latest) if latest.status == "done" else None
    take = made or session.get(Take, direction.get("take") or "")
    if latest.status not in UNFINISHED and (take is None or take.deleted_at is not None):
        return None
    problem = read(latest.error) if latest.error and latest.status == "failed" else None
    return Directed(latest, take, base.frames if base else 0, float(direction["seconds"]), problem)


def direct_shot(*, session: Session, shot_id: str, made_for: Pass = "draft") -> Render:
    """Begin to direct a shot: its first section is ordered. The shot stays as it is, and so does what it shows.

    Raises NotFound, and StoryboardProblem where it is being directed, its model makes it from the end, or it is guided
    to a picture: from when on depends on how long it will be.
    """
    shot = get_shot(session=session, shot_id=shot_id)
    project = get_project(session=session, project_id=shot.project_id)
    run = next(run for run in chains(shots_of(session=session, project_id=project.id)) if shot in run)
    checkpoint = checkpoint_named(run[0].checkpoint or checkpoint_of(project, made_for))
    if checkpoint.direction == "inverted":
        raise StoryboardProblem(Message("direct-backwards", {"checkpoint": checkpoint.name, "shot": shot.label}))
    if shot.end_media_id is not None:
        raise StoryboardProblem(Message("direct-guided", {"shot": shot.label}))
    if directed(session=session, shot_id=shot_id, made_for=made_for) is not None:
        raise StoryboardProblem(Message("direct-already", {"shot": shot.label}))
    frames = FRAMES_PER_LATENT * checkpoint.window + (1 if shot is run[0] else 0)
    seconds = min(shot.seconds, seconds_of(frames, checkpoint.fps))
    render = Render(
        project_id=shot.project_id,
        shot_ids=[shot_id],
        made_for=made_for,
        variants={shot_id: [Variant(seconds=seconds).stored()]},
        direction={"seconds": shot.seconds, "take": None, "base": None},
        urgent=is_urgent(made_for),
    )
    return add_order(session=session, render=render)


def keep_section(
    *, session: Session, settings: StudioSettings, shot_id: str, made_for: Pass = "draft", prompt: str = ""
) -> Render:
    """Go on with the next section, from where the take ends with another ``prompt`` where one is given.

    Raises NotFound, InvalidRequest, and StoryboardProblem where there is nothing to go on from or all is there.
    """
    now = _waiting(session, shot_id, made_for)
    take = now.take
    if take is None or now.is_whole:
        label = get_shot(session=session, shot_id=shot_id).label
        raise StoryboardProblem(Message("direct-whole", {"shot": label, "seconds": now.seconds}))
    window = checkpoint_named(str(take.request["settings"]["checkpoint"])).window
    seconds = min(now.seconds, seconds_of(take.frames + FRAMES_PER_LATENT * window, take.fps))
    said = storable(prompt).strip() or None
    at = None if said is None else take.frames / take.fps
    return _order(session, settings, now, take, Variant(of=take.id, at=at, prompt=said, seconds=seconds), take)


def section_again(*, session: Session, settings: StudioSettings, shot_id: str, made_for: Pass = "draft") -> Render:
    """Make the latest section once more, with another seed from where it begins. Raises as ``keep_section``."""
    now = _waiting(session, shot_id, made_for)
    assert now.take is not None, "a shot that waits has a take"
    base = session.get(Take, (now.render.direction or {}).get("base") or "")
    at = now.before / now.take.fps
    variant = Variant(of=now.take.id, at=at, seed=new_seed(), seconds=now.take.request["seconds"])
    return _order(session, settings, now, now.take, variant, base)


def stop_directing(*, session: Session, shot_id: str, made_for: Pass = "draft") -> Take | None:
    """Let the take be as long as it is by now. Returns it; None where there is none yet.

    The shorter ones on the way to it are thrown away, but for those that somebody starred or wrote a note on.
    """
    now = directed(session=session, shot_id=shot_id, made_for=made_for)
    steps = _steps(session, shot_id, made_for)
    for step in steps:
        step.direction = {**(step.direction or {}), "ended": True}
    session.flush()
    if now is None or now.take is None:
        return None
    orders, shot = {step.id for step in steps}, get_shot(session=session, shot_id=shot_id)
    on_the_way = [
        take
        for take in takes_of(session=session, shot_id=shot_id)
        if take.render_id in orders
        and take.id != now.take.id
        and take.status == "done"
        and shared_frames(take.units, now.take.units) == take.frames
    ]
    shown = chosen_id(shot, made_for)
    if shown == now.take.id or shown in {take.id for take in on_the_way}:
        choose_as_made(session=session, shot_id=shot_id, take_id=now.take.id)
    for take in on_the_way:
        if not take.star and not take.note:
            delete_take(session=session, take_id=take.id)
    return now.take


def _order(
    session: Session, settings: StudioSettings, now: Directed, take: Take, variant: Variant, base: Take | None
) -> Render:
    store = section_store(settings)
    origin = origin_of(session=session, store=store, take_id=take.id)
    if variant.at is not None:
        variant = variant.model_copy(update={"at": origin.moment(variant.at)})
    direction = {"seconds": now.seconds, "take": take.id, "base": base.id if base else None}
    return order_variants(session, origin, [variant], store, direction).render


def _waiting(session: Session, shot_id: str, made_for: Pass) -> Directed:
    now = directed(session=session, shot_id=shot_id, made_for=made_for)
    if now is None or now.take is None or now.is_rendering:
        label = get_shot(session=session, shot_id=shot_id).label
        raise StoryboardProblem(Message("direct-not-waiting", {"shot": label}))
    return now


def _steps(session: Session, shot_id: str, made_for: Pass) -> list[Render]:
    """The orders by which a shot is directed, the latest first."""
    shot = get_shot(session=session, shot_id=shot_id)
    own = select(Render).where(Render.project_id == shot.project_id, Render.made_for == made_for)
    steps = session.exec(own.where(col(Render.direction).is_not(None)).order_by(col(Render.created_at).desc())).all()
    return [step for step in steps if step.shot_ids == [shot_id] and not (step.direction or {}).get("ended")]


def _made(session: Session, shot_id: str, render: Render) -> Take | None:
    """The take that came of an order, or that was found for it."""
    done = [take for take in takes_of(session=session, shot_id=shot_id) if take.status == "done"]
    own = next((take for take in done if take.render_id == render.id), None)
    if own is not None or render.plan is None:
        return own
    for chain in RenderPlan.from_json(render.plan).chains:
        planned = plan_chain([shot.request for shot in chain], ends=chain[-1].ends)[-1]
        found = next((take for take in done if take.units == planned.units), None)
        if found is not None:
            return found
    return None
