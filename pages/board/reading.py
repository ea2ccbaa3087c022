"""What the storyboard and film pages show, read from the database at once and judged: shots, states, work under way.

It draws nothing. ``standing`` says in plain words how a shot is doing.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import psutil
from sqlmodel import Session, col, or_, select

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from pages.look.language import t
from pages.session.database import settings
from pages.session.weights import BEING_NAMED, weights_name, weights_names
from projects.database.tables import Media, Pass, Progress, Project, Render, Shot, Take
from projects.forecast.foretelling import Forecast
from projects.loras.files import loras_gone
from projects.messages import read
from projects.queue.orders import active_renders, latest_render, live_workers, progress_of, what_changed
from projects.queue.overview import still_to_do
from projects.storyboard.journal import can_redo, can_undo
from projects.storyboard.project_settings import checkpoint_of
from projects.storyboard.reading import chosen_id, project_with_shots
from projects.takes.staleness import ShotPlan, chains, own_checkpoints, plan_chains, takes_there
from projects.takes.takes import takes_of_project, takes_of_shots
from projects.takes.why import reasons_of

Tone = Literal["quiet", "good", "warn", "bad", "busy"]
# The local worker is started with this process and needs a moment to come up.
STARTING_SECONDS = 45.0


@dataclass(frozen=True)
class Standing:
    """How a shot is doing: a word or two, their colour, and a message where there is more to say."""

    word: str
    tone: Tone
    message: Message | None = None


@dataclass(frozen=True)
class Board:
    """One pass of a project as its pages show it. ``takes`` are each shot's finished ones, newest first.

    ``pictures`` are the names of the pictures' files, by id, and ``videos`` those that shots go on from. ``failures``
    say why the newest take of a shot failed, by shot, ``failed_orders`` by which order it was made, and ``reasons`` why
    the one that it shows is out of date. ``renders`` are the orders under way, the one that is being carried out first;
    ``last`` the one ordered last.
    ``weights_problem`` says why nothing can be rendered with its model on this computer. ``remaining`` is what is still
    to be done of the order that is being carried out.
    """

    project: Project
    made_for: Pass
    plans: tuple[ShotPlan, ...]
    takes: dict[str, list[Take]]
    pictures: dict[str, str]
    videos: dict[str, Media]
    failures: dict[str, Message]
    failed_orders: dict[str, str]
    reasons: dict[str, tuple[Message, ...]]
    renders: tuple[Render, ...]
    last: Render | None
    progress: Progress | None
    worker_alive: bool
    weights_problem: Message | None
    can_undo: bool
    can_redo: bool
    remaining: Forecast | None = None

    @property
    def seconds(self) -> float:
        """How long the film is asked to be."""
        return sum(plan.shot.seconds for plan in self.plans)

    @property
    def to_render(self) -> list[str]:
        """The ids of the shots that an order for what changed would be for."""
        return [] if self.weights_problem else what_changed(self.plans, self.renders, self.made_for)

    @property
    def is_naming_weights(self) -> bool:
        """Whether it is not known yet which takes are up to date, because the weights are being named."""
        return self.weights_problem == BEING_NAMED

    def works_backwards(self, plan: ShotPlan) -> bool:
        """Whether the shot is made from its end, by the model of its chain."""
        own = plan.shot.checkpoint if plan.shot.start == "cut" else None
        usual = own or checkpoint_of(self.project, self.made_for)
        checkpoint = plan.planned.request.settings.checkpoint if plan.planned else usual
        return checkpoint_named(checkpoint).direction == "inverted"

    def is_waiting(self, shot: Shot) -> bool:
        """Whether the shot is part of the work under way."""
        return shot.id in self.ordered

    @cached_property
    def ordered(self) -> frozenset[str]:
        """The ids of the shots that are part of the work under way for this pass."""
        own = (render for render in self.renders if render.made_for == self.made_for)
        return frozenset(shot_id for render in own for shot_id in render.shot_ids)

    def is_rendering(self, shot: Shot) -> bool:
        """Whether the generator is at this very shot."""
        is_at = self.progress is not None and self.progress.shot_id == shot.id
        return is_at and self.renders[0].made_for == self.made_for


def read_board(session: Session, project_id: str, made_for: Pass = "draft") -> Board:
    """Everything the pages of a project show of one of its passes. Raises NotFound.

    Raises StoryboardProblem where the project has no such pass.
    """
    project, shots = project_with_shots(session=session, project_id=project_id)
    takes = takes_of_project(session=session, project_id=project_id)
    return _read(session, project, shots, chains(shots), takes, made_for)


def read_board_of(session: Session, project_id: str, shot_ids: Collection[str], made_for: Pass = "draft") -> Board:
    """As ``read_board`` with the plans of the shots ``shot_ids`` only, for which no more is planned than need be."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    wanted = set(shot_ids)
    runs = [run for run in chains(shots) if any(shot.id in wanted for shot in run)]
    takes = takes_of_shots(session=session, shot_ids=[shot.id for run in runs for shot in run])
    board = _read(session, project, shots, runs, takes, made_for)
    return replace(board, plans=tuple(plan for plan in board.plans if plan.shot.id in wanted))


