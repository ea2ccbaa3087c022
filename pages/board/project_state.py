"""How whole projects are doing, for the list of them and the JSON interface, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from pages.board.reading import Tone
from pages.look.language import t
from pages.session.database import settings
from pages.session.weights import BEING_NAMED, weights_name, weights_names
from projects.database.tables import Project
from projects.queue.standing import ProjectStanding, Standing, standings_of

Kind = Standing | Literal["unknown", "no weights"]


@dataclass(frozen=True)
class ProjectState:
    """How a project is doing: its ``standing``, unless that is not to be known without the weights of its model."""

    kind: Kind
    standing: ProjectStanding

    @property
    def settled(self) -> bool:
        """Whether it stays so until somebody does something."""
        return self.kind not in ("rendering", "unknown")


def states_of(session: Session, projects: Sequence[Project], *, patience: float = math.inf) -> dict[str, ProjectState]:
    """How ``projects`` are doing, by id; those that it takes longer than ``patience`` seconds to judge are left out."""
    models = settings().engine.models
    checkpoints = {project.checkpoint for project in projects}
    checkpoints |= {project.real_checkpoint for project in projects if project.real_checkpoint}
    standings = standings_of(
        session=session,
        settings=settings(),
        projects=projects,
        weights=weights_names(checkpoints, models),
        patience=patience,
    )
    return {
        project.id: ProjectState(_kind(project, standings[project.id]), standings[project.id])
        for project in projects
        if project.id in standings
    }


def _kind(project: Project, standing: ProjectStanding) -> Kind:
    rendered = standing.current + standing.stale
    if standing.standing in ("rendering", "empty") or not rendered:
        return standing.standing
    _, problem = weights_name(checkpoint_named(project.checkpoint), settings().engine.models)
    if problem == BEING_NAMED:
        return "unknown"
    return "no weights" if problem is not None and standing.stale else standing.standing


def state_words(state: ProjectState) -> tuple[str, Tone]:
    """What to say of a state, and its colour."""
    shots = state.standing.shots
    lacking = shots - state.standing.current - state.standing.stale
    words: dict[Kind, tuple[str, Tone]] = {
        "empty": (t("No shots yet"), "quiet"),
        "rendering": (t("Rendering"), "busy"),
        "unknown": (t("Not known yet"), "quiet"),
        "no weights": (t("Its model is not on this computer"), "quiet"),
        "failed": (t("{n} of {shots} failed").format(n=state.standing.failed, shots=shots), "bad"),
        "out of date": (t("{n} of {shots} out of date").format(n=state.standing.stale, shots=shots), "warn"),
        "partly rendered": (t("{n} of {shots} not rendered").format(n=lacking, shots=shots), "quiet"),
        "not rendered": (t("Not rendered yet"), "quiet"),
        "drafted": (t("Drafted"), "good"),
        "done": (t("Done"), "good"),
    }
    return words[state.kind]
