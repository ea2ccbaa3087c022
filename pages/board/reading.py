"""What the storyboard and film pages show, read from the database at once and judged: shots, states, work under way.

It draws nothing. ``standing`` says in plain words how a shot is doing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from pages.session.database import settings
from pages.session.weights import BEING_NAMED, weights_name
from projects.database.tables import Progress, Project, Render, Shot, Take
from projects.messages import read
from projects.queue.orders import active_renders, latest_render, live_workers, progress_of, what_changed
from projects.storyboard.reading import project_with_shots
from projects.takes.staleness import ShotPlan, own_checkpoints, plan_project, takes_there
from projects.takes.takes import takes_of_project

Tone = Literal["quiet", "good", "warn", "bad", "busy"]


@dataclass(frozen=True)
class Standing:
    """How a shot is doing: a word or two, their colour, and a message where there is more to say."""

    word: str
    tone: Tone
    message: Message | None = None


@dataclass(frozen=True)
class Board:
    """A project as its pages show it. ``takes`` are each shot's finished ones, newest first.

    ``failures`` say why the newest take of a shot failed, by shot; ``renders`` are the orders under way, the one that
    is being carried out first; ``last`` the one ordered last. ``weights_problem`` says why nothing can be rendered with
    its model on this computer.
    """

    project: Project
    plans: tuple[ShotPlan, ...]
    takes: dict[str, list[Take]]
    failures: dict[str, Message]
    renders: tuple[Render, ...]
    last: Render | None
    progress: Progress | None
    worker_alive: bool
    weights_problem: Message | None

    @property
    def seconds(self) -> float:
        """How long the film is asked to be."""
        return sum(plan.shot.seconds for plan in self.plans)

    @property
    def to_render(self) -> list[str]:
        """The ids of the shots that an order for what changed would be for."""
        return [] if self.weights_problem else what_changed(self.plans, self.renders)

    @property
    def is_naming_weights(self) -> bool:
        """Whether it is not known yet which takes are up to date, because the weights are being named."""
        return self.weights_problem == BEING_NAMED

    def is_waiting(self, shot: Shot) -> bool:
        """Whether the shot is part of the work under way."""
        return any(shot.id in render.shot_ids for render in self.renders)

    def is_rendering(self, shot: Shot) -> bool:
        """Whether the generator is at this very shot."""
        return self.progress is not None and self.progress.shot_id == shot.id


def read_board(session: Session, project_id: str) -> Board:
    """Everything the pages of a project show. Raises NotFound."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    identity, problem = weights_name(checkpoint_named(project.checkpoint), settings().engine.models)
    every = takes_of_project(session=session, project_id=project_id)
    takes = takes_there(settings(), every)
    named = {name: weights_name(checkpoint_named(name), settings().engine.models) for name in own_checkpoints(shots)}
    others = {name: other for name, (other, missing) in named.items() if missing is None}
    plans = plan_project(project=project, shots=shots, takes=takes, identity=identity, others=others)
    there = {take.id for take in takes}
    finished: dict[str, list[Take]] = {plan.shot.id: [] for plan in plans}
    failures: dict[str, Message] = {}
    seen: set[str] = set()
    for take in sorted(every, key=lambda take: -take.number):
        if take.status == "done" and take.id in there:
            finished.setdefault(take.shot_id, []).append(take)
        if take.shot_id not in seen and take.status == "failed":
            failures[take.shot_id] = read(take.error) if take.error else Message("take-failed")
        seen.add(take.shot_id)
    renders = active_renders(session=session, project_id=project_id)
    return Board(
        project=project,
        plans=tuple(plans),
        takes=finished,
        failures=failures,
        renders=tuple(renders),
        last=latest_render(session=session, project_id=project_id),
        progress=progress_of(session=session, render_id=renders[0].id) if renders else None,
        worker_alive=bool(live_workers(session=session)),
        weights_problem=problem,
    )


def standing(board: Board, plan: ShotPlan) -> Standing:
    """How a shot is doing, for its card."""
    shot = plan.shot
    if board.is_rendering(shot):
        return Standing("Rendering", "busy")
    if board.is_waiting(shot) and plan.state != "done":
        return Standing("Waiting", "busy")
    if board.is_naming_weights and plan.chosen is not None:
        return Standing("Not known yet", "quiet")
    if plan.problem is not None:
        word = "Out of date" if plan.chosen is not None else "Not ready yet"
        return Standing(word, "warn" if plan.chosen is not None else "quiet", plan.problem)
    if plan.state == "done":
        return Standing("Ready", "good")
    if shot.id in board.failures:
        return Standing("Failed", "bad", board.failures[shot.id])
    if plan.found is not None and plan.found.id != shot.chosen_draft_id:
        return Standing("Out of date", "warn", Message("found-take", {"number": plan.found.number}))
    if plan.state == "stale":
        return Standing("Out of date", "warn", Message("shot-out-of-date"))
    return Standing("Not rendered", "quiet")
