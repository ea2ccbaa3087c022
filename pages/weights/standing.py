"""How a checkpoint stands: what is here, what is fetched, what went wrong. It draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from framepack.checkpoints.inventory import CheckpointState, PartState, checkpoint_states
from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from pages.session.database import settings
from pages.session.downloading import downloads
from projects.fetching.record import Download

Standing = Literal["here", "partly", "missing", "damaged", "fetching", "failed", "interrupted", "cancelled"]
_MISSING = "weights-missing"


@dataclass(frozen=True)
class Model:
    """A checkpoint, what there is of it, and its download, None where there never was one."""

    state: CheckpointState
    download: Download | None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.state.checkpoint.name

    @property
    def standing(self) -> Standing:
        """What is to be said of it first."""
        if self.download is not None and self.download.status == "working":
            return "fetching"
        if self.state.complete:
            return "here"
        if self.download is not None and self.download.status in ("failed", "interrupted", "cancelled"):
            return self.download.status
        if self.faults:
            return "damaged"
        return "partly" if self.present else "missing"

    @property
    def present(self) -> tuple[PartState, ...]:
        """The parts that are here."""
        return tuple(part for part in self.state.parts if part.place is not None)

    @property
    def lacking(self) -> tuple[PartState, ...]:
        """The parts that are not here, or not as they should be."""
        return tuple(part for part in self.state.parts if part.problem is not None)

    @property
    def faults(self) -> tuple[Message, ...]:
        """What is wrong with parts that are here."""
        return tuple(
            part.problem for part in self.state.parts if part.problem is not None and part.problem.id != _MISSING
        )


def all_models() -> list[Model]:
    """All checkpoints, in the order of the table."""
    return [_model(state) for state in checkpoint_states(settings().engine.models)]


def model_named(name: str) -> Model:
    """The checkpoint called ``name``. Raises InvalidRequest."""
    wanted = checkpoint_named(name)
    return next(model for model in all_models() if model.state.checkpoint is wanted)


def _model(state: CheckpointState) -> Model:
    return Model(state, downloads().state(state.checkpoint.name))
