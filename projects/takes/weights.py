"""The names of the weights that a project's shots are made with, as far as the weights are on this computer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import FramepackError
from projects.database.tables import Pass, Project, Shot
from projects.storyboard.project_settings import checkpoint_of
from projects.takes.staleness import own_checkpoints


def pass_identity(project: Project, made_for: Pass, models: Path | None) -> str:
    """The name of the weights of a pass; ``models`` as for the engine. Raises WeightsMissing and WeightsDamaged."""
    return checkpoint_identity(checkpoint_named(checkpoint_of(project, made_for)), models)


def other_identities(shots: Sequence[Shot], models: Path | None) -> dict[str, str]:
    """The names of the weights that chains of shots have of their own; those that cannot be used are left out."""
    found = {}
    for name in own_checkpoints(shots):
        try:
            found[name] = checkpoint_identity(checkpoint_named(name), models)
        except FramepackError:
            continue
    return found
