"""How a project is sampled: its own values where it has some, else its checkpoint's and its preset's."""

from __future__ import annotations

from dataclasses import replace

from framepack.checkpoints.table import checkpoint_named
from framepack.shots.presets import preset_named, with_preset
from framepack.shots.request import Settings, default_settings
from projects.database.tables import Project, Shot


def project_settings(project: Project) -> Settings | None:
    """The engine's settings for a project; None while its size is not known."""
    if project.height is None or project.width is None:
        return None
    return settings_at(project, height=project.height, width=project.width)


def check_own_settings(shot: Shot) -> None:
    """Raise InvalidRequest where what a shot has of its own, in place of its project's, cannot be."""
    checkpoint = checkpoint_named(shot.checkpoint or Project.model_fields["checkpoint"].default)
    height, width = checkpoint.buckets[0]
    project = Project(name="", checkpoint=checkpoint.name, preset=shot.preset or "exact")
    settings_at(project.model_copy(update={"steps": shot.steps, "guidance": shot.guidance}), height=height, width=width)


def settings_at(project: Project, *, height: int, width: int) -> Settings:
    """The engine's settings for a project at a size. Raises InvalidRequest where one of its values is out of bounds."""
    usual = default_settings(checkpoint_named(project.checkpoint), height=height, width=width)
    settings = with_preset(usual, preset_named(project.preset))
    if project.cache is not None:
        settings = replace(settings, cache=project.cache, threshold=project.threshold or 0.0)
    return replace(
        settings,
        steps=settings.steps if project.steps is None else project.steps,
        guidance=settings.guidance if project.guidance is None else project.guidance,
        cfg=settings.cfg if project.cfg is None else project.cfg,
        negative_prompt=project.negative_prompt,
        fit="fit" if project.fit == "fit" else "fill",
    )
