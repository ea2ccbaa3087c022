"""What is to be said of a shot that can be rendered: what of its prompt is not read, and how long it is at least."""

from __future__ import annotations

from pathlib import Path

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import FramepackError
from framepack.messages import Message
from framepack.shots.prompts import PromptReading, prompt_remarks, read_of
from framepack.shots.spans import length_remarks
from projects.takes.staleness import ShotPlan


def remarks_on(plan: ShotPlan, checkpoint_name: str, models: Path | None) -> tuple[Message, ...]:
    """The remarks on a shot of a project with the checkpoint ``checkpoint_name``; ``models`` as for its weights.

    Of one that can be rendered they are about what is encoded, the words around its own included.
    """
    prompt = plan.shot.prompt
    if plan.planned is not None:
        prompt, checkpoint_name = plan.planned.request.prompt, plan.planned.request.settings.checkpoint
    checkpoint = checkpoint_named(checkpoint_name)
    said = prompt_remarks(prompt, prompt_reading(prompt, checkpoint_name, models))
    opens = plan.shot.start == "cut"
    return (*said, *length_remarks(plan.shot.seconds, fps=checkpoint.fps, opens=opens, ends=plan.ends))


def prompt_reading(prompt: str, checkpoint_name: str, models: Path | None) -> PromptReading | None:
    """What is read of a prompt; None where the checkpoint's tokenizers are not here, which is said elsewhere."""
    try:
        return read_of(prompt, checkpoint_named(checkpoint_name), models)
    except FramepackError:
        return None
