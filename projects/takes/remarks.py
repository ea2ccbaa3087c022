"""What is to be said of a shot that can be rendered: of its prompts, its beats, and how long it is at least."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from framepack.checkpoints.table import Checkpoint, checkpoint_named
from framepack.errors import FramepackError
from framepack.messages import Message
from framepack.shots.beats import first_latent
from framepack.shots.keys import begins_at
from framepack.shots.prompts import PromptReading, prompt_remarks, read_of
from framepack.shots.spans import FRAMES_PER_LATENT, length_remarks
from projects.storyboard.beats import beats_of
from projects.takes.staleness import ShotPlan


def remarks_on(plan: ShotPlan, checkpoint_name: str, models: Path | None) -> tuple[Message, ...]:
    """The remarks on a shot of a project with the checkpoint ``checkpoint_name``; ``models`` as for its weights.

    Of one that can be rendered they are about what is encoded, the words around its own included.
    """
    prompts = [plan.shot.prompt]
    if plan.planned is not None:
        request = plan.planned.request
        prompts = [request.prompt, *(beat.prompt for beat in request.beats if beat.prompt)]
        checkpoint_name = request.settings.checkpoint
    checkpoint = checkpoint_named(checkpoint_name)
    said: list[Message] = []
    for prompt in dict.fromkeys(prompts):
        remarks = prompt_remarks(prompt, prompt_reading(prompt, checkpoint_name, models))
        said += [remark for remark in remarks if remark not in said]
    opens = plan.shot.start == "cut" and plan.shot.video is None
    length = length_remarks(plan.shot.seconds, fps=checkpoint.fps, opens=opens, ends=plan.ends)
    return (*said, *length, *_on_beats(plan, checkpoint))


def _on_beats(plan: ShotPlan, checkpoint: Checkpoint) -> Iterator[Message]:
    """Which beats change nothing, being at the shot's end, and where a model has them that works backwards."""
    beats, planned = beats_of(plan.shot), plan.planned
    if planned is None or not beats:
        return
    by_sections = checkpoint.direction == "inverted"
    before = begins_at([one.request for one in plan.chain])
    late = []
    for beat in beats:
        first = first_latent(beat.at, planned.span, before=before, fps=checkpoint.fps, whole_sections=by_sections)
        if beat.at >= plan.shot.seconds or first >= planned.span.latents:
            late.append(f"{beat.at:g} s")
    if late:
        yield Message("beats-past-the-end", {"times": ", ".join(late)})
    if by_sections:
        seconds = planned.span.window * FRAMES_PER_LATENT / checkpoint.fps
        yield Message("beats-by-sections", {"checkpoint": checkpoint.name, "seconds": seconds})


def prompt_reading(prompt: str, checkpoint_name: str, models: Path | None) -> PromptReading | None:
    """What is read of a prompt; None where the checkpoint's tokenizers are not here, which is said elsewhere."""
    try:
        return read_of(prompt, checkpoint_named(checkpoint_name), models)
    except FramepackError:
        return None
