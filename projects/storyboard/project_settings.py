"""How a project's shots are sampled in either pass: its own values where it has some, else its checkpoint's.

A value of a shot's own takes the place of its project's. Guidance, CFG and a step cache are for the checkpoint that
they were chosen with.
"""

from __future__ import annotations

from dataclasses import replace

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from framepack.shots.presets import preset_named, with_preset
from framepack.shots.request import CENTRED, Placement, Settings, default_settings
from projects.database.tables import Pass, Project, Shot
from projects.errors import StoryboardProblem
from projects.storyboard.beats import within_words
from projects.storyboard.loras import loras_of
from projects.storyboard.shapes import size_with

PASSES: tuple[Pass, ...] = ("draft", "real")


def has_real(project: Project) -> bool:
    """Whether a project has a second pass, with a model of its own."""
    return project.real_checkpoint is not None


def passes_of(project: Project) -> tuple[Pass, ...]:
    """The passes that a project has."""
    return PASSES if has_real(project) else PASSES[:1]


def checkpoint_of(project: Project, made_for: Pass) -> str:
    """The checkpoint of one of a project's passes. Raises StoryboardProblem where it has no real one."""
    if made_for == "draft":
        return project.checkpoint
    if project.real_checkpoint is None:
        raise StoryboardProblem(Message("no-real-pass"))
    return project.real_checkpoint


def size_of(project: Project, checkpoint: str) -> tuple[int, int] | None:
    """Height and width of a project's pictures with a checkpoint; None while its aspect is not known."""
    if project.height is None or project.width is None:
        return None
    if checkpoint == project.checkpoint:
        return project.height, project.width
    aspect = (project.aspect_height or project.height, project.aspect_width or project.width)
    return size_with(project.shape, aspect, checkpoint)


def project_settings(project: Project, made_for: Pass = "draft") -> Settings | None:
    """The engine's settings for a project; None while its size is not known."""
    size = size_of(project, checkpoint_of(project, made_for))
    return None if size is None else settings_at(project, height=size[0], width=size[1], made_for=made_for)


def settings_at(project: Project, *, height: int, width: int, made_for: Pass = "draft") -> Settings:
    """The engine's settings for a project at a size. Raises InvalidRequest where one of its values is out of bounds."""
    own = Shot(project_id=project.id, number=0, position=0)
    checkpoint = checkpoint_of(project, made_for)
    return shot_settings_at(project, own, checkpoint=checkpoint, height=height, width=width, made_for=made_for)


def shot_settings_at(
    project: Project, shot: Shot, *, checkpoint: str, height: int, width: int, made_for: Pass
) -> Settings:
    """As ``settings_at``, for a shot in a chain that is made with ``checkpoint``."""
    usual = default_settings(checkpoint_named(checkpoint), height=height, width=width)
    preset = project.preset if made_for == "draft" else project.real_preset or Project.model_fields["preset"].default
    settings = with_preset(usual, preset_named(shot.preset or preset))
    if checkpoint == checkpoint_of(project, made_for):
        steps = project.steps if made_for == "draft" else project.real_steps
        settings = replace(settings, steps=settings.steps if steps is None else steps)
    if checkpoint == project.checkpoint:
        if made_for == "draft" and project.cache is not None and shot.preset is None:
            settings = replace(settings, cache=project.cache, threshold=project.threshold or 0.0)
        settings = replace(
            settings,
            guidance=settings.guidance if project.guidance is None else project.guidance,
            cfg=settings.cfg if project.cfg is None else project.cfg,
        )
    return replace(
        settings,
        steps=settings.steps if shot.steps is None else shot.steps,
        guidance=settings.guidance if shot.guidance is None else shot.guidance,
        negative_prompt=project.negative_prompt,
        fit="fit" if project.fit == "fit" else "fill",
        loras=tuple((one.sha256, one.strength) for one in loras_of(project, shot, checkpoint)),
    )


def check_own_settings(shot: Shot) -> None:
    """Raise InvalidRequest where what a shot has of its own, in place of its project's, cannot be."""
    project = Project(name="")
    checkpoint = shot.checkpoint or project.checkpoint
    height, width = checkpoint_named(checkpoint).buckets[0]
    shot_settings_at(project, shot, checkpoint=checkpoint, height=height, width=width, made_for="draft")


def sentence_of(project: Project, shot: Shot, checkpoint: str) -> str:
    """What is encoded as a shot's prompt in a chain that is made with ``checkpoint``; "" where it has no words.

    Its own words stand between those of its project, behind the trigger words of its LoRAs.
    """
    return within_words(project, loras_of(project, shot, checkpoint), shot.prompt) if shot.prompt.strip() else ""


def seed_of(project: Project, shot: Shot) -> int:
    """The seed that a shot is made with."""
    return project.seed if project.seed_policy == "one" else shot.seed


def placement_of(project: Project, shot: Shot) -> Placement:
    """Where a shot's picture or video is cut; about its centre unless the project's pictures are placed."""
    if project.fit != "place" or (shot.media_id is None and shot.video is None):
        return CENTRED
    return shot.place_x, shot.place_y, shot.place_zoom