def _read(
    session: Session,
    project: Project,
    shots: Sequence[Shot],
    runs: Sequence[Sequence[Shot]],
    takes: Sequence[Take],
    made_for: Pass,
) -> Board:
    identity, problem = weights_name(checkpoint_named(checkpoint_of(project, made_for)), settings().engine.models)
    there = takes_there(settings(), takes)
    plans = plan_chains(
        project=project,
        shots=shots,
        runs=runs,
        takes=there,
        identity=identity,
        made_for=made_for,
        others=weights_names(own_checkpoints(shots), settings().engine.models),
        gone=loras_gone(settings(), project, shots),
    )
    finished: dict[str, list[Take]] = {plan.shot.id: [] for plan in plans}
    for take in there:
        if take.status == "done":
            finished.setdefault(take.shot_id, []).append(take)
    failed = _failed([take for take in takes if take.made_for == made_for])
    renders = active_renders(session=session, project_id=project.id)
    return Board(
        project=project,
        made_for=made_for,
        plans=tuple(plans),
        takes=finished,
        pictures=_picture_names(session, project.id),
        videos=_videos(session, shots),
        failures={take.shot_id: read(take.error) if take.error else Message("take-failed") for take in failed},
        failed_orders={take.shot_id: take.render_id for take in failed if take.render_id is not None},
        reasons=reasons_of(plans) if problem is None else {},
        renders=tuple(renders),
        last=latest_render(session=session, project_id=project.id),
        progress=progress_of(session=session, render_id=renders[0].id) if renders else None,
        worker_alive=bool(live_workers(session=session)),
        weights_problem=problem,
        can_undo=can_undo(session=session, project_id=project.id),
        can_redo=can_redo(session=session, project_id=project.id),
        remaining=still_to_do(session=session, settings=settings(), order=renders[0]) if renders else None,
    )


def is_starting() -> bool:
    """Whether the studio has only just been started, so that its worker may still come up."""
    begun: float = psutil.Process().create_time()
    return time.time() - begun < STARTING_SECONDS


def _failed(takes: Sequence[Take]) -> list[Take]:
    """The newest take of each shot whose newest take failed; ``takes`` are the newest of each shot first."""
    newest: dict[str, Take] = {}
    for take in takes:
        newest.setdefault(take.shot_id, take)
    return [take for take in newest.values() if take.status == "failed"]


def _picture_names(session: Session, project_id: str) -> dict[str, str]:
    of_shot = or_(col(Shot.media_id) == col(Media.id), col(Shot.end_media_id) == col(Media.id))
    names = select(Media.id, Media.name).join(Shot, of_shot)
    return dict(session.exec(names.where(Shot.project_id == project_id)).all())


def _videos(session: Session, shots: Sequence[Shot]) -> dict[str, Media]:
    ids = {str(shot.video["media_id"]) for shot in shots if shot.video}
    if not ids:
        return {}
    return {one.id: one for one in session.exec(select(Media).where(col(Media.id).in_(ids))).all()}


def standing(board: Board, plan: ShotPlan) -> Standing:
    """How a shot is doing, for its card."""
    shot = plan.shot
    if board.is_rendering(shot):
        return Standing(t("Rendering"), "busy")
    if board.is_waiting(shot) and plan.state != "done":
        return Standing(t("Waiting"), "busy")
    if board.is_naming_weights and plan.chosen is not None:
        return Standing(t("Not known yet"), "quiet")
    if plan.problem is not None:
        word = t("Out of date") if plan.chosen is not None else t("Not ready yet")
        return Standing(word, "warn" if plan.chosen is not None else "quiet", plan.problem)
    if plan.state == "done":
        return Standing(t("Ready"), "good")
    if shot.id in board.failures:
        return Standing(t("Failed"), "bad", board.failures[shot.id])
    if plan.found is not None and plan.found.id != chosen_id(shot, board.made_for):
        return Standing(t("Out of date"), "warn", Message("found-take", {"number": plan.found.number}))
    if plan.state == "stale":
        return Standing(t("Out of date"), "warn", Message("shot-out-of-date"))
    return Standing(t("Not rendered"), "quiet")
